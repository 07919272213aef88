import type { Predicate } from 'care-kernel/access'
import type { Labels } from 'care-kernel/rest'
import { anyActor } from 'care-kernel/contracts/auth-permissions'
import { actsFor, type FacilitiesOfRequest } from 'care-kernel/toolkits/facilities'

/** docs/api/shifting-resources.md §9.1. */
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

const approver = actsFor('approving')

/**
 * Who may name which status, the one it has included; from where does not matter, and no status is the last (docs/api/shifting-resources.md §9.5).
 */
export const MAY_SET: Readonly<Record<number, Predicate<FacilitiesOfRequest>>> = {
  10: anyActor,
  15: approver,
  20: approver,
  30: approver,
  55: approver,
  70: approver,
  80: approver
}
