// Faults of real processes: `node dist/test/system/faults.js [--long]` prints a table; faults.test.ts runs the short form.
import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import pg from 'pg'
import { startProxy, type Proxy } from '../plugins/proxy.ts'
import { care, configFile, emptyDatabase, root, start, type Running } from './deployment.ts'

export const BACKENDS = ['postgres', 'redis', 'rabbitmq'] as const
export type Backend = (typeof BACKENDS)[number]

/** One line of the table: what was done, what came of it, and everything that is not as promised. */
export interface Finding {
  readonly test: string
  readonly backend: Backend
  readonly facts: string
  readonly failures: readonly string[]
  readonly seconds: number
}

interface Sizes {
  readonly jobs: number
  readonly killEveryMs: number
  readonly outageSeconds: number
  readonly writesPerSecond: number
  readonly crashes: number
  readonly ticks: number
  readonly freezeSeconds: number
  readonly loadSeconds: number
}

export const SHORT: Sizes = {
  jobs: 400,
  killEveryMs: 500,
  outageSeconds: 3,
  writesPerSecond: 60,
  crashes: 2,
  ticks: 8,
  freezeSeconds: 4,
  loadSeconds: 3
}
export const LONG: Sizes = {
  jobs: 10_000,
  killEveryMs: 250,
  outageSeconds: 60,
  writesPerSecond: 200,
  crashes: 200,
  ticks: 60,
  freezeSeconds: 30,
  loadSeconds: 15
}

const PLUGIN = join(root, 'dist/test/system/fault-plugin.js')
const PROCESS = join(root, 'dist/test/system/fault-process.js')
const ADDRESSES: Record<Backend, string> = {
  postgres: process.env.DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres',
  redis: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379',
  rabbitmq: process.env.AMQP_URL ?? 'amqp://guest:guest@127.0.0.1:5672'
}

/** A deployment of the fault plugin on a fresh database, its broker behind a proxy. */
interface Site {
  readonly config: string
  readonly env: NodeJS.ProcessEnv
  readonly proxy: Proxy
  sql<Row = { count: number }>(text: string, values?: unknown[]): Promise<Row[]>
  spawn(role: string, ...args: string[]): Promise<ChildProcess>
  close(): Promise<void>
}

