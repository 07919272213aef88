import type { Static, TSchema } from 'typebox'
import type { Tx } from '../ports/database.ts'

/** When and how a job runs; everything may be left out. */
export interface EnqueueOptions {
  readonly runAt?: Date
  /**
   * At most one job per name and key waits to be claimed. A repeat gives it the earlier due time and the latest payload, and returns its
   * id.
   */
  readonly key?: string
  /** Smaller runs first, 0 (the default) to 1,000,000. */
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

/**
 * One kind of job. Defaults: 5 attempts, back-off of 1 s doubled with jitter up to a day, timeout 60 s, concurrency 4 per process.
 */
export interface Job<T extends TSchema, Sc> {
  readonly payload: T
  readonly attempts?: number
  readonly backoffSeconds?: number
  /** The longest pause between attempts: how late a job may be retried after a provider is back. */
  readonly backoffAtMostSeconds?: number
  readonly timeoutSeconds?: number
  readonly concurrency?: number
  readonly run: Handler<Static<T>, Sc>
}

/** When a job is started: a cron expression of five fields, or six with seconds, in `timeZone` or the deployment's time zone. */
export interface Schedule<J extends Record<string, TSchema>> {
  readonly cron: string
  readonly timeZone?: string
  readonly job: keyof J & string
  readonly payload: unknown
}

/** Handles a job or an event. The value a job resolves with is stored as its result. */
export type Handler<P, Sc> = (payload: P, handling: Handling, scope: Sc) => Promise<unknown>
