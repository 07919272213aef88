// Servers that only the test uses, to be killed.
import { execFile, spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { connect as connectAmqp } from 'amqplib'
import { startServer } from '../../../plugins/database-embedded/launcher.ts'
import { answers, onPath, ownPort } from '../../services.ts'

/** A server on a directory of its own, which it keeps through every kill. */
export interface OwnServer {
  readonly url: string
  /** kill -9. Resolves when the port does not answer any more. */
  kill(): Promise<void>
  /** Starts it again on the same directory and port; resolves when it answers. */
  start(): Promise<void>
  /** Ends it and removes what it kept. */
  close(): Promise<void>
}

const START_MS = 120_000
// Debian's `rabbitmq-server` is a script that refuses every user but its own; this is what it calls.
const RABBITMQ = ['/usr/lib/rabbitmq/bin/rabbitmq-server', ...onPath('rabbitmq-server')].find(existsSync)
const REDIS = onPath('redis-server').find(existsSync)

/** Why a server of one's own cannot be had here; undefined where it can. */
export const missing: Readonly<Record<'postgres' | 'redis' | 'rabbitmq', string | undefined>> = {
  postgres: undefined,
  redis: REDIS ? undefined : 'redis-server is not installed on this machine',
  rabbitmq: RABBITMQ ? undefined : 'rabbitmq-server is not installed on this machine'
}

/** Starts a server to be killed. Throws where `missing` gives a reason. */
export async function ownServer(kind: 'postgres' | 'redis' | 'rabbitmq'): Promise<OwnServer> {
  const reason = missing[kind]
  if (reason !== undefined) throw new Error(reason)
  const directory = mkdtempSync(join(tmpdir(), `care-own-${kind}-`))
  const server = await { postgres, redis, rabbitmq }[kind](directory)
  return {
    ...server,
    async close() {
      await server.close()
      rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
    }
  }
}

async function redis(directory: string): Promise<OwnServer> {
  const port = await ownPort()
  // A crash of the process loses nothing that was answered: the file is written before the answer, only the disk may be behind.
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--appendonly', 'yes', '--save', '']
  const url = `redis://127.0.0.1:${port}`
  return keeping(url, REDIS ?? '', args, {}, () => answers(url))
}

async function rabbitmq(directory: string): Promise<OwnServer> {
  const [port, distribution, names] = [await ownPort(), await ownPort(), await ownPort()]
  const file = (name: string, text = '') => {
    writeFileSync(join(directory, name), text)
    return join(directory, name)
  }
  mkdirSync(join(directory, 'log'))
  const env = {
    HOME: directory,
    ERL_EPMD_PORT: String(names),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: `fault${port}@localhost`,
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_MNESIA_BASE: join(directory, 'mnesia'),
    RABBITMQ_LOG_BASE: join(directory, 'log'),
    RABBITMQ_CONF_ENV_FILE: file('rabbitmq-env.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: file('enabled_plugins', '[].'),
    RABBITMQ_CONFIG_FILE: file(
      'rabbitmq.conf',
      `listeners.tcp.1 = 127.0.0.1:${port}\nlog.file = false\nlog.console.level = error\n`
    )
  }
  // The register of Erlang's nodes would outlive the node that started it: this one is ours to end.
  const register = spawn('epmd', ['-port', String(names)], { env: { ...process.env, ...env }, stdio: 'ignore' })
  register.once('error', () => undefined)
  const url = `amqp://guest:guest@127.0.0.1:${port}`
  const server = await keeping(url, RABBITMQ ?? '', [], env, () =>
    connectAmqp(url, { timeout: 2000 }).then(
      model => model.close().then(() => true),
      () => false
    )
  )
  return { ...server, close: () => server.close().finally(() => register.kill('SIGKILL')) }
}

async function postgres(directory: string): Promise<OwnServer> {
  const port = await ownPort()
  const begin = () => startServer({ directory, port, settings: { max_connections: '200' } })
  let server = await begin()
  return {
    url: server.url,
    async kill() {
      await killAll(server.pid)
      await until(async () => !(await answers(server.url)), START_MS)
      // The lock of the directory is this process's until it says that it is done.
      await server.stop()
    },
    async start() {
      server = await begin()
    },
    close: () => server.stop()
  }
}

/** Kills a process and those it started, at once, as when the power goes. */
async function killAll(pid: number): Promise<void> {
  const children = await promisify(execFile)('pgrep', ['-P', String(pid)]).then(
    ({ stdout }) => stdout.trim().split('\n').map(Number),
    () => []
  )
  for (const each of [pid, ...children])
    try {
      process.kill(each, 'SIGKILL')
    } catch {
      // It ended by itself meanwhile.
    }
}

/** A program that is started in a process group of its own, and killed with everything it started. */
async function keeping(
  url: string,
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  isUp: () => Promise<boolean>
): Promise<OwnServer> {
  const options: SpawnOptions = { env: { ...process.env, ...env }, detached: true, stdio: 'ignore' }
  let child: ChildProcess | undefined
  const end = () => {
    if (child?.pid === undefined) return
    try {
      process.kill(-child.pid, 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
    child = undefined
  }
  process.once('exit', end)
  const server: OwnServer = {
    url,
    async kill() {
      end()
      await until(async () => !(await answers(url)), START_MS)
    },
    async start() {
      child = spawn(command, args, options)
      child.once('error', () => undefined)
      if (!(await until(isUp, START_MS))) throw new Error(`${command} does not answer`)
    },
    async close() {
      process.off('exit', end)
      await server.kill()
    }
  }
  await server.start()
  return server
}

async function until(holds: () => Promise<boolean>, ms: number): Promise<boolean> {
  for (const end = performance.now() + ms; performance.now() < end; await wait(50)) if (await holds()) return true
  return false
}