async function openSite(backend: Backend, ticking = false): Promise<Site> {
  const database = await emptyDatabase()
  const address = new URL(backend === 'postgres' ? database.url : ADDRESSES[backend])
  const proxy = await startProxy(address.hostname, Number(address.port))
  address.hostname = '127.0.0.1'
  address.port = String(proxy.port)
  const prefix = `fault-${randomBytes(4).toString('hex')}`
  const queue =
    backend === 'rabbitmq'
      ? { use: 'queue-rabbitmq', url: address.href, prefix: `${prefix}.` }
      : { use: 'queue-bullmq', url: address.href, prefix, lockSeconds: 2 }
  const config = configFile(database.url, [PLUGIN], {
    gateways: { database: { use: 'database-postgres', url: database.url, poolSize: 12 }, queue },
    server: { port: 0, stopSeconds: 20 },
    log: { level: 'silent' }
  })
  const env = { FAULT_FOLDER: mkdtempSync(join(tmpdir(), 'care-fault-')), ...(ticking ? { FAULT_TICK: '1' } : {}) }
  await care(['migrate', '--config', config], env)
  const pool = new pg.Pool({ connectionString: database.url, max: 2 })
  pool.on('error', () => undefined)
  const children = new Set<ChildProcess>()
  return {
    config,
    env,
    proxy,
    sql: async <Row>(text: string, values: unknown[] = []) => (await pool.query(text, values)).rows as Row[],
    async spawn(role, ...args) {
      const child = spawn(process.execPath, ['--max-semi-space-size=4', PROCESS, role, config, ...args], {
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
    }
  }
}

const isUp = ({ exitCode, signalCode }: ChildProcess) => exitCode === null && signalCode === null

/** Keeps so many processes of a role running, whatever kills them. `up` gives those that work, the oldest first. */
function keepUp(site: Site, role: string, count: number): { up(): ChildProcess[]; end(): Promise<void> } {
  const ready = new Set<ChildProcess>()
  let ended = false
  const keepers = Array.from({ length: count }, async () => {
    while (!ended) {
      const child = await site.spawn(role)
      if (ended) child.kill('SIGKILL')
      if (!isUp(child)) continue
      ready.add(child)
      await new Promise(resolve => child.once('exit', resolve))
      ready.delete(child)
    }
  })
  return {
    up: () => [...ready].filter(isUp),
    async end() {
      ended = true
      for (const child of ready) child.kill('SIGKILL')
      await Promise.all(keepers)
    }
  }
}

async function until(holds: () => Promise<boolean>, seconds: number): Promise<boolean> {
  for (const end = performance.now() + seconds * 1000; performance.now() < end; await wait(100)) if (await holds()) return true
  return false
}

const single = async (site: Site, text: string): Promise<number> => Number((await site.sql(text))[0]?.count ?? 0)
const LEFT = `select count(*) from kernel_message where state <> 'done'`
const EFFECTS = 'select count(distinct n) from fault_effect'
const REPEATED = 'select count(*) - count(distinct n) as count from fault_effect'

/** What is wrong with the effects of `jobs` jobs. */
async function effects(site: Site, jobs: number): Promise<string[]> {
  const found = await single(site, EFFECTS)
  const repeated = await single(site, REPEATED)
  const parked = await single(site, `select count(*) from kernel_message where state = 'parked'`)
  return [
    ...(found === jobs ? [] : [`${jobs - found} of ${jobs} lost`]),
    ...(repeated === 0 ? [] : [`${repeated} effects repeated`]),
    ...(parked === 0 ? [] : [`${parked} wrongly parked`])
  ]
}

const FILL = `insert into kernel_message (id, task, payload, due_at, created_at)
  select gen_random_uuid(), 'fault.work', json_build_object('n', n), '-infinity', now() from generate_series(1, $1::int) n`

type Test = (backend: Backend, sizes: Sizes) => Promise<{ facts: string; failures: string[] }>

/** A worker of several is killed at random, again and again, until every job is done (field test 1); with them a job that kills whoever takes it (3). */
const killedWorkers: Test = async (backend, { jobs, killEveryMs }) => {
  const site = await openSite(backend)
  try {
    await site.sql(FILL, [jobs])
    await site.sql(
      `insert into kernel_message (id, task, payload, due_at, created_at) values (gen_random_uuid(), 'fault.deadly', '{"n":0}', '-infinity', now())`
    )
    const crew = keepUp(site, 'worker', 4)
    let ended = false
    let kills = 0
    const killer = (async () => {
      while (!ended) {
        await wait(killEveryMs)
        const up = crew.up()
        const victim = up[Math.floor(Math.random() * up.length)]
        // One is left, or on a slow machine all would die while they start.
        if (up.length > 1 && victim?.kill('SIGKILL')) kills++
      }
    })()
    const done = await until(async () => (await single(site, `${LEFT} and task = 'fault.work'`)) === 0, jobs < 1000 ? 150 : 900)
    const deadly = await until(async () => (await single(site, `${LEFT} and state <> 'parked'`)) === 0, 90)
    ended = true
    await killer
    await crew.end()
    const [poison] = await site.sql<{ reason: string; attempts: number }>(
      `select reason, attempts from kernel_message where task = 'fault.deadly'`
    )
    const attempts = await single(site, `select sum(attempts) - count(*) as count from kernel_message where task = 'fault.work'`)
    const failures = (await effects(site, jobs)).filter(failure => failure !== '1 wrongly parked')
    return {
      facts: `${jobs} jobs, ${kills} kills, ${attempts} begun again; the deadly job parked after ${poison?.attempts} attempts`,
      failures: [
        ...(done ? [] : ['not done in time']),
        ...failures,
        ...(deadly && poison?.reason === 'crashed' ? [] : [`the deadly job is ${poison?.reason ?? 'not parked'}`]),
        ...(attempts <= kills * 4 * 10 ? [] : [`${attempts} begun again after ${kills} kills`])
      ]
    }
  } finally {
    await site.close()
  }
}

/** Posts numbered writes at a steady rate; the statuses that were not 201, and how many were. */
async function write(
  servers: () => Running[],
  from: number,
  perSecond: number,
  seconds: number,
  open = new Map<Running, number>()
): Promise<{ written: number; refused: string[] }> {
  const refused: string[] = []
  let written = 0
  const running: Promise<void>[] = []
  const begin = performance.now()
  for (let n = 0; n < perSecond * seconds; n++) {
    const pause = begin + (n * 1000) / perSecond - performance.now()
    if (pause > 0) await wait(pause)
    running.push(post(n))
  }
  await Promise.all(running)
  return { written, refused }

  /** As a proxy does: another server where one takes no connection. */
  async function post(n: number): Promise<void> {
    const [first, ...others] = n % 2 === 0 ? servers() : servers().reverse()
    for (const server of [first, ...others]) {
      if (!server) continue
      open.set(server, (open.get(server) ?? 0) + 1)
      try {
        const answer = await fetch(`${server.url}/api/v1/fault/`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ n: from + n })
        })
        await answer.text()
        if (answer.status === 201) written++
        else refused.push(`${answer.status}`)
        return
      } catch (error) {
        const { code } = ((error as Error).cause ?? {}) as { code?: string }
        if (code !== 'ECONNREFUSED') return void refused.push(code ?? (error as Error).message)
      } finally {
        open.set(server, (open.get(server) ?? 1) - 1)
      }
    }
    refused.push('no server')
  }
}

