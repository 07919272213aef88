/** What travels: the id is the outbox row's, so that a consumer can drop a repeat. */
export interface QueueMessage {
  readonly id: string
  readonly body: unknown
  readonly delayMs?: number
  readonly priority?: number
}

export interface RetryPolicy {
  /** Attempts in all, the first included. */
  readonly attempts: number
  /** Base of the exponential back-off with jitter, in ms. */
  readonly backoffMs: number
}

export interface Delivery extends QueueMessage {
  /** 1 for the first attempt. */
  readonly attempt: number
  readonly signal: AbortSignal
}

/** Port `queue`: at least once, retry with back-off, the last failure parks the message. */
export interface Queue {
  /** Makes the queue exist with its retry policy; calling it again is harmless. */
  declare(name: string, retry: RetryPolicy): Promise<void>
  /** Resolves when the broker has the messages safely; rejects otherwise, and then any of them may still arrive. */
  publish(name: string, messages: readonly QueueMessage[]): Promise<void>
  /** Runs `handler` for each message, at most `concurrency` at a time; the returned function waits for running ones. */
  consume(
    name: string,
    handler: (delivery: Delivery) => Promise<void>,
    options: { concurrency: number }
  ): Promise<() => Promise<void>>
  counts(name: string): Promise<{ waiting: number; active: number; delayed: number; parked: number }>
  check(): Promise<void>
  close(): Promise<void>
}
