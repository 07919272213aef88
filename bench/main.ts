// Measures a district: requests per second and CPU per request of a running server, and the same SQL alone under pgbench.
// Needs a PostgreSQL server (DATABASE_URL), psql, pgbench, wrk, and ../shared for the data. Prints a table; asserts nothing.
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openKernel, planKernel, systemClock } from '../kernel/index.ts'
import { readConfig } from '../kernel/config/read.ts'
import { makeLogger } from '../kernel/ports/logger.ts'
import { care, configFile, emptyDatabase, root, run, sql, start } from '../test/system/deployment.ts'
import { cpuOf, memoryOf } from './process.ts'

const shared = process.env.CARE_CONTRACT ?? join(root, '../shared')
const PLUGINS = ['auth-permissions', 'places', 'facilities']
const SECONDS = Number(process.env.BENCH_SECONDS ?? 5)
const CONNECTIONS = 16
const FACILITY = {
  name: 'Bench Hospital',
  facility_type: 'Private Hospital',
  address: '1 Bench Road',
  state: 1,
  district: 7,
  local_body: 20,
  phone_number: '+919876543210',
  features: []
}

interface Case {
  readonly name: string
  readonly path: string
  readonly body?: object
  /** Whether the same SQL alone is worth comparing with. */
  readonly reads?: boolean
}

if (!existsSync(shared)) throw new Error(`the data is not at ${shared}`)
for (const tool of ['wrk', 'psql', 'pgbench'])
  if ((await run('which', [tool])).code !== 0) throw new Error(`${tool} is not installed`)

const database = await emptyDatabase()
try {
  const config = configFile(database.url, PLUGINS)
  await sql(database.url, readFileSync(join(shared, 'contract/schema.sql'), 'utf8'))
  await care(['migrate', '--config', config, '--adopt'])
  await care([
    'load',
    '--config',
    config,
    ...['states', 'reference', 'users', 'facility'].map(name => join(shared, `data/original/${name}.json`))
  ])
  const grown = await run('psql', [
    database.url,
    '-q',
    '-v',
    'patients=0',
    '-v',
    'shifts=0',
    '-f',
    join(shared, 'bench/scale.sql')
  ])
  if (grown.code !== 0) throw new Error(grown.output)
  await sql(database.url, 'vacuum analyze')

  const server = await start(config, [], { NODE_OPTIONS: '--max-semi-space-size=4' })
  try {
    const login = { username: 'devdistrictadmin', password: 'Coronasafe@123' }
    const { access } = (await (
      await fetch(`${server.url}/api/v1/auth/login/`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(login)
      })
    ).json()) as { access: string }
    const page = (await (
      await fetch(`${server.url}/api/v1/facility/`, { headers: { authorization: `Bearer ${access}` } })
    ).json()) as { results: { id: string }[] }
    const cases: Case[] = [
      { name: 'ping', path: '/ping/' },
      { name: 'current user', path: '/api/v1/users/getcurrentuser/', reads: true },
      { name: 'facility list', path: '/api/v1/facility/', reads: true },
      { name: 'facility detail', path: `/api/v1/facility/${page.results[0]?.id}/`, reads: true },
      { name: 'facility create', path: '/api/v1/facility/', body: FACILITY },
      { name: 'login', path: '/api/v1/auth/login/', body: login }
    ]
    const alone = await statementsOf(
      config,
      cases.filter(({ reads }) => reads),
      login.username
    )
    console.log(
      `${'case'.padEnd(16)}${['req/s', 'p50 ms', 'p99 ms', 'Node µs', 'PG µs', 'SQL tps', 'ratio', 'RSS MB', 'errors'].map(text => text.padStart(9)).join('')}`
    )
    for (const entry of cases) {
      const measured = await measure(server.url, entry, access, server.child.pid ?? 0, database.url)
      const tps = alone.get(entry.name)
      const cells = [
        measured.rate.toFixed(0),
        measured.p50,
        measured.p99,
        measured.node.toFixed(0),
        measured.postgres.toFixed(0),
        tps?.toFixed(0) ?? '',
        tps ? (measured.rate / tps).toFixed(2) : '',
        measured.memory.toFixed(0),
        String(measured.errors)
      ]
      console.log(entry.name.padEnd(16) + cells.map(text => text.padStart(9)).join(''))
    }
  } finally {
    await server.stop()
  }
} finally {
  await database.drop()
}

