import { createConnection } from 'node:net'

/** The servers tests share. */
export const REDIS = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379'
export const AMQP = process.env.AMQP_URL ?? 'amqp://guest:guest@127.0.0.1:5672'

/** Why a test that needs the server of an address is left out; false where it answers, and where servers are required. */
export function absent(url: string): Promise<string | false> {
  const { protocol, hostname, port, host } = new URL(url)
  if (process.env.REQUIRE_SERVICES === '1') return Promise.resolve(false)
  return new Promise(resolve => {
    const socket = createConnection({ host: hostname, port: Number(port || (protocol === 'redis:' ? 6379 : 5672)) })
    socket.once('connect', () => {
      socket.destroy()
      resolve(false)
    })
    socket.once('error', () => resolve(`nothing answers at ${host}`))
  })
}
