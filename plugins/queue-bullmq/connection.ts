import type { Processor, Queue, Worker, WorkerOptions } from 'bullmq'
import { messageOf, type Logger } from 'care-kernel'
import { withDeadline, type Finding } from 'care-kernel/gateway'

/** BullMQ's classes on one server. The data of a job is JSON text. */
export interface BullClasses {
  /** The number of messages from which one bulk insert costs less than single ones. */
  readonly bulkFrom: number
  queue(name: string): Queue<string>
  worker(name: string, processor: Processor<string>, options: Omit<WorkerOptions, 'connection'>): Worker<string>
}

/** BullMQ's server, which may be away. */
export interface Connection {
  /** Resolves when the server has answered for the first time; never rejects. */
  readonly bull: Promise<BullClasses>
  /** Runs `work` on the server. Rejects at once while it is known to be away, after ten seconds when it does not answer. */
  run<T>(work: (bull: BullClasses) => Promise<T>): Promise<T>
  check(): Promise<void>
  /** The findings of `doctor`. */
  examine(): Promise<readonly Finding[]>
  close(): Promise<void>
}

/** Nothing reads BullMQ's event stream, so it is kept short. */
export const STREAMS = { events: { maxLen: 100 } } as const

const ANSWER_MS = 10_000

/** Rejects after ten seconds without an answer of the server; the request may still be executed. */
export function withinAnswerTime<T>(work: Promise<T>, what: string): Promise<T> {
  return withDeadline(work, ANSWER_MS, () => new Error(`${what} did not answer within ${ANSWER_MS / 1000} s`))
}

/** Whether the server is there; logs each change once. */
export interface Presence {
  /** The last error. */
  readonly reason: string
  /** Keeps the error as the reason without logging it. */
  suspect(error: unknown): void
  lost(error?: unknown): void
  found(): void
}

/** `server`: its kind, for the log. */
export function makePresence(server: string, logger: Logger): Presence {
  let reason = 'not connected yet'
  let isAway = false
  return {
    get reason() {
      return reason
    },
    suspect(error) {
      reason = messageOf(error)
    },
    lost(error) {
      if (error !== undefined) reason = messageOf(error)
      if (!isAway) logger.warn({ reason }, `the queue is away (${server}): nothing is published or taken until it is back`)
      isAway = true
    },
    found() {
      if (isAway) logger.info({}, 'the queue is back')
      isAway = false
    }
  }
}
