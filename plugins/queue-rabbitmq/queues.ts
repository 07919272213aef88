import type { Channel, ChannelModel } from 'amqplib'
import type { Clock, Logger, Queue } from 'care-kernel'
import type { QueueCounts, RestingMessage, RetryPolicy } from 'care-kernel/gateway'
import { within, type Connection } from './connection.ts'
import { startConsumer, type Consumer } from './consumer.ts'
import { pack, repack, unpackResting, type Parcel } from './message.ts'
import { makePublisher, Unroutable } from './publisher.ts'
import { assertDelay, assertMain, lifetime, LIFETIMES, namesOf, type Names } from './topology.ts'

export interface QueueSettings {
  /** Publishes and asks; RabbitMQ slows down connections that publish too fast, which must not hold up acknowledgements. */
  readonly publishing: Connection
  readonly consuming: Connection
  readonly prefix: string
  readonly clock: Clock
  readonly logger: Logger
}

const ANSWER_MS = 5000
/** How long it is believed that nobody has made another delay queue. */
const LOOK_AGAIN_MS = 60_000

/** What this process knows of one declared queue. */
interface Known {
  readonly names: Names
  policy: RetryPolicy
  readonly consumers: Set<Consumer>
  /** The delay queues that exist, and when the others were last looked for. */
  readonly lifetimes: Set<number>
  lookedAt: number
}

