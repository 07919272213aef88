import { messageOf } from 'care-kernel'
import type { Finding } from 'care-kernel/gateway'
import type { Connection } from './connection.ts'

const OLDEST = [3, 10] as const

/** Findings about the broker. */
export async function examine(connection: Connection, url: string, production: boolean): Promise<Finding[]> {
  try {
    const model = connection.model()
    const properties = model.connection.serverProperties
    const [major = 0, minor = 0] = properties.version.split('.').map(Number)
    const { username, protocol, hostname } = new URL(url)
    const isGuest = username === '' || username === 'guest'
    const isUnencrypted = protocol === 'amqp:' && !/^(localhost|127\.|\[::1\])/.test(hostname)
    const refusal = await probe(connection)
    return [
      {
        ok: major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]),
        fact: `${properties.product} ${properties.version}`,
        remedy: 'update the broker to 3.10 or later: quorum queues keep delayed messages since then'
      },
      {
        ok: refusal === undefined,
        fact: refusal === undefined ? 'quorum queues can be made' : `no quorum queue can be made: ${refusal}`,
        remedy: 'give the user the permissions configure, write and read on the virtual host (rabbitmqctl set_permissions)'
      },
      {
        ok: !(production && isGuest),
        fact: isGuest ? 'the user is guest' : `the user is ${username}`,
        remedy: 'make a user with a password of its own (rabbitmqctl add_user)'
      },
      {
        ok: !(production && isUnencrypted),
        fact: isUnencrypted
          ? 'messages and the password travel in the clear'
          : 'the connection is encrypted, or stays on this machine',
        remedy: 'use amqps:// with gateways.queue.tls.ca'
      }
    ]
  } catch (error) {
    return [
      {
        ok: false,
        fact: messageOf(error),
        remedy: 'start RabbitMQ, or correct gateways.queue.url; without it jobs wait in the outbox'
      }
    ]
  }
}

/** Creates a quorum queue and deletes it; resolves with the error, if there is one. */
async function probe(connection: Connection): Promise<string | undefined> {
  const channel = await connection.model().createChannel()
  channel.on('error', () => undefined)
  const queue = 'care-kernel.doctor'
  try {
    await channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } })
    await channel.deleteQueue(queue)
    await channel.close()
    return undefined
  } catch (error) {
    return messageOf(error)
  }
}