/** The broker is away while requests write (4), and comes and goes (2). */
const brokerAway: Test = async (backend, { outageSeconds, writesPerSecond }) => {
  const site = await openSite(backend)
  const server = await start(site.config, [], site.env)
  try {
    const before = await write(() => [server], 0, writesPerSecond, 1)
    const back = await site.proxy.refuse()
    const writing = write(() => [server], 1_000_000, writesPerSecond, outageSeconds)
    await wait(1500)
    const ready = (await (await fetch(`${server.url}/health/ready`)).json()) as { status: string }
    const during = await writing
    await back()
    const jobs = before.written + during.written
    const from = performance.now()
    const done = await until(async () => (await single(site, LEFT)) === 0, 30)
    const took = (performance.now() - from) / 1000
    let more = 0
    for (let cut = 0; cut < 5; cut++) {
      const again = await site.proxy.refuse()
      more += (await write(() => [server], 2_000_000 + cut * 1000, writesPerSecond, 0.5)).written
      await again()
      more += (await write(() => [server], 3_000_000 + cut * 1000, writesPerSecond, 0.5)).written
    }
    const doneAgain = await until(async () => (await single(site, LEFT)) === 0, 60)
    return {
      facts: `${during.written} writes in ${outageSeconds} s without a broker, done ${took.toFixed(1)} s after its return; ${more} writes through five cuts`,
      failures: [
        ...(during.refused.length === 0 ? [] : [`${during.refused.length} requests failed: ${during.refused[0]}`]),
        ...(ready.status === 'degraded' ? [] : [`readiness says ${ready.status}`]),
        ...(done ? [] : ['not done within 30 s']),
        ...(doneAgain ? [] : ['not done after five cuts']),
        ...(await effects(site, jobs + more))
      ]
    }
  } finally {
    await server.stop()
    await site.close()
  }
}

/** Processes die between commit and publication; relays die with a lease in hand (5). */
const crashBeforePublication: Test = async (backend, { crashes }) => {
  const site = await openSite(backend)
  try {
    const AT_ONCE = 4
    for (let first = 1; first <= crashes; first += AT_ONCE)
      await Promise.all(
        Array.from({ length: Math.min(AT_ONCE, crashes - first + 1) }, (_, index) => site.spawn('writer', String(first + index)))
      )
    const written = await single(site, 'select count(*) from kernel_message')
    await site.sql(
      `update kernel_message set due_at = now() + interval '5 seconds' where ctid in (select ctid from kernel_message limit $1)`,
      [Math.ceil(crashes / 2)]
    )
    await site.spawn('worker')
    const done = await until(async () => (await single(site, LEFT)) === 0, 40)
    return {
      facts: `${crashes} crashes after the commit, ${Math.ceil(crashes / 2)} in a dead relay's hands`,
      failures: [
        ...(written === crashes ? [] : [`${crashes - written} writers failed`]),
        ...(done ? [] : ['not done in time']),
        ...(await effects(site, crashes))
      ]
    }
  } finally {
    await site.close()
  }
}

/** Three schedulers, one of them killed every 1.5 s, one frozen for a while (6). */
const schedulers: Test = async (backend, { ticks, freezeSeconds }) => {
  const site = await openSite(backend, true)
  try {
    await site.spawn('worker')
    let kills = 0
    const crew = keepUp(site, 'scheduler', 3)
    await until(async () => crew.up().length === 3, 60)
    const frozen = await site.spawn('scheduler')
    const [{ since } = { since: '' }] = await site.sql<{ since: string }>('select now()::text as since')
    frozen.kill('SIGSTOP')
    const thaw = setTimeout(() => frozen.kill('SIGCONT'), freezeSeconds * 1000)
    const end = performance.now() + ticks * 1000 + 500
    while (performance.now() < end) {
      await wait(1500)
      const up = crew.up()
      if (up.length > 1 && up[0]?.kill('SIGKILL')) kills++
    }
    clearTimeout(thaw)
    frozen.kill('SIGCONT')
    await wait(1500)
    await crew.end()
    frozen.kill('SIGKILL')
    await until(async () => (await single(site, LEFT)) === 0, 30)
    const due = await site.sql<{ due: string }>(
      `select due_at::text as due from kernel_schedule_run where due_at > $1::timestamptz and due_at <= $1::timestamptz + $2 * interval '1 second' order by due_at`,
      [since, ticks]
    )
    const repeated = await single(site, REPEATED)
    const runs = await single(site, `select count(*) from kernel_schedule_run where due_at > '-infinity'`)
    return {
      facts: `${due.length} of ${ticks} ticks, ${kills} kills, one frozen for ${freezeSeconds} s`,
      failures: [
        ...(due.length === ticks ? [] : [`${ticks - due.length} ticks missing`]),
        ...(repeated === 0 ? [] : [`${repeated} ticks run twice`]),
        ...((await single(site, EFFECTS)) === runs ? [] : ['a tick without its effect'])
      ]
    }
  } finally {
    await site.close()
  }
}

