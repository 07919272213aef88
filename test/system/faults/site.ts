// A deployment of the fault plugin, its processes, and how its effects are counted.
import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { HEAP } from '../../../platform/cli/processes.ts'
import { startProxy, type Proxy } from '../../plugins/proxy.ts'
import { forgetKeys, forgetQueues } from '../../leftovers.ts'
import { AMQP, REDIS } from '../../services.ts'
import { careApart, configFile, emptyDatabase, root } from '../deployment.ts'
import type { OwnServer } from './brokers.ts'

export const BACKENDS = ['postgres', 'redis', 'rabbitmq'] as const
export type Backend = (typeof BACKENDS)[number]

/** How much of everything. */
export interface Sizes {
  readonly jobs: number
  readonly workers: number
  readonly killEveryMs: number
  readonly brokerKills: number
  readonly outageSeconds: number
  readonly writesPerSecond: number
  readonly rollbacks: number
  readonly crashes: number
  readonly ticks: number
  readonly freezeSeconds: number
  readonly loadSeconds: number
  readonly rounds: number
}

export interface Outcome {
  readonly facts: string
  /** Everything that is not as promised. */
  readonly failures: readonly string[]
}

export type Test = (backend: Backend, sizes: Sizes) => Promise<Outcome>

const PLUGIN = join(root, 'dist/test/system/faults/plugin.js')
const PROCESS = join(root, 'dist/test/system/faults/process.js')
const SCHEMA = `create table fault_effect (n text not null, at timestamptz not null default clock_timestamp());
create table fault_write (n integer primary key)`
const SHARED: Record<Backend, string> = {
  postgres: process.env.DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres',
  redis: REDIS,
  rabbitmq: AMQP
}

/** A deployment of the fault plugin on a database of its own. */
export interface Site {
  readonly config: string
  readonly database: string
  readonly env: NodeJS.ProcessEnv
  /** Stands before the broker. */
  readonly proxy: Proxy
  /** The config of the same deployment with its queue elsewhere. */
  on(backend: Backend): string
  sql<Row = { count: number }>(text: string, values?: unknown[]): Promise<Row[]>
  /** Starts a process of a role; resolves when it works, or has ended. */
  spawn(role: string, ...args: string[]): Promise<ChildProcess>
  close(): Promise<void>
}

interface SiteOptions {
  /** One tick a second. */
  readonly ticking?: boolean
  /** The broker; on PostgreSQL also the database. By default the shared one. */
  readonly server?: OwnServer
  /** How long finished jobs are kept; by default as long as the kernel does. */
  readonly keepDoneDays?: number
  /** Nothing stands before the broker: for the bench. */
  readonly direct?: boolean
}

/** Makes the deployment. What it has on a shared broker is under a name of its own. */
export async function openSite(
  backend: Backend,
  { ticking = false, server, direct = false, keepDoneDays }: SiteOptions = {}
): Promise<Site> {
  const database = server && backend === 'postgres' ? { url: server.url, drop: async () => undefined } : await emptyDatabase()
  const own = new URL(backend === 'postgres' ? database.url : (server?.url ?? SHARED[backend]))
  const proxy = await startProxy(own.hostname, Number(own.port))
  if (!direct) Object.assign(own, { hostname: '127.0.0.1', port: String(proxy.port) })
  const prefix = `fault-${randomBytes(4).toString('hex')}`
  const used = new Set<Backend>()
  const configOn = (kind: Backend) => {
    if (kind !== backend || !server) used.add(kind)
    const url = kind === backend ? own.href : kind === 'postgres' ? database.url : SHARED[kind]
    const queue =
      kind === 'rabbitmq'
        ? { use: 'queue-rabbitmq', url, prefix: `${prefix}.` }
        : { use: 'queue-bullmq', url, prefix, lockSeconds: 2 }
    return configFile(database.url, [PLUGIN], {
      gateways: { database: { use: 'database-postgres', url: database.url, poolSize: 12 }, queue },
      server: { port: 0, stopSeconds: 20 },
      ...(keepDoneDays === undefined ? {} : { work: { keepDoneDays } }),
      log: { level: 'silent' }
    })
  }
  const config = configOn(backend)
  const folder = mkdtempSync(join(tmpdir(), 'care-fault-'))
  writeFileSync(join(folder, '0001_fault.sql'), SCHEMA)
  const env = { FAULT_FOLDER: folder, ...(ticking ? { FAULT_TICK: '1' } : {}) }
  await careApart(['migrate', '--config', config], env)
  const pool = new pg.Pool({ connectionString: database.url, max: 2, connectionTimeoutMillis: 5000 })
  pool.on('error', () => undefined)
  const children = new Set<ChildProcess>()
  return {
    config,
    database: database.url,
    env,
    proxy,
    on: configOn,
    sql: async <Row>(text: string, values: unknown[] = []) => (await pool.query(text, values)).rows as Row[],
    async spawn(role, ...args) {
      const child = spawn(process.execPath, [...HEAP, PROCESS, role, config, ...args], {
        env: { ...process.env, ...env },
        stdio: ['ignore', 'pipe', 'inherit']
      })
      children.add(child)
      child.once('exit', () => children.delete(child))
      await new Promise<void>(resolve => {
        child.stdout.once('data', () => resolve())
        child.once('exit', () => resolve())
      })
      return child
    },
    async close() {
      for (const child of children) child.kill('SIGKILL')
      await proxy.stop()
      await pool.end()
      await database.drop()
      // Not before: it reads its folder from the environment when it is loaded.
      const { default: fault } = await import('./plugin.ts')
      const tasks = Object.keys(fault.jobs ?? {}).map(job => `fault.${job}`)
      if (used.has('rabbitmq')) await forgetQueues(`${prefix}.`, tasks)
      if (used.has('redis')) await forgetKeys(prefix)
    }
  }
}

