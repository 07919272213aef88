import type { Channel, ChannelModel } from 'amqplib'
import type { Clock, Logger, Queue } from 'care-kernel'
import type { QueueCounts, RetryPolicy, StoredMessage } from 'care-kernel/gateway'
import { withinAnswerTime, type Connection } from './connection.ts'
import { startConsumer, type Consumer } from './consumer.ts'
import { decodeStored, encode, reencode, type OutgoingMessage } from './message.ts'
import { makePublisher, Unroutable } from './publisher.ts'
import { assertDelay, assertMain, lifetime, LIFETIMES, namesOf, type Names } from './topology.ts'

export interface QueueSettings {
  /** For everything but consuming: RabbitMQ throttles connections that publish fast, which would delay acknowledgements. */
  readonly publishing: Connection
  readonly consuming: Connection
  readonly prefix: string
  readonly clock: Clock
  readonly logger: Logger
}

/** Other processes create delay queues too; after so long they are looked for again. */
const LIFETIMES_FOR_MS = 60_000

/** A queue that this process has declared. */
interface DeclaredQueue {
  readonly names: Names
  policy: RetryPolicy
  readonly consumers: Set<Consumer>
  /** Lifetimes whose delay queue is known to exist. */
  readonly lifetimes: Set<number>
  /** When the other ones were last looked for, in ms of the monotonic clock. */
  lifetimesFoundAt: number
}

