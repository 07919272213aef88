import { all, any, type Predicate } from 'care-kernel/access'
import type { Labels } from 'care-kernel/rest'
import { noActor } from 'care-kernel/contracts/auth-permissions'
import { actsFor, lacks, type FacilitiesOfRequest } from 'care-kernel/toolkits/facilities'

/** `docs/api/shifting-resources.md §2`. */
export const STATUSES: Labels = {
  10: 'PENDING',
  15: 'ON HOLD',
  20: 'APPROVED',
  30: 'REJECTED',
  40: 'DESTINATION APPROVED',
  50: 'DESTINATION REJECTED',
  55: 'TRANSPORTATION TO BE ARRANGED',
  60: 'PATIENT TO BE PICKED UP',
  70: 'TRANSFER IN PROGRESS',
  80: 'COMPLETED',
  90: 'PATIENT EXPIRED',
  100: 'CANCELLED'
}

/** Statuses by name. */
export const STATUS = {
  pending: 10,
  approved: 20,
  rejected: 30,
  destinationApproved: 40,
  destinationRejected: 50,
  inProgress: 70,
  completed: 80,
  cancelled: 100
} as const

/** Who decides: the approving facility in wartime, the origin in peacetime. */
export type Mode = 'peacetime' | 'wartime'

/** Status of a new request (`docs/api/shifting-resources.md §4.2`). */
export const FIRST: Readonly<Record<Mode, number>> = { peacetime: STATUS.approved, wartime: STATUS.pending }

/** Statuses that allow another request for the same patient. As in the original, CANCELLED is among them and PATIENT EXPIRED is not. */
export const CLOSED: readonly number[] = [STATUS.rejected, STATUS.destinationRejected, STATUS.completed, STATUS.cancelled]

/** Final statuses and the error of a change (`docs/api/shifting-resources.md §4.3`). */
export const FINAL: Readonly<Record<number, string>> = {
  [STATUS.completed]: 'Permission Denied, Shifting request was completed.',
  [STATUS.cancelled]: 'Permission Denied, Shifting request was cancelled.'
}

type RequestPredicate = Predicate<FacilitiesOfRequest>

/** Who may set a status, by mode, and whether it requires a destination. */
export interface Target extends Readonly<Record<Mode, RequestPredicate>> {
  readonly destination: boolean
}

const [origin, approving, assigned] = [actsFor('origin'), actsFor('approving'), actsFor('assigned')]
const ifAssigned = any(lacks('assigned'), assigned)

const decision: Target = { peacetime: origin, wartime: approving, destination: false }
const transport: Target = { ...decision, destination: true }
const destinationDecision: Target = { peacetime: any(origin, assigned), wartime: ifAssigned, destination: true }

/**
 * The status machine (`docs/api/shifting-resources.md §5`): who may set which status, including the current one; the current status does not matter.
 * `assigned` is the facility assigned before the change. COMPLETED must also pass `mayComplete`.
 */
export const TARGETS: Readonly<Record<number, Target>> = {
  10: { peacetime: noActor, wartime: approving, destination: false },
  15: decision,
  20: decision,
  30: decision,
  40: destinationDecision,
  50: destinationDecision,
  55: transport,
  60: transport,
  70: transport,
  80: { peacetime: any(origin, assigned), wartime: all(approving, ifAssigned), destination: true },
  90: decision,
  100: { peacetime: origin, wartime: all(origin, approving), destination: false }
}

export const mayComplete: RequestPredicate = origin

/** Who may set `is_kasp`, the state's insurance (`docs/api/shifting-resources.md §4.3`, rule 5). */
export const maySetKasp: RequestPredicate = approving

/** Who may transfer the patient, and in which statuses (`docs/api/shifting-resources.md §5.1`; not PATIENT EXPIRED or CANCELLED: FIX). */
export const mayTransfer: RequestPredicate = any(approving, assigned)
export const TRANSFERABLE: readonly number[] = [STATUS.inProgress, STATUS.completed]
