import type { Channel, Options } from 'amqplib'

/*
 * For the queue `q` of the port, all of them quorum queues, reached through the default exchange:
 *
 *   <prefix>q              what waits
 *   <prefix>q.parked       what failed for the last time, and what killed too many processes
 *   <prefix>q.delay.<ms>   what is held back for that many ms, a power of two; made when first needed
 *
 * A message that is due later than in one power of two comes back to `q` when the largest one that fits has passed, and is sent on for
 * the rest. So every delay queue holds messages of one lifetime, and nobody waits behind another.
 */

const SHORTEST = 5
const LONGEST = 31
/** Redelivered so often without an outcome, a message kills whoever takes it. */
export const DEATHS = 10

/** Every lifetime a delay queue may have, in ms: 32 ms to 24 days. */
export const LIFETIMES: readonly number[] = Array.from({ length: LONGEST - SHORTEST + 1 }, (_, index) => 2 ** (SHORTEST + index))

/** The longest lifetime within `ms`; 32 ms for less. */
export function lifetime(ms: number): number {
  return LIFETIMES.findLast(life => life <= ms) ?? 2 ** SHORTEST
}

/** The names of what belongs to one queue of the port. */
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

/** Dead-lettering that survives a crash of the broker: the message leaves its queue when the other one has it. */
const thenTo = (queue: string): Record<string, unknown> => ({
  'x-dead-letter-exchange': '',
  'x-dead-letter-routing-key': queue,
  'x-dead-letter-strategy': 'at-least-once',
  'x-overflow': 'reject-publish'
})

export async function assertMain(channel: Channel, { main, parked }: Names): Promise<void> {
  await channel.assertQueue(parked, quorum())
  await channel.assertQueue(main, quorum({ ...thenTo(parked), 'x-delivery-limit': DEATHS }))
}

export async function assertDelay(channel: Channel, names: Names, life: number): Promise<void> {
  await channel.assertQueue(names.delay(life), quorum({ ...thenTo(names.main), 'x-message-ttl': life }))
}
