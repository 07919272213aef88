// Measures a district: requests per second and CPU per request of a running server, and the same SQL alone under pgbench.
// Needs a PostgreSQL server (DATABASE_URL), psql, pgbench, wrk, and ../shared for the data. Prints a table; asserts nothing.
// BENCH_SECONDS of each run (3), BENCH_RUNS of a read (3, the one that cost Node least is told), BENCH_PATIENTS (100000, without
// their plugins 0), BENCH_SHIFTS (20000), BENCH_ONLY (parts of the names of cases, separated by commas), BENCH_PLUGINS (all).
import { HEAP } from '../platform/cli/processes.ts'
import { FEATURES, run, start } from '../test/system/deployment.ts'
import { bare, pgbench } from './alone.ts'
import { casesOf, firstCases } from './cases.ts'
import { makeDistrict } from './district.ts'
import { measure, paced, stream, written, type Case } from './measure.ts'
import { learn } from './statements.ts'
import { notificationLatency } from './notification-latency.ts'

const PLUGINS = process.env.BENCH_PLUGINS?.split(',') ?? FEATURES
const whereOn = (plugin: string, count: string) => (PLUGINS.includes(plugin) ? count : '0')
const {
  BENCH_PATIENTS = whereOn('consultations', '100000'),
  BENCH_SHIFTS = whereOn('shifting', '20000'),
  BENCH_ONLY = ''
} = process.env
const ONLY = BENCH_ONLY.split(',')
/** Requests per second of a busy district, and far below what the server can do. */
const PACE = 125
const COLUMNS = ['req/s', 'p50 ms', 'p99 ms', 'Node µs', 'bare µs', 'PG µs', 'SQL tps', 'ratio', 'RSS MB', 'errors']
const row = (name: string, cells: readonly string[]) =>
  console.log(name.padEnd(24) + cells.map(text => text.padStart(9)).join(''))

for (const tool of ['wrk', 'psql', 'pgbench'])
  if ((await run('which', [tool])).code !== 0) throw new Error(`${tool} is not installed`)

const district = await makeDistrict({ patients: Number(BENCH_PATIENTS), shifts: Number(BENCH_SHIFTS) }, PLUGINS)
try {
  const server = await start(district.config, [], { NODE_OPTIONS: HEAP.join(' ') })
  const pid = server.child.pid ?? 0
  try {
    const cases = PLUGINS.includes('consultations') ? await casesOf(server.url) : await firstCases(server.url)
    const chosen = cases.filter(
      ({ name, plugin }) => ONLY.some(part => name.includes(part)) && (!plugin || PLUGINS.includes(plugin))
    )
    // What was written keeps a server busy for a while: reads come first.
    const [reads, writes] = [chosen.filter(({ reads }) => reads), chosen.filter(({ reads }) => !reads)]
    const { statements, connections } = await learn(district.config, reads)
    row('case', COLUMNS)
    const tell = async (entry: Case) => {
      const { rate, p50, p99, node, postgres, memory, errors } = await measure(server.url, entry, pid, district.url)
      const [statement, ...more] = statements.get(entry.name) ?? []
      const tps = statement && (await pgbench(district.url, [statement, ...more], connections))
      const alone = statement && more.length === 0 ? await bare(district.url, entry, statement, connections) : undefined
      row(entry.name, [
        rate.toFixed(0),
        p50.toFixed(1),
        p99.toFixed(1),
        node.toFixed(0),
        alone?.toFixed(0) ?? '',
        postgres.toFixed(0),
        tps?.toFixed(0) ?? '',
        tps ? (rate / tps).toFixed(2) : '',
        memory.toFixed(0),
        String(errors)
      ])
    }
    for (const entry of reads) await tell(entry)
    for (const list of reads.filter(({ name }) => name === 'patient list')) {
      const { p50, p99 } = await paced(server.url, list, PACE)
      console.log(`${list.name} at ${PACE} requests/s: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`)
      const table = '/api/v1/patient/?csv&date_of_result_after=2023-06-01&date_of_result_before=2023-06-08'
      const { rows, seconds, extra } = await stream(server.url + table, list.token, pid)
      console.log(
        `patient table: ${rows} rows in ${seconds.toFixed(1)} s, ${(rows / seconds).toFixed(0)} rows/s, ${extra.toFixed(0)} MB more`
      )
    }
    for (const entry of writes) await tell(entry)
    const register = PLUGINS.includes('notifications') && chosen.find(({ name }) => name === 'patient register')
    if (register) {
      const latency = await notificationLatency(district.url, () =>
        fetch(server.url + register.path, {
          method: 'POST',
          headers: { authorization: `Bearer ${register.token}`, 'content-type': 'application/json' },
          body: written(JSON.stringify(register.body), 99_999_999)
        })
      )
      console.log(`fifty users notified: the last ${latency.toFixed(0)} ms after the request began`)
    }
  } finally {
    await server.stop()
  }
} finally {
  await district.drop()
}
