import { all, any, type Predicate } from 'care-kernel/access'
import type { Labels } from 'care-kernel/rest'
import { noActor } from 'care-kernel/contracts/auth-permissions'
import { actsFor, lacks, type FacilitiesOfRequest } from 'care-kernel/toolkits/facilities'

/** docs/api/shifting-resources.md §2. */
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

/** Statuses that rules name. */
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

/** In wartime approving facilities decide, in peacetime those who send. */
export type Mode = 'peacetime' | 'wartime'

/** What a new request starts with (docs/api/shifting-resources.md §4.2). */
export const FIRST: Readonly<Record<Mode, number>> = { peacetime: STATUS.approved, wartime: STATUS.pending }

/** Statuses in which a request is over for its patient: another may be made. PATIENT EXPIRED and CANCELLED are odd, and so in the original. */
export const CLOSED: readonly number[] = [STATUS.rejected, STATUS.destinationRejected, STATUS.completed, STATUS.cancelled]

/** Statuses after which nothing is changed, and what is said then (docs/api/shifting-resources.md §4.3). */
export const LAST: Readonly<Record<number, string>> = {
  [STATUS.completed]: 'Permission Denied, Shifting request was completed.',
  [STATUS.cancelled]: 'Permission Denied, Shifting request was cancelled.'
}

type Question = Predicate<FacilitiesOfRequest>

/** Who may name a status, by mode, and whether it takes a destination. */
export interface Target extends Readonly<Record<Mode, Question>> {
  readonly destination: boolean
}

const [origin, approving, assigned] = [actsFor('origin'), actsFor('approving'), actsFor('assigned')]
const ifAssigned = any(lacks('assigned'), assigned)

const decided: Target = { peacetime: origin, wartime: approving, destination: false }
const moving: Target = { ...decided, destination: true }
const destined: Target = { peacetime: any(origin, assigned), wartime: ifAssigned, destination: true }

/**
 * The status machine (docs/api/shifting-resources.md §5): only the target and who names it matter, the status it has included. `assigned` is who was
 * assigned before. Completing is asked twice: here, and of `mayComplete`.
 */
export const TARGETS: Readonly<Record<number, Target>> = {
  10: { peacetime: noActor, wartime: approving, destination: false },
  15: decided,
  20: decided,
  30: decided,
  40: destined,
  50: destined,
  55: moving,
  60: moving,
  70: moving,
  80: { peacetime: any(origin, assigned), wartime: all(approving, ifAssigned), destination: true },
  90: decided,
  100: { peacetime: origin, wartime: all(origin, approving), destination: false }
}

export const mayComplete: Question = origin

/** Who may say that the patient is paid for by the state's insurance (docs/api/shifting-resources.md §4.3, rule 5). */
export const maySetKasp: Question = approving

/** Who may move the patient, and when (docs/api/shifting-resources.md §5.1; the dead and the cancelled are not moved: FIX). */
export const mayTransfer: Question = any(approving, assigned)
export const TRANSFERABLE: readonly number[] = [STATUS.inProgress, STATUS.completed]