async function measure(url: string, { path, body }: Case, token: string, pid: number, databaseUrl: string) {
  const script = join(mkdtempSync(join(tmpdir(), 'care-bench-')), 'wrk.lua')
  writeFileSync(
    script,
    `${body ? `wrk.method = 'POST'\nwrk.body = [[${JSON.stringify(body)}]]\nwrk.headers['Content-Type'] = 'application/json'\n` : ''}${path.includes('login') ? '' : `wrk.headers['Authorization'] = 'Bearer ${token}'\n`}
done = function(summary, latency) io.write(string.format('RESULT %d %d %d %d %d\\n', summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), summary.errors.status + summary.errors.read + summary.errors.timeout)) end`
  )
  const wrk = (seconds: number) => run('wrk', ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '-s', script, `${url}${path}`])
  await wrk(1)
  const backends = await backendsOf(databaseUrl)
  const before = [cpuOf([pid]), cpuOf(backends)] as const
  const { output } = await wrk(SECONDS)
  const after = [cpuOf([pid]), cpuOf(backends)] as const
  const [requests = 0, duration = 1, p50 = 0, p99 = 0, errors = 0] = (/RESULT (.*)/.exec(output)?.[1] ?? '')
    .split(' ')
    .map(Number)
  return {
    rate: requests / (duration / 1e6),
    p50: (p50 / 1000).toFixed(1),
    p99: (p99 / 1000).toFixed(1),
    errors,
    memory: memoryOf(pid),
    node: ((after[0] - before[0]) * 1e6) / requests,
    postgres: ((after[1] - before[1]) * 1e6) / requests
  }
}

/** Process ids of the server's connections, where it runs on this machine. */
async function backendsOf(url: string): Promise<number[]> {
  const { output } = await run('psql', [
    url,
    '-Atc',
    `select pid from pg_stat_activity where datname = current_database() and application_name like 'care-kernel%'`
  ])
  return output.trim().split('\n').map(Number)
}

/** Runs each case in this process to learn its SQL, then measures that SQL alone with pgbench; transactions per second by case. */
async function statementsOf(config: string, cases: readonly Case[], username: string): Promise<Map<string, number>> {
  const kernel = await openKernel(await planKernel({ raw: readConfig(config, process.env, []) }), {
    logger: makeLogger('silent', {}),
    clock: systemClock()
  })
  const rates = new Map<string, number>()
  try {
    await kernel.start('web')
    const { pool } = kernel.ports.database ?? {}
    if (!pool) return rates
    const login = await kernel.app.inject({
      method: 'POST',
      url: '/api/v1/auth/login/',
      payload: { username, password: 'Coronasafe@123' }
    })
    const headers = { authorization: `Bearer ${login.json<{ access: string }>().access}` }
    for (const { name, path } of cases) {
      await kernel.app.inject({ url: path, headers })
      const original = pool.query.bind(pool)
      const seen: { text: string; values?: unknown[] }[] = []
      Object.assign(pool, {
        query: (given: { text: string; values?: unknown[] }) => {
          seen.push(given)
          return original(given)
        }
      })
      await kernel.app.inject({ url: path, headers })
      Object.assign(pool, { query: original })
      rates.set(
        name,
        await pgbench(
          kernel.ports.database?.url ?? '',
          seen.map(({ text, values = [] }) => `${inline(text, values)};`).join('\n')
        )
      )
    }
    return rates
  } finally {
    await kernel.stop()
  }
}

async function pgbench(url: string, script: string): Promise<number> {
  const file = join(mkdtempSync(join(tmpdir(), 'care-bench-')), 'script.sql')
  // A colon before a letter is a variable to pgbench: texts that hold one are written in two parts, which the planner joins.
  writeFileSync(
    file,
    script
      .replace(/(?<!:):(?=[A-Za-z])/g, ":'||'")
      .replace(/\n\s*/g, ' ')
      .replaceAll(';', ';\n')
  )
  const { output } = await run(
    'pgbench',
    [url, '-n', '-M', 'prepared', '-c', '8', '-j', '1', '-T', String(SECONDS), '-f', file],
    { env: { PGOPTIONS: '-c plan_cache_mode=force_generic_plan -c jit=off -c TimeZone=Asia/Kolkata' } }
  )
  const tps = /tps = ([\d.]+)/.exec(output)?.[1]
  if (tps === undefined) throw new Error(`pgbench: ${output.slice(0, 2000)}`)
  return Number(tps)
}

function inline(text: string, values: readonly unknown[]): string {
  return text.replace(/\$(\d+)/g, (_, index: string) => literal(values[Number(index) - 1]))
}

function literal(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  const text = Array.isArray(value) ? `{${value.join(',')}}` : typeof value === 'string' ? value : JSON.stringify(value)
  return `'${text.replaceAll("'", "''")}'`
}
