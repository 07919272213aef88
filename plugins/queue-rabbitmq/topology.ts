import type { Channel, Options } from 'amqplib'

/*
 * Quorum queues for the queue `q` of the port, on the default exchange:
 *
 *   <prefix>q              waiting messages
 *   <prefix>q.parked       messages that failed their last attempt or exceeded the delivery limit
 *   <prefix>q.delay.<ms>   messages delayed by that many ms, a power of two; created when first needed
 *
 * A message spends the largest power of two within its delay in that delay queue, returns to `q`, whose consumer sends it on for the rest. All
 * messages of a delay queue have the same time to live, so none waits behind one that expires later.
 */

const SHORTEST = 5
const LONGEST = 31
/** Delivery limit: a message redelivered so often without an acknowledgement probably ends its process. */
export const DEATHS = 10

/** The lifetimes of delay queues in ms: 32 ms to 24 days. */
export const LIFETIMES: readonly number[] = Array.from({ length: LONGEST - SHORTEST + 1 }, (_, index) => 2 ** (SHORTEST + index))

/** The longest lifetime within `ms`, or the shortest there is. */
export function lifetime(ms: number): number {
  return LIFETIMES.findLast(life => life <= ms) ?? 2 ** SHORTEST
}

/** Names of the broker's queues for one queue of the port. */
export interface Names {
  readonly main: string
  readonly parked: string
  readonly delay: (lifetime: number) => string
}

export function namesOf(prefix: string, name: string): Names {
  const main = `${prefix}${name}`
  return { main, parked: `${main}.parked`, delay: life => `${main}.delay.${life}` }
}

const quorum = (args: Record<string, unknown> = {}): Options.AssertQueue => ({
  durable: true,
  arguments: { 'x-queue-type': 'quorum', ...args }
})

/** Dead-lettering at least once: the message leaves its queue when the other one has confirmed it. */
const deadLetterTo = (queue: string): Record<string, unknown> => ({
  'x-dead-letter-exchange': '',
  'x-dead-letter-routing-key': queue,
  'x-dead-letter-strategy': 'at-least-once',
  'x-overflow': 'reject-publish'
})

export async function assertMain(channel: Channel, { main, parked }: Names): Promise<void> {
  await channel.assertQueue(parked, quorum())
  await channel.assertQueue(main, quorum({ ...deadLetterTo(parked), 'x-delivery-limit': DEATHS }))
}

export async function assertDelay(channel: Channel, names: Names, life: number): Promise<void> {
  await channel.assertQueue(names.delay(life), quorum({ ...deadLetterTo(names.main), 'x-message-ttl': life }))
}