/** The port on RabbitMQ. */
export function makeQueues({ publishing, consuming, prefix, clock, logger }: QueueSettings): Queue {
  const declared = new Map<string, Known>()
  const publisher = makePublisher(publishing)
  /** What was asserted on this connection; another may lead to another broker. */
  let asserted: { readonly model?: ChannelModel; readonly queues: Map<string, Promise<void>> } = { queues: new Map() }
  let closing: Promise<void> | undefined

  publishing.onConnect(() => {
    for (const queue of declared.values()) {
      forget(queue)
      void ensureMain(queue.names).catch(() => undefined)
    }
  })

  function known(name: string): Known {
    const found = declared.get(name)
    if (!found) throw new Error(`the queue ${name} is not declared`)
    return found
  }

  function open(): void {
    if (closing) throw new Error('the queue is closed')
  }

  /** A channel for one piece of work: an error closes it, and takes nothing else along. */
  async function onChannel<T>(work: (channel: Channel) => Promise<T>): Promise<T> {
    const channel = await within(publishing.model().createChannel(), ANSWER_MS).catch((error: unknown) => {
      publishing.doubt()
      throw error
    })
    channel.on('error', () => undefined)
    try {
      return await work(channel)
    } finally {
      await within(channel.close(), ANSWER_MS).catch(() => undefined)
    }
  }

  function ensure(queue: string, make: (channel: Channel) => Promise<void>): Promise<void> {
    const model = publishing.model()
    if (asserted.model !== model) asserted = { model, queues: new Map() }
    const { queues } = asserted
    const made = queues.get(queue) ?? onChannel(channel => within(make(channel), ANSWER_MS))
    queues.set(queue, made)
    made.catch(() => queues.delete(queue))
    return made
  }

  const ensureMain = (names: Names) => ensure(names.main, channel => assertMain(channel, names))

  /** The delay queues are looked for again: somebody may have deleted one, or this is another broker. */
  function forget(queue: Known): void {
    queue.lifetimes.clear()
    queue.lookedAt = -LOOK_AGAIN_MS
  }

  async function send(queue: string, parcels: readonly Parcel[]): Promise<void> {
    await publisher.send(queue, parcels).catch((error: unknown) => {
      if (error instanceof Unroutable) asserted.queues.clear()
      throw error
    })
  }

  /** The delay queue for what is due then; none for what is due now. */
  function lifeUntil(due: number | undefined): number | undefined {
    const left = due === undefined ? 0 : due - clock.now().getTime()
    return left > 0 ? lifetime(left) : undefined
  }

  /** Puts messages in a delay queue, or at the end of the queue itself. */
  async function place({ names, lifetimes }: Known, life: number | undefined, parcels: readonly Parcel[]): Promise<void> {
    await ensureMain(names)
    if (life === undefined) return send(names.main, parcels)
    await ensure(names.delay(life), channel => assertDelay(channel, names, life))
    lifetimes.add(life)
    await send(names.delay(life), parcels)
  }

  /** Lifetimes whose delay queues exist: other processes make them too, and AMQP tells by name only. */
  async function findLifetimes({ names, lifetimes }: Known): Promise<number[]> {
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

  /** Shows each message that is in the queue now; `keep` puts back what stays, before it is taken out of its old place. */
  async function walk(
    queue: string,
    take: (message: RestingMessage) => Promise<boolean>,
    keep: (parcel: Parcel, message: RestingMessage) => Promise<void>
  ): Promise<number> {
    return onChannel(async channel => {
      const { messageCount } = await channel.checkQueue(queue)
      let taken = 0
      for (let index = 0; index < messageCount; index++) {
        const message = await channel.get(queue)
        if (!message) break
        const now = clock.now()
        const resting = unpackResting(message, now)
        const { attempts, error, delayMs } = resting
        if (await take(resting)) taken++
        else {
          const due = delayMs === undefined ? {} : { due: now.getTime() + delayMs }
          await keep(repack(message, { attempts, ...due, ...(error === undefined ? {} : { error }) }), resting)
        }
        channel.ack(message)
      }
      return taken
    })
  }

  return {
    async declare(name, policy) {
      open()
      const found = declared.get(name)
      if (found) found.policy = policy
      const names = namesOf(prefix, name)
      declared.set(name, found ?? { names, policy, consumers: new Set(), lifetimes: new Set(), lookedAt: -LOOK_AGAIN_MS })
      try {
        await ensureMain(names)
      } catch (error) {
        // The broker refuses: the queue exists with other arguments. Everything else is made good when it is back.
        if (typeof (error as { code?: unknown }).code === 'number') throw error
      }
    },

    async publish(name, messages) {
      open()
      const queue = known(name)
      const now = clock.now().getTime()
      const groups = new Map<number | undefined, Parcel[]>()
      for (const message of messages) {
        const due = message.delayMs !== undefined && message.delayMs > 0 ? now + Math.ceil(message.delayMs) : undefined
        const life = lifeUntil(due)
        const group = groups.get(life) ?? []
        group.push(pack(message, { due }))
        groups.set(life, group)
      }
      for (const [life, parcels] of groups) await place(queue, life, parcels)
    },

    async consume(name, handler, { concurrency }) {
      open()
      const queue = known(name)
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
        hold: (parcel, due) => place(queue, lifeUntil(due), [parcel]),
        park: async parcel => {
          await ensureMain(queue.names)
          await send(queue.names.parked, [parcel])
        }
      })
      queue.consumers.add(consumer)
      return () => consumer.stop().finally(() => queue.consumers.delete(consumer))
    },

    async counts(name) {
      open()
      const queue = known(name)
      await ensureMain(queue.names)
      const now = clock.monotonic()
      try {
        if (now - queue.lookedAt >= LOOK_AGAIN_MS) {
          await findLifetimes(queue)
          queue.lookedAt = now
        }
        return await onChannel(channel => countAll(channel, queue))
      } catch (error) {
        forget(queue)
        throw error
      }
    },

    async drain(name, from, take) {
      open()
      const queue = known(name)
      const { names } = queue
      await ensureMain(names)
      const stays = (at: string) => (parcel: Parcel) => send(at, [parcel])
      if (from === 'parked') return walk(names.parked, take, stays(names.parked))
      let taken = await walk(names.main, take, stays(names.main))
      // The shortest first: what stays goes on to a shorter one, and is not shown again.
      for (const life of await findLifetimes(queue))
        taken += await walk(names.delay(life), take, (parcel, { delayMs = 0 }) =>
          place(queue, lifeUntil(clock.now().getTime() + delayMs), [parcel])
        )
      return taken
    },

    async check() {
      open()
      consuming.model()
      await publisher.ask()
    },

    close: () =>
      (closing ??= (async () => {
        const consumers = [...declared.values()].flatMap(queue => [...queue.consumers])
        await Promise.all(consumers.map(consumer => consumer.stop()))
        await Promise.all([publishing.close(), consuming.close()])
      })())
  }
}

async function countAll(channel: Channel, { names, lifetimes, consumers }: Known): Promise<QueueCounts> {
  const count = async (queue: string) => (await within(channel.checkQueue(queue), ANSWER_MS)).messageCount
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)
  return {
    waiting: await count(names.main),
    active: sum([...consumers].map(({ running }) => running)),
    delayed: sum(await Promise.all([...lifetimes].map(life => count(names.delay(life))))),
    parked: await count(names.parked)
  }
}
