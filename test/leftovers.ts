// What tests leave on servers they share is taken away again: a broker that holds every test of a day has no file left for the next one.
import { connect } from 'amqplib'
import { Redis } from 'ioredis'
import { LIFETIMES, namesOf } from '../plugins/queue-rabbitmq/topology.ts'
import { AMQP, REDIS } from './services.ts'

/** Deletes the queues of these names of the port, and what belongs to them. */
export async function forgetQueues(prefix: string, names: Iterable<string>, url = AMQP): Promise<void> {
  const connection = await connect(url)
  const channel = await connection.createChannel()
  for (const name of names) {
    const { main, parked, delay } = namesOf(prefix, name)
    for (const queue of [main, parked, ...LIFETIMES.map(delay)]) await channel.deleteQueue(queue)
  }
  await connection.close()
}

/** Deletes the keys that begin so. */
export async function forgetKeys(prefix: string, url = REDIS): Promise<void> {
  const client = new Redis(url)
  for await (const keys of client.scanStream({ match: `${prefix}*` }) as AsyncIterable<string[]>)
    if (keys.length > 0) await client.del(...keys)
  await client.quit()
}
