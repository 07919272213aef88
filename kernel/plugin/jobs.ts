import type { Static, TSchema } from 'typebox'
import type { Tx } from '../ports/database.ts'

/** When and how a job runs; everything may be left out. */
export interface EnqueueOptions {
  readonly runAt?: Date
  /**
   * At most one job per name and key that nobody has begun; a repeat brings the earlier start and the latest payload. The id is then
   * that of the job that was there.
   */
  readonly key?: string
  /** Smaller is sooner, 0 to 1,000,000; 0 unless told. */
  readonly priority?: number
}

/** What a job or event handler knows besides its payload. The mark that it is done and the effect share `tx`. */
export interface Handling {
  /** The same for every attempt: what a provider gets as the key of a call, so that it can drop a repeat. */
  readonly id: string
  readonly tx: Tx
  /** Fires when the time is over or the process stops; `tx` is rolled back then, whatever the handler does. */
  readonly signal: AbortSignal
  /** Who caused it: the user's id, or null for the system. */
  readonly actor: number | null
  /** Of the request that caused it, also through other jobs; the message's own id where there was none. */
  readonly requestId: string
  /** 1 for the first attempt. */
  readonly attempt: number
  /** The due time of the schedule that started it, null when none did. */
  readonly scheduledFor: Date | null
  /** Tells how far it is, in percent, to a user who waits. */
  progress(percent: number): Promise<void>
}

/** One kind of work. Attempts 5, back-off 1 s doubling with jitter, a day at most, timeout 60 s, concurrency 4 per process unless told. */
export interface Job<T extends TSchema, Sc> {
  readonly payload: T
  readonly attempts?: number
  readonly backoffSeconds?: number
  /** The longest pause: how long what waits for somebody else may wait after they are back. */
  readonly backoffAtMostSeconds?: number
  readonly timeoutSeconds?: number
  readonly concurrency?: number
  readonly run: Handler<Static<T>, Sc>
}

/** When a job runs by itself: cron with optional seconds, in the deployment's time zone unless told. */
export interface Schedule<J extends Record<string, TSchema>> {
  readonly cron: string
  readonly timeZone?: string
  readonly job: keyof J & string
  readonly payload: unknown
}

/** A function of a job or an event. What a job resolves with is kept for whoever waits for it. */
export type Handler<P, Sc> = (payload: P, handling: Handling, scope: Sc) => Promise<unknown>
