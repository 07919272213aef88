import type { Labels } from 'care-kernel/rest'

/** docs/api/shifting-resources.md §9.1. */
export const CATEGORIES: Labels = { 100: 'OXYGEN', 200: 'SUPPLIES' }

/** docs/api/shifting-resources.md §9.1. */
export const SUB_CATEGORIES: Labels = {
  110: 'LIQUID OXYGEN',
  120: 'B TYPE OXYGEN CYLINDER',
  130: 'C TYPE OXYGEN CYLINDER',
  140: 'JUMBO D TYPE OXYGEN CYLINDER',
  1000: 'UNSPECIFIED'
}