/** A worker freezes with jobs in hand until their time is over, others take them, it comes back (6). */
const frozenWorker: Test = async (backend, { freezeSeconds }) => {
  const site = await openSite(backend)
  try {
    const jobs = 2000
    const first = await site.spawn('worker')
    await site.sql(FILL, [jobs])
    await until(async () => (await single(site, `select count(*) from fault_effect`)) > 0, 10)
    first.kill('SIGSTOP')
    await site.spawn('worker')
    await wait(freezeSeconds * 1000)
    const meanwhile = await single(site, EFFECTS)
    first.kill('SIGCONT')
    const done = await until(async () => (await single(site, LEFT)) === 0, 60)
    return {
      facts: `${meanwhile} of ${jobs} done by the other one within ${freezeSeconds} s`,
      failures: [...(done ? [] : ['not done in time']), ...(await effects(site, jobs))]
    }
  } finally {
    await site.close()
  }
}

/** SIGTERM under load, behind a proxy that takes the server out first, as orchestrators do, and has another one (8). */
const stopUnderLoad: Test = async (backend, { loadSeconds, writesPerSecond }) => {
  const site = await openSite(backend)
  const servers = [await start(site.config, [], site.env), await start(site.config, [], site.env)]
  try {
    const routed = [...servers]
    const open = new Map<Running, number>()
    const writing = write(() => [...routed], 0, writesPerSecond, loadSeconds, open)
    await wait(loadSeconds * 400)
    const [leaving] = routed.splice(0, 1)
    await until(async () => leaving !== undefined && open.get(leaving) === 0, 20)
    const from = performance.now()
    const code = await leaving?.stop()
    const took = (performance.now() - from) / 1000
    const { written, refused } = await writing
    const done = await until(async () => (await single(site, LEFT)) === 0, 30)
    return {
      facts: `${written} writes, stopped in ${took.toFixed(1)} s`,
      failures: [
        ...(code === 0 ? [] : [`ended with ${code}`]),
        ...(took <= 30 ? [] : ['took longer than 30 s']),
        ...(refused.length === 0 ? [] : [`${refused.length} requests failed: ${refused[0]}`]),
        ...(done ? [] : ['not done in time']),
        ...(await effects(site, written))
      ]
    }
  } finally {
    await servers[1]?.stop()
    await site.close()
  }
}

export const TESTS: Readonly<Record<string, Test>> = {
  'workers killed at random': killedWorkers,
  'broker away': brokerAway,
  'crash between commit and publication': crashBeforePublication,
  'schedulers killed and frozen': schedulers,
  'worker frozen': frozenWorker,
  'stop under load': stopUnderLoad
}

/** Runs one test on one backend. */
export async function runFault(test: string, backend: Backend, sizes: Sizes): Promise<Finding> {
  const from = performance.now()
  const { facts, failures } = await (TESTS[test] as Test)(backend, sizes)
  return { test, backend, facts, failures, seconds: Math.round((performance.now() - from) / 1000) }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const options = process.argv.slice(2)
  const sizes = options.includes('--long') ? LONG : SHORT
  const asked = options.filter(option => !option.startsWith('--'))
  const named = (name: string) => asked.length === 0 || asked.some(word => name.includes(word))
  let failed = false
  for (const test of Object.keys(TESTS))
    for (const backend of BACKENDS) {
      if (!named(`${test} ${backend}`)) continue
      const { facts, failures, seconds } = await runFault(test, backend, sizes)
      failed ||= failures.length > 0
      console.log(
        `${failures.length > 0 ? 'FAIL' : 'ok  '}  ${test.padEnd(38)} ${backend.padEnd(9)} ${String(seconds).padStart(4)} s  ${[facts, ...failures].join('; ')}`
      )
    }
  process.exit(failed ? 1 : 0)
}