export const isUp = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode === null && signalCode === null

/** Processes of one role that are kept running, whatever kills them. */
export interface Crew {
  /** Those that work, the oldest first. */
  up(): ChildProcess[]
  /** How many ended by themselves after they had begun to work. */
  died(): number
  end(): Promise<void>
}

export function keepUp(site: Site, role: string, count: number): Crew {
  const ready = new Set<ChildProcess>()
  let ended = false
  let died = 0
  const keepers = Array.from({ length: count }, async () => {
    while (!ended) {
      const child = await site.spawn(role)
      if (ended) child.kill('SIGKILL')
      if (!isUp(child)) {
        await wait(100)
        continue
      }
      ready.add(child)
      const code = await new Promise(resolve => child.once('exit', resolve))
      if (code !== null) died++
      ready.delete(child)
    }
  })
  return {
    up: () => [...ready].filter(isUp),
    died: () => died,
    async end() {
      ended = true
      for (const child of ready) child.kill('SIGKILL')
      await Promise.all(keepers)
    }
  }
}

/** kill -9 of one of the crew every `everyMs`, never of the last: on a slow machine all would die while they start. */
export function killAtRandom(crew: Crew, everyMs: number): { end(): Promise<number> } {
  let ended = false
  let kills = 0
  const killing = (async () => {
    while (!ended) {
      await wait(everyMs)
      const up = crew.up()
      if (up.length > 1 && up[Math.floor(Math.random() * up.length)]?.kill('SIGKILL')) kills++
    }
  })()
  return {
    async end() {
      ended = true
      await killing
      return kills
    }
  }
}

/** Looks until it holds; a database that is away is no answer. */
export async function until(holds: () => Promise<boolean>, seconds: number): Promise<boolean> {
  for (const end = performance.now() + seconds * 1000; performance.now() < end; await wait(100))
    if (await holds().catch(() => false)) return true
  return false
}

export const single = async (site: Site, text: string): Promise<number> => Number((await site.sql(text))[0]?.count ?? 0)
/** By the indexes of what is not done: asked ten times a second it must not read a table of a million that are. */
export const LEFT = `select count(*) from (select task, state from kernel_message where state in ('waiting', 'queued', 'running')
  union all select task, state from kernel_message where state = 'parked') m where true`
export const EFFECTS = 'select count(distinct n) from fault_effect'
export const REPEATED = 'select count(*) - count(distinct n) as count from fault_effect'
export const PARKED = `select count(*) from kernel_message where state = 'parked'`

export const allDone = (site: Site, seconds: number): Promise<boolean> =>
  until(async () => (await single(site, LEFT)) === 0, seconds)

/** What is wrong with the effects of `jobs` jobs. */
export async function effects(site: Site, jobs: number): Promise<string[]> {
  const found = await single(site, EFFECTS)
  const left = await single(site, `${LEFT} and task <> 'fault.deadly'`)
  const repeated = await single(site, REPEATED)
  const parked = await single(site, `${PARKED} and task <> 'fault.deadly'`)
  return failing(
    found + left !== jobs && `${jobs - found - left} of ${jobs} lost`,
    left > 0 && `${left} of ${jobs} not done in time`,
    repeated > 0 && `${repeated} effects repeated`,
    parked > 0 && `${parked} wrongly parked`
  )
}

/** The failures that are not undefined or false. */
export const failing = (...found: (string | false | undefined)[]): string[] => found.filter(one => typeof one === 'string')

/** Writes so many jobs at once. */
export const FILL = `insert into kernel_message (id, task, payload, due_at, created_at)
  select gen_random_uuid(), 'fault.work', json_build_object('n', n), '-infinity', now() from generate_series(1, $1::int) n`
