import type { Processor, Queue, Worker, WorkerOptions } from 'bullmq'
import { messageOf, type Logger } from 'care-kernel'
import type { Finding } from 'care-kernel/gateway'

/** Makes BullMQ's classes on one server. Everything that travels is text: the body as JSON, under the message's id as the job's name. */
export interface Bull {
  /** From how many messages on a batch is cheaper than adding them one by one. */
  readonly batchFrom: number
  queue(name: string): Queue<string>
  worker(name: string, processor: Processor<string>, options: Omit<WorkerOptions, 'connection'>): Worker<string>
}

/** The server BullMQ works on, which may be away. */
export interface Server {
  /** Resolves once the server has answered for the first time; never rejects. */
  readonly bull: Promise<Bull>
  /** Works with the server: rejects at once when it is known to be away, within seconds when it does not answer. */
  run<T>(work: (bull: Bull) => Promise<T>): Promise<T>
  check(): Promise<void>
  /** What an operator should know. */
  examine(): Promise<readonly Finding[]>
  close(): Promise<void>
}

/** What a finished or failed event of BullMQ leaves behind: nobody reads that stream. */
export const STREAMS = { events: { maxLen: 100 } } as const

const ANSWER_MS = 10_000

/** The answer, or an error after ten seconds. What was asked may still be done. */
export async function inTime<T>(work: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not answer within ${ANSWER_MS / 1000} s`)), ANSWER_MS)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Logs when the server goes and when it is back, once each. */
export interface Presence {
  /** The last error, for those who ask meanwhile. */
  readonly reason: string
  /** Keeps the error as the reason, and says nothing yet. */
  suspect(error: unknown): void
  lost(error?: unknown): void
  found(): void
}

/** `what` is the server's kind, as a person calls it. */
export function presence(what: string, logger: Logger): Presence {
  let reason = 'not connected yet'
  let away = false
  return {
    get reason() {
      return reason
    },
    suspect(error) {
      reason = messageOf(error)
    },
    lost(error) {
      if (error !== undefined) reason = messageOf(error)
      if (!away) logger.warn({ reason }, `the queue is away (${what}): nothing is published or taken until it is back`)
      away = true
    },
    found() {
      if (away) logger.info({}, 'the queue is back')
      away = false
    }
  }
}
