export interface QueueMessage {
  /** Chosen by the publisher; several messages may have the same one. */
  readonly id: string
  /** Any JSON value. */
  readonly body: unknown
  /** Earliest delivery, in ms from publication. */
  readonly delayMs?: number
  /** Smaller is delivered first, 0 (the default) to 1,000,000. Gateways without priorities deliver in the order of publication. */
  readonly priority?: number
}

export interface RetryPolicy {
  /** Attempts in all, the first included. */
  readonly attempts: number
  /** Base of the exponential back-off with jitter, in ms. */
  readonly backoffMs: number
  /** Longest pause in ms; a day by default. */
  readonly atMostMs?: number
}

/** One attempt of the broker to have a message handled. */
export interface Delivery extends QueueMessage {
  /** 1 for the first; counts handlers that rejected, not processes that died. */
  readonly attempt: number
  /** Aborts when the consumer stops. A handler that rejects afterwards returns the message to the queue without losing an attempt. */
  readonly signal: AbortSignal
}

/** A message in the queue that no consumer has: waiting, delayed or parked. */
export interface StoredMessage extends QueueMessage {
  /** Failed attempts so far. */
  readonly attempts: number
  /** Of a parked message: the error of its last attempt. */
  readonly error?: string
}

/** Numbers of messages. */
export interface QueueCounts {
  readonly waiting: number
  readonly active: number
  readonly delayed: number
  readonly parked: number
}

/**
 * Port `queue`: delivers at least once, retries with back-off, parks a message after the last failed attempt. While the broker is away,
 * everything rejects within seconds except `declare` and `consume`, which take effect when it is back. Gateways: `queue-bullmq`,
 * `queue-rabbitmq`.
 */
export interface Queue {
  /** Makes sure that the queue exists, and sets its retry policy. Idempotent. The other functions reject for a queue this process did not declare. */
  declare(name: string, retry: RetryPolicy): Promise<void>
  /** Resolves when the broker has stored all messages. After a rejection any of them may still be delivered. Rejects with TypeError for a body that is not JSON. */
  publish(name: string, messages: readonly QueueMessage[]): Promise<void>
  /**
   * Runs `handler` for each message, `concurrency` at once at most. A rejection is retried after the back-off; after the last attempt the message
   * is parked. The returned function stops the consumer and resolves when the running handlers have ended.
   */
  consume(
    name: string,
    handler: (delivery: Delivery) => Promise<void>,
    options: { concurrency: number }
  ): Promise<() => Promise<void>>
  counts(name: string): Promise<QueueCounts>
  /**
   * Passes each message that waits (delayed or not) or is parked to `take`, one after another, and removes those for which it resolves with true:
   * for listing, dropping, retrying (publish, then true) and moving. Resolves with how many were removed. A consumer may get a waiting message
   * meanwhile: a moved message can run twice, and is never lost.
   */
  drain(name: string, from: 'waiting' | 'parked', take: (message: StoredMessage) => Promise<boolean>): Promise<number>
  check(): Promise<void>
  /** Stops every consumer as the function that `consume` returned does, then disconnects. */
  close(): Promise<void>
}

const LONGEST_MS = 24 * 60 * 60 * 1000

/**
 * Milliseconds to wait after failed attempt number `attempt`: the base doubled per attempt up to the longest pause, minus up to half at random, so
 * that messages that failed together are not retried together.
 */
export function backoff({ backoffMs, atMostMs = LONGEST_MS }: RetryPolicy, attempt: number): number {
  return Math.round(Math.min(backoffMs * 2 ** (attempt - 1), atMostMs) * (0.5 + Math.random() / 2))
}

/** The body as JSON text. Throws TypeError for a value that JSON cannot represent. */
export function serializeBody(body: unknown): string {
  const text = JSON.stringify(body) as string | undefined
  if (text === undefined) throw new TypeError('the body of a message must be something JSON can say')
  return text
}
