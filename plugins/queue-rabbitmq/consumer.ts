import { setTimeout as wait } from 'node:timers/promises'
import type { Channel, ChannelModel, Message } from 'amqplib'
import { messageOf, type Clock, type Logger } from 'care-kernel'
import { backoff, type Delivery, type RetryPolicy } from 'care-kernel/gateway'
import { withinAnswerTime, type Connection } from './connection.ts'
import { decode, reencode, type OutgoingMessage } from './message.ts'

export interface ConsumerSettings {
  readonly connection: Connection
  readonly queue: string
  /** Read for each failure, so that a changed policy takes effect at once. */
  readonly policy: () => RetryPolicy
  readonly handler: (delivery: Delivery) => Promise<void>
  readonly concurrency: number
  readonly clock: Clock
  readonly logger: Logger
  /** Asserts the queue. */
  readonly prepare: (channel: Channel) => Promise<void>
  /** Publishes a message to be delivered at `due`, in ms since 1970. Resolves when it is confirmed. */
  readonly delay: (message: OutgoingMessage, due: number) => Promise<void>
  readonly park: (message: OutgoingMessage) => Promise<void>
}

export interface Consumer {
  /** Number of running handlers. */
  readonly running: number
  /** Resolves when the running handlers have ended. */
  stop(): Promise<void>
}

/** The consumer on its current channel. */
interface Session {
  readonly channel: Channel
  readonly stopper: AbortController
  readonly tag: string
}

const RETRY_MS = 1000

/**
 * Consumes a queue, on one channel at a time. A message is acknowledged when it is handled, or when the broker has confirmed it in the delay or
 * parked queue. Messages of a lost channel are delivered again.
 */
export function startConsumer(settings: ConsumerSettings): Consumer {
  const { connection, queue, policy, handler, concurrency, clock, logger } = settings
  const running = new Set<Promise<void>>()
  let session: Session | undefined
  let stopping: Promise<void> | undefined
  const unsubscribe = connection.onConnect(model => void keepOpen(model))

  /** Until the connection is replaced or the consumer stops. */
  async function keepOpen(model: ChannelModel): Promise<void> {
    while (!stopping && connection.isCurrent(model)) {
      await open(model).catch((error: unknown) =>
        logger.warn({ queue, reason: messageOf(error) }, 'a consumer of the queue was interrupted')
      )
      if (!stopping && connection.isCurrent(model)) await wait(RETRY_MS)
    }
  }

  /** Resolves when the channel has closed; rejects with its error. */
  async function open(model: ChannelModel): Promise<void> {
    const channel = await model.createChannel()
    const stopper = new AbortController()
    let reason: Error | undefined
    channel.on('error', (error: Error) => {
      reason = error
    })
    const ended = new Promise<void>(resolve => channel.once('close', resolve))
    void ended.then(() => stopper.abort(new Error('the connection to RabbitMQ was lost')))
    await settings.prepare(channel)
    await channel.prefetch(concurrency)
    const { consumerTag: tag } = await channel.consume(queue, message => {
      // Without a message: the queue was deleted.
      if (!message) return void channel.close().catch(() => undefined)
      const work = handle(message, channel, stopper.signal)
      running.add(work)
      void work.then(() => running.delete(work))
    })
    session = { channel, stopper, tag }
    // `stop` had no session to cancel yet.
    if (stopping) await channel.close()
    await ended
    session = undefined
    if (reason && connection.isCurrent(model)) throw reason
  }

  async function handle(message: Message, channel: Channel, signal: AbortSignal): Promise<void> {
    // Closing the channel returns the message.
    if (stopping) return
    const { due, attempts, ...rest } = decode(message)
    if (due !== undefined && due > clock.now().getTime())
      return settle(message, channel, signal, () => settings.delay(reencode(message, { attempts, due }), due))
    const attempt = attempts + 1
    try {
      await handler({ ...rest, attempt, signal })
    } catch (error) {
      if (signal.aborted) return returnToQueue(message, channel)
      const retry = policy()
      if (attempt >= retry.attempts) {
        const parked = reencode(message, { attempts: attempt, error: messageOf(error) })
        return settle(message, channel, signal, () => settings.park(parked))
      }
      const next = clock.now().getTime() + backoff(retry, attempt)
      return settle(message, channel, signal, () => settings.delay(reencode(message, { attempts: attempt, due: next }), next))
    }
    acknowledge(message, channel)
  }

  /**
   * Acknowledges the message when `store` has published it elsewhere. Retries while the broker accepts no messages: a returned message would be
   * delivered and run again at once.
   */
  async function settle(message: Message, channel: Channel, signal: AbortSignal, store: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        await store()
        return acknowledge(message, channel)
      } catch (error) {
        if (signal.aborted) return returnToQueue(message, channel)
        logger.warn({ queue, reason: messageOf(error) }, 'the outcome of a message cannot be kept yet')
      }
      await wait(RETRY_MS)
    }
  }

  async function stop(): Promise<void> {
    unsubscribe()
    const { channel, stopper, tag } = session ?? {}
    if (!channel || tag === undefined) return
    await withinAnswerTime(channel.cancel(tag)).catch(() => undefined)
    stopper?.abort(new Error('the consumer is being stopped'))
    while (running.size > 0) await Promise.allSettled(running)
    await withinAnswerTime(channel.close()).catch(() => undefined)
  }

  return {
    get running() {
      return running.size
    },
    stop: () => (stopping ??= stop())
  }
}

function acknowledge(message: Message, channel: Channel): void {
  try {
    channel.ack(message)
  } catch {
    // The channel is closed: the broker delivers the message again.
  }
}

function returnToQueue(message: Message, channel: Channel): void {
  try {
    channel.nack(message, false, true)
  } catch {
    // The channel is closed, which has returned the message.
  }
}
