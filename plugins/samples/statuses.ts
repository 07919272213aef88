import { invalid, type Labels } from 'care-kernel/rest'

/** `docs/api/consultations.md §15`; misspellings as in the original. */
export const STATUSES: Labels = {
  1: 'REQUEST_SUBMITTED',
  2: 'APPROVED',
  3: 'DENIED',
  4: 'SENT_TO_COLLECTON_CENTRE',
  5: 'RECEIVED_AND_FORWARED',
  6: 'RECEIVED_AT_LAB',
  7: 'COMPLETED'
}
export const STATUS = { submitted: 1, approved: 2, denied: 3, sent: 4, forwarded: 5, received: 6, completed: 7 } as const

/** `docs/api/consultations.md §15`. */
export const RESULTS: Labels = { 1: 'POSITIVE', 2: 'NEGATIVE', 3: 'AWAITING', 4: 'INVALID' }
export const AWAITING = 3
/** Results that complete a sample whatever status is sent. */
const FINAL: readonly number[] = [1, 2]

/** Allowed next statuses (`docs/api/consultations.md §15`). */
export const NEXT: Readonly<Record<number, readonly number[]>> = {
  [STATUS.submitted]: [STATUS.approved, STATUS.denied],
  [STATUS.approved]: [STATUS.sent, STATUS.forwarded, STATUS.received, STATUS.completed],
  [STATUS.denied]: [STATUS.submitted],
  [STATUS.sent]: [STATUS.forwarded, STATUS.received, STATUS.completed],
  [STATUS.forwarded]: [STATUS.received, STATUS.completed],
  [STATUS.received]: [STATUS.completed],
  [STATUS.completed]: [STATUS.completed]
}
/** Statuses that set `date_of_sample`. */
const TAKEN: readonly number[] = [STATUS.sent, STATUS.forwarded, STATUS.received]

/** The stored state of a sample, and a change of it. */
export interface SampleState {
  readonly status: number
  readonly result: number
  readonly date_of_sample: string | null
}
export interface SampleChange {
  readonly status?: number
  readonly result?: number
  readonly date_of_sample?: string
  readonly date_of_result?: string
}

/**
 * The columns that a change of status or result writes at the instant `now` (ISO). Throws 400 for a change that is not allowed, checked in the order of
 * the page. The text of the first error has the original's unrendered placeholder, as recorded (`docs/api/consultations.md §15`, QUIRK).
 */
export function advance(stored: SampleState, asked: SampleChange, now: string): SampleChange & { readonly status: number } {
  const { result, date_of_result: resultAt } = asked
  const ends = result !== undefined && FINAL.includes(result)
  const named = asked.status ?? (ends ? STATUS.completed : undefined)
  if (named === undefined) throw invalid({ status: ['is required'] })
  if (!NEXT[stored.status]?.includes(named)) throw invalid({ status: ["Next valid choices are: {', '.join(valid_choices)}"] })
  if (named !== STATUS.completed && result !== undefined)
    throw invalid({ result: ["Result can't be updated unless test is complete"] })
  if (named === STATUS.completed && result === undefined) throw invalid({ result: ['is required as the test is complete'] })
  if (named === STATUS.completed && stored.result !== AWAITING)
    throw invalid({ result: ['cannot change result for completed test.'] })
  if (result === undefined && resultAt !== undefined) throw invalid({ date_of_result: ['cannot be provided without result'] })
  return {
    ...asked,
    status: ends ? STATUS.completed : named,
    ...(stored.date_of_sample === null && TAKEN.includes(named) ? { date_of_sample: asked.date_of_sample ?? now } : {}),
    ...(named === STATUS.submitted ? { result: AWAITING } : {}),
    ...(result !== undefined ? { date_of_result: resultAt ?? now } : {})
  }
}