/** The port `queue` on RabbitMQ. */
export function makeQueue({ publishing, consuming, prefix, clock, logger }: QueueSettings): Queue {
  const declared = new Map<string, DeclaredQueue>()
  const publisher = makePublisher(publishing)
  /** Queues asserted on the current connection; the next one may lead to another broker. */
  let asserted: { readonly model?: ChannelModel; readonly queues: Map<string, Promise<void>> } = { queues: new Map() }
  let closing: Promise<void> | undefined

  publishing.onConnect(() => {
    for (const queue of declared.values()) {
      forgetLifetimes(queue)
      void ensureMain(queue.names).catch(() => undefined)
    }
  })

  function declaredQueue(name: string): DeclaredQueue {
    const found = declared.get(name)
    if (!found) throw new Error(`the queue ${name} is not declared`)
    return found
  }

  function assertOpen(): void {
    if (closing) throw new Error('the queue is closed')
  }

  /** Runs `work` on a channel of its own, since an error closes the channel. */
  async function onChannel<T>(work: (channel: Channel) => Promise<T>): Promise<T> {
    const channel = await withinAnswerTime(publishing.model().createChannel()).catch((error: unknown) => {
      publishing.suspect()
      throw error
    })
    channel.on('error', () => undefined)
    try {
      return await work(channel)
    } finally {
      await withinAnswerTime(channel.close()).catch(() => undefined)
    }
  }

  /** Asserts a queue once per connection. */
  function ensure(queue: string, assert: (channel: Channel) => Promise<void>): Promise<void> {
    const model = publishing.model()
    if (asserted.model !== model) asserted = { model, queues: new Map() }
    const { queues } = asserted
    const ensured = queues.get(queue) ?? onChannel(channel => withinAnswerTime(assert(channel)))
    queues.set(queue, ensured)
    ensured.catch(() => queues.delete(queue))
    return ensured
  }

  const ensureMain = (names: Names) => ensure(names.main, channel => assertMain(channel, names))

  /** After a new connection or an error: it may be another broker, or a delay queue was deleted. */
  function forgetLifetimes(queue: DeclaredQueue): void {
    queue.lifetimes.clear()
    queue.lifetimesFoundAt = -LIFETIMES_FOR_MS
  }

  async function publishTo(queue: string, messages: readonly OutgoingMessage[]): Promise<void> {
    await publisher.publish(queue, messages).catch((error: unknown) => {
      if (error instanceof Unroutable) asserted.queues.clear()
      throw error
    })
  }

  /** The lifetime of the delay queue for a message due then; undefined for one that is due now. */
  function lifetimeUntil(due: number | undefined): number | undefined {
    const left = due === undefined ? 0 : due - clock.now().getTime()
    return left > 0 ? lifetime(left) : undefined
  }

  /** Publishes to the delay queue with that lifetime, or to the queue itself. */
  async function publishFor(
    { names, lifetimes }: DeclaredQueue,
    life: number | undefined,
    messages: readonly OutgoingMessage[]
  ): Promise<void> {
    await ensureMain(names)
    if (life === undefined) return publishTo(names.main, messages)
    await ensure(names.delay(life), channel => assertDelay(channel, names, life))
    lifetimes.add(life)
    await publishTo(names.delay(life), messages)
  }

  /** Lifetimes whose delay queue exists, ascending. AMQP has no list of queues, so each one is looked up by name. */
  async function findLifetimes({ names, lifetimes }: DeclaredQueue): Promise<number[]> {
    const exists = (life: number) =>
      onChannel(channel => channel.checkQueue(names.delay(life))).then(
        () => true,
        (error: { code?: number }) => {
          if (error.code === 404) return false
          throw error
        }
      )
    await Promise.all(
      LIFETIMES.filter(life => !lifetimes.has(life)).map(async life => {
        if (await exists(life)) lifetimes.add(life)
      })
    )
    return [...lifetimes].sort((a, b) => a - b)
  }

  /** Passes each message in the queue to `take`. The others are published again by `keep` before they are acknowledged. Resolves with how many were taken. */
  async function drainQueue(
    queue: string,
    take: (message: StoredMessage) => Promise<boolean>,
    keep: (outgoing: OutgoingMessage, message: StoredMessage) => Promise<void>
  ): Promise<number> {
    return onChannel(async channel => {
      const { messageCount } = await channel.checkQueue(queue)
      let taken = 0
      for (let index = 0; index < messageCount; index++) {
        const message = await channel.get(queue)
        if (!message) break
        const now = clock.now()
        const stored = decodeStored(message, now)
        const { attempts, error, delayMs } = stored
        if (await take(stored)) taken++
        else {
          const due = delayMs === undefined ? {} : { due: now.getTime() + delayMs }
          await keep(reencode(message, { attempts, ...due, ...(error === undefined ? {} : { error }) }), stored)
        }
        channel.ack(message)
      }
      return taken
    })
  }

  return {
    async declare(name, policy) {
      assertOpen()
      const known = declared.get(name)
      if (known) known.policy = policy
      const names = namesOf(prefix, name)
      const fresh = {
        names,
        policy,
        consumers: new Set<Consumer>(),
        lifetimes: new Set<number>(),
        lifetimesFoundAt: -LIFETIMES_FOR_MS
      }
      declared.set(name, known ?? fresh)
      try {
        await ensureMain(names)
      } catch (error) {
        // With a code, the broker refused: the queue exists with other arguments. While it is away the queue is asserted on the next connection.
        if (typeof (error as { code?: unknown }).code === 'number') throw error
      }
    },

    async publish(name, messages) {
      assertOpen()
      const queue = declaredQueue(name)
      const now = clock.now().getTime()
      const groups = new Map<number | undefined, OutgoingMessage[]>()
      for (const message of messages) {
        const due = message.delayMs !== undefined && message.delayMs > 0 ? now + Math.ceil(message.delayMs) : undefined
        const life = lifetimeUntil(due)
        const group = groups.get(life) ?? []
        group.push(encode(message, { due }))
        groups.set(life, group)
      }
      for (const [life, group] of groups) await publishFor(queue, life, group)
    },

    async consume(name, handler, { concurrency }) {
      assertOpen()
      const queue = declaredQueue(name)
      if (!(concurrency >= 1)) throw new RangeError('concurrency must be at least 1')
      const consumer = startConsumer({
        connection: consuming,
        queue: queue.names.main,
        policy: () => queue.policy,
        handler,
        concurrency,
        clock,
        logger,
        prepare: channel => assertMain(channel, queue.names),
        delay: (message, due) => publishFor(queue, lifetimeUntil(due), [message]),
        park: async message => {
          await ensureMain(queue.names)
          await publishTo(queue.names.parked, [message])
        }
      })
      queue.consumers.add(consumer)
      return () => consumer.stop().finally(() => queue.consumers.delete(consumer))
    },

    async counts(name) {
      assertOpen()
      const queue = declaredQueue(name)
      await ensureMain(queue.names)
      const now = clock.monotonic()
      try {
        if (now - queue.lifetimesFoundAt >= LIFETIMES_FOR_MS) {
          await findLifetimes(queue)
          queue.lifetimesFoundAt = now
        }
        return await onChannel(channel => countAll(channel, queue))
      } catch (error) {
        forgetLifetimes(queue)
        throw error
      }
    },

    async drain(name, from, take) {
      assertOpen()
      const queue = declaredQueue(name)
      const { names } = queue
      await ensureMain(names)
      const republish = (to: string) => (message: OutgoingMessage) => publishTo(to, [message])
      if (from === 'parked') return drainQueue(names.parked, take, republish(names.parked))
      let taken = await drainQueue(names.main, take, republish(names.main))
      // The shortest first: a message that is kept moves on to a shorter one, which is done already.
      for (const life of await findLifetimes(queue))
        taken += await drainQueue(names.delay(life), take, (message, { delayMs = 0 }) =>
          publishFor(queue, lifetimeUntil(clock.now().getTime() + delayMs), [message])
        )
      return taken
    },

    async check() {
      assertOpen()
      consuming.model()
      await publisher.ping()
    },

    close: () =>
      (closing ??= (async () => {
        const consumers = [...declared.values()].flatMap(queue => [...queue.consumers])
        await Promise.all(consumers.map(consumer => consumer.stop()))
        await Promise.all([publishing.close(), consuming.close()])
      })())
  }
}

async function countAll(channel: Channel, { names, lifetimes, consumers }: DeclaredQueue): Promise<QueueCounts> {
  const count = async (queue: string) => (await withinAnswerTime(channel.checkQueue(queue))).messageCount
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)
  return {
    waiting: await count(names.main),
    active: sum([...consumers].map(({ running }) => running)),
    delayed: sum(await Promise.all([...lifetimes].map(life => count(names.delay(life))))),
    parked: await count(names.parked)
  }
}
