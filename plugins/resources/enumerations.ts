import type { Labels } from 'care-kernel/rest'

// `docs/api/shifting-resources.md §9.1`

export const STATUSES: Labels = {
  10: 'PENDING',
  15: 'ON HOLD',
  20: 'APPROVED',
  30: 'REJECTED',
  55: 'TRANSPORTATION TO BE ARRANGED',
  70: 'TRANSFER IN PROGRESS',
  80: 'COMPLETED'
}

/** The status of a new request. */
export const PENDING = 10

export const CATEGORIES: Labels = { 100: 'OXYGEN', 200: 'SUPPLIES' }

export const SUB_CATEGORIES: Labels = {
  110: 'LIQUID OXYGEN',
  120: 'B TYPE OXYGEN CYLINDER',
  130: 'C TYPE OXYGEN CYLINDER',
  140: 'JUMBO D TYPE OXYGEN CYLINDER',
  1000: 'UNSPECIFIED'
}
