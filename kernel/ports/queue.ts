/** What travels: the id is the outbox row's, so that a consumer can drop a repeat. */
export interface QueueMessage {
  readonly id: string
  /** Anything JSON can say. */
  readonly body: unknown
  /** Not delivered sooner. */
  readonly delayMs?: number
  /** Smaller is sooner, 0 to 1,000,000; 0 unless told. A gateway that has no priorities delivers in the order of publishing. */
  readonly priority?: number
}

export interface RetryPolicy {
  /** Attempts in all, the first included. */
  readonly attempts: number
  /** Base of the exponential back-off with jitter, in ms. */
  readonly backoffMs: number
  /** The longest pause in ms; a day unless told. */
  readonly atMostMs?: number
}

export interface Delivery extends QueueMessage {
  /** 1 for the first attempt; only a handler that failed counts, not a process that died. */
  readonly attempt: number
  /** Fires when the consumer is being stopped: a handler that fails after it gives the message back, and no attempt is lost. */
  readonly signal: AbortSignal
}

/** A message nobody works on. */
export interface RestingMessage extends QueueMessage {
  /** Attempts that failed. */
  readonly attempts: number
  /** Why a parked message was parked. */
  readonly error?: string
}

export interface QueueCounts {
  readonly waiting: number
  readonly active: number
  readonly delayed: number
  readonly parked: number
}

/**
 * Port `queue`: at least once, retry with back-off, the last failure parks the message. While the broker is away everything rejects
 * within seconds but `declare` and `consume`, which are made good when it is back. Gateways: `queue-bullmq`, `queue-rabbitmq`.
 */
export interface Queue {
  /** Makes the queue exist with its retry policy; calling it again is harmless. The others reject for a queue this process did not declare. */
  declare(name: string, retry: RetryPolicy): Promise<void>
  /** Resolves when the broker has the messages safely; rejects otherwise, and then any of them may still arrive. */
  publish(name: string, messages: readonly QueueMessage[]): Promise<void>
  /**
   * Runs `handler` for each message, at most `concurrency` at a time. A handler that rejects is tried again after the back-off,
   * or parked after the last attempt. The returned function takes no more and waits for running ones.
   */
  consume(
    name: string,
    handler: (delivery: Delivery) => Promise<void>,
    options: { concurrency: number }
  ): Promise<() => Promise<void>>
  counts(name: string): Promise<QueueCounts>
  /**
   * Shows `take` every message that waits (delayed or not) or is parked, one after another; those it resolves true for leave the queue,
   * so that one can list, drop, retry (publish, then true) and move them elsewhere. Resolves with how many left. A consumer may get a
   * waiting one meanwhile: what is moved can run twice, and is never lost.
   */
  drain(name: string, from: 'waiting' | 'parked', take: (message: RestingMessage) => Promise<boolean>): Promise<number>
  check(): Promise<void>
  /** Stops every consumer as `consume`'s function does, then disconnects. */
  close(): Promise<void>
}

const LONGEST_MS = 24 * 60 * 60 * 1000

/**
 * Milliseconds to wait after the failed attempt `attempt`: the base doubled with every attempt up to the longest pause, of which up to half
 * is left to chance so that what failed together does not come back together.
 */
export function backoff({ backoffMs, atMostMs = LONGEST_MS }: RetryPolicy, attempt: number): number {
  return Math.round(Math.min(backoffMs * 2 ** (attempt - 1), atMostMs) * (0.5 + Math.random() / 2))
}

/** The body as it travels. Throws TypeError for what JSON cannot say. */
export function bodyText(body: unknown): string {
  const text = JSON.stringify(body) as string | undefined
  if (text === undefined) throw new TypeError('the body of a message must be something JSON can say')
  return text
}
