import { setTimeout as wait } from 'node:timers/promises'
import type { Channel, ChannelModel, Message } from 'amqplib'
import { messageOf, type Clock, type Logger } from 'care-kernel'
import { backoff, type Delivery, type RetryPolicy } from 'care-kernel/gateway'
import { within, type Connection } from './connection.ts'
import { repack, unpack, type Parcel } from './message.ts'

export interface ConsumerInput {
  readonly connection: Connection
  readonly queue: string
  /** Asked for with every failure, so that a changed policy holds at once. */
  readonly policy: () => RetryPolicy
  readonly handler: (delivery: Delivery) => Promise<void>
  readonly concurrency: number
  readonly clock: Clock
  readonly logger: Logger
  /** Makes the queue exist. */
  readonly prepare: (channel: Channel) => Promise<void>
  /** Puts a message where it waits until it is due. */
  readonly hold: (parcel: Parcel, due: number) => Promise<void>
  readonly park: (parcel: Parcel) => Promise<void>
}

export interface Consumer {
  /** How many messages it works on. */
  readonly running: number
  /** Takes no more, and waits for the running ones. */
  stop(): Promise<void>
}

/** One channel of the consumer's life: it may lose many. */
interface Session {
  readonly channel: Channel
  readonly stopper: AbortController
  readonly tag: string
}

const PAUSE_MS = 1000
const ANSWER_MS = 5000

/**
 * Runs a queue's messages, on one channel at a time. A message is acknowledged when its outcome is safe: done, or confirmed where it
 * waits for its next attempt, or parked. What a lost channel had is delivered again by the broker.
 */
export function startConsumer(input: ConsumerInput): Consumer {
  const { connection, queue, policy, handler, concurrency, clock, logger } = input
  const running = new Set<Promise<void>>()
  let session: Session | undefined
  let stopping: Promise<void> | undefined
  const forget = connection.onConnect(model => void keepOpen(model))

  /** Until the connection is another, or the consumer is stopped. */
  async function keepOpen(model: ChannelModel): Promise<void> {
    while (!stopping && connection.holds(model)) {
      await open(model).catch((error: unknown) =>
        logger.warn({ queue, reason: messageOf(error) }, 'a consumer of the queue was interrupted')
      )
      if (!stopping && connection.holds(model)) await wait(PAUSE_MS)
    }
  }

  /** Resolves when the channel has ended. */
  async function open(model: ChannelModel): Promise<void> {
    const channel = await model.createChannel()
    const stopper = new AbortController()
    let reason: Error | undefined
    channel.on('error', (error: Error) => {
      reason = error
    })
    const ended = new Promise<void>(resolve => channel.once('close', resolve))
    void ended.then(() => stopper.abort(new Error('the connection to RabbitMQ was lost')))
    await input.prepare(channel)
    await channel.prefetch(concurrency)
    const { consumerTag: tag } = await channel.consume(queue, message => {
      // Somebody deleted the queue.
      if (!message) return void channel.close().catch(() => undefined)
      const work = handle(message, channel, stopper.signal)
      running.add(work)
      void work.then(() => running.delete(work))
    })
    session = { channel, stopper, tag }
    // Stopped while it was being opened.
    if (stopping) await channel.close()
    await ended
    session = undefined
    if (reason && connection.holds(model)) throw reason
  }

  async function handle(message: Message, channel: Channel, signal: AbortSignal): Promise<void> {
    // Left as it is: the channel is about to be closed, and gives it back.
    if (stopping) return
    const { due, attempts, ...rest } = unpack(message)
    if (due !== undefined && due > clock.now().getTime())
      return settle(message, channel, signal, () => input.hold(repack(message, { attempts, due }), due))
    const attempt = attempts + 1
    try {
      await handler({ ...rest, attempt, signal })
    } catch (error) {
      // Where the channel is lost the broker has given it back already.
      if (signal.aborted) return giveBack(message, channel)
      const retry = policy()
      if (attempt >= retry.attempts) {
        const parked = repack(message, { attempts: attempt, error: messageOf(error) })
        return settle(message, channel, signal, () => input.park(parked))
      }
      const next = clock.now().getTime() + backoff(retry, attempt)
      return settle(message, channel, signal, () => input.hold(repack(message, { attempts: attempt, due: next }), next))
    }
    acknowledge(message, channel)
  }

  /**
   * Acknowledges once the message is safe elsewhere. While the broker takes no messages it is held on to: giving it back would run it
   * again and again.
   */
  async function settle(message: Message, channel: Channel, signal: AbortSignal, makeSafe: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        await makeSafe()
        return acknowledge(message, channel)
      } catch (error) {
        if (signal.aborted) return giveBack(message, channel)
        logger.warn({ queue, reason: messageOf(error) }, 'the outcome of a message cannot be kept yet')
      }
      await wait(PAUSE_MS)
    }
  }

  async function stop(): Promise<void> {
    forget()
    const { channel, stopper, tag } = session ?? {}
    if (!channel || tag === undefined) return
    await within(channel.cancel(tag), ANSWER_MS).catch(() => undefined)
    stopper?.abort(new Error('the consumer is being stopped'))
    while (running.size > 0) await Promise.allSettled(running)
    await within(channel.close(), ANSWER_MS).catch(() => undefined)
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
    // The channel is gone, and the message is delivered again.
  }
}

function giveBack(message: Message, channel: Channel): void {
  try {
    channel.nack(message, false, true)
  } catch {
    // As above.
  }
}
