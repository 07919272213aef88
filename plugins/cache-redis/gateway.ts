import fastifyRedis from '@fastify/redis'
import { messageOf, secret, type Cache } from 'care-kernel'
import { defineGateway } from 'care-kernel/gateway'
import { Type } from 'typebox'
import { connect } from './connection.ts'
import { examine } from './findings.ts'
import { makeSubscriptions } from './subscriptions.ts'

/** The port with what `doctor` needs. */
export interface OpenRedis extends Cache {
  /** The server's answer to INFO. */
  info(): Promise<string>
}

const OPENING_MS = 2000

/** Atomic on the server: no two processes get the same count, and every counter expires. */
const INCREMENT = `
  local count = redis.call('incr', KEYS[1])
  if redis.call('pttl', KEYS[1]) < 0 then redis.call('pexpire', KEYS[1], ARGV[1]) end
  return count`

export default defineGateway({
  port: 'cache',
  name: 'cache-redis',
  summary: 'A Redis server, 6 or later, shared by every process',
  config: Type.Object(
    {
      url: secret({ description: 'redis://user:password@host:6379/0, rediss:// for TLS' }),
      prefix: Type.String({
        default: 'care:',
        description: 'Before every key and channel, so that others may use the server too'
      })
    },
    { additionalProperties: false }
  ),
  shared: true,
  async open({ url, prefix }, { app, deployment, logger }): Promise<OpenRedis> {
    const connection = connect(url, `care-kernel:${deployment.name}`, logger)
    const { client, run } = connection
    await connection.settled(OPENING_MS)
    // @fastify/redis waits for a server and fails the whole application without one; a cache may be away.
    if (client.status === 'ready') await app.register(fastifyRedis, { client })
    else app.decorate('redis', client as typeof app.redis)
    const subscriptions = makeSubscriptions(client, logger)
    const missed = (error: unknown): undefined => connection.logRefusal(error)
    const milliseconds = (seconds: number): number => Math.ceil(seconds * 1000)

    let closing: Promise<void> | undefined
    const close = () => (closing ??= Promise.all([subscriptions.close(), connection.close()]).then(() => undefined))
    app.addHook('onClose', close)
    return {
      async get<T>(key: string): Promise<T | undefined> {
        const text = await run(() => client.get(prefix + key)).catch(missed)
        return text === null || text === undefined ? undefined : parsed<T>(text)
      },
      async set(key, value, seconds) {
        const text = JSON.stringify(value) as string | undefined
        if (text === undefined || seconds <= 0) await run(() => client.del(prefix + key)).catch(missed)
        else await run(() => client.set(prefix + key, text, 'PX', milliseconds(seconds))).catch(missed)
      },
      async delete(...keys) {
        if (keys.length > 0) await run(() => client.del(...keys.map(key => prefix + key))).catch(missed)
      },
      increment: async (key, seconds) => Number(await run(() => client.eval(INCREMENT, 1, prefix + key, milliseconds(seconds)))),
      publish: async (channel, message) => void (await run(() => client.publish(prefix + channel, message))),
      subscribe: (channel, listener) => subscriptions.add(prefix + channel, listener),
      async check() {
        await run(() => client.ping())
        await subscriptions.check()
      },
      info: () => run(() => client.info()),
      close
    }
  },
  doctor: async port => examine(await (port as OpenRedis).info().catch((error: unknown) => ({ reason: messageOf(error) })))
})

/** Text that is not JSON was not written by this gateway: a miss. */
function parsed<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T
  } catch {
    return undefined
  }
}
