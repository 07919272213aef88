import { createConnection } from 'node:net'
import { delimiter, join } from 'node:path'

/** The servers tests share. */
export const REDIS = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379'
export const AMQP = process.env.AMQP_URL ?? 'amqp://guest:guest@127.0.0.1:5672'

const PORTS: Readonly<Record<string, number>> = { 'redis:': 6379, 'amqp:': 5672 }

/** Why a test that needs the server of an address is left out; false where it answers, and where servers are required. */
export async function absent(url: string): Promise<string | false> {
  return process.env.REQUIRE_SERVICES !== '1' && !(await answers(url)) && `nothing answers at ${new URL(url).host}`
}

/** Whether something listens at the address of a server, within a second. */
export function answers(url: string): Promise<boolean> {
  const { protocol, hostname, port } = new URL(url)
  return new Promise(resolve => {
    const socket = createConnection({ host: hostname, port: Number(port || PORTS[protocol]), timeout: 1000 }, () => end(true))
    const end = (result: boolean) => {
      socket.destroy()
      resolve(result)
    }
    socket.once('error', () => end(false))
    socket.once('timeout', () => end(false))
  })
}

/** A port for a server that is killed and comes back on it: one that the system gives to nobody, who would have it meanwhile. */
export async function ownPort(): Promise<number> {
  const port = 15_000 + Math.floor(Math.random() * 17_000)
  return (await answers(`tcp://127.0.0.1:${port}`)) ? ownPort() : port
}

/** Where a program of this name could be. */
export function onPath(name: string): string[] {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter(Boolean)
    .map(folder => join(folder, name))
}
