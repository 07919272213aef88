import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../test/system/deployment.ts'
import { atPace, percentile } from '../test/system/load.ts'
import { cpuOf, memoryOf } from './process.ts'

export const SECONDS = Number(process.env.BENCH_SECONDS ?? 3)
/** Of reads the run in which Node needed least is told: what else happens on a machine only adds. Writes run once: they leave work behind. */
const RUNS = Number(process.env.BENCH_RUNS ?? 3)
const CONNECTIONS = 16
const WARM_UP_SECONDS = 5

/** One kind of request. `{n}` in path and body is a number that no two requests share, `{a|b|c}` one of them in turn. */
export interface Case {
  readonly name: string
  readonly method?: 'GET' | 'POST' | 'PATCH'
  readonly path: string
  readonly body?: object
  readonly token: string
  /** Whether the same SQL alone is worth comparing with. */
  readonly reads?: boolean
  /** Without this plugin there is nothing to measure. */
  readonly plugin?: string
}

/** What a load of 16 connections measured; CPU in µs per request. */
export interface Measured {
  readonly rate: number
  readonly p50: number
  readonly p99: number
  readonly node: number
  readonly postgres: number
  readonly memory: number
  readonly errors: number
}

/** The path and body of the `index`th request. */
export function written(text: string, index: number): string {
  return text.replaceAll('{n}', String(index).padStart(8, '0')).replace(/\{([^{}"]*\|[^{}"]*)\}/g, (_, choices: string) => {
    const all = choices.split('|')
    return all[index % all.length] ?? ''
  })
}

/** Loads the server with one case, after it has seen enough of it to be compiled: what it costs in the long run. */
export async function measure(url: string, entry: Case, pid: number, databaseUrl: string): Promise<Measured> {
  const script = join(mkdtempSync(join(tmpdir(), 'care-bench-')), 'wrk.lua')
  writeFileSync(script, lua(entry))
  const wrk = (seconds: number) => run('wrk', ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '-s', script, url])
  await wrk(WARM_UP_SECONDS)
  const runs: Measured[] = []
  for (let count = 0; count < (entry.reads ? RUNS : 1); count++) {
    const backends = await backendsOf(databaseUrl)
    const before = [cpuOf([pid]), cpuOf(backends)] as const
    const { output } = await wrk(SECONDS)
    const after = [cpuOf([pid]), cpuOf(backends)] as const
    const [requests = 0, duration = 1, p50 = 0, p99 = 0, errors = 0] = (/RESULT (.*)/.exec(output)?.[1] ?? '')
      .split(' ')
      .map(Number)
    runs.push({
      rate: requests / (duration / 1e6),
      p50: p50 / 1000,
      p99: p99 / 1000,
      node: ((after[0] - before[0]) * 1e6) / requests,
      postgres: ((after[1] - before[1]) * 1e6) / requests,
      memory: memoryOf(pid),
      errors
    })
  }
  return runs.reduce((best, one) => (one.node < best.node ? one : best))
}

/** Milliseconds of an answer at so many requests per second, each sent at its time whether or not those before it were answered. */
export async function paced(url: string, { path, token }: Case, perSecond: number): Promise<{ p50: number; p99: number }> {
  const took: number[] = []
  await atPace(
    perSecond,
    n => n < perSecond * SECONDS,
    async (n, due) => {
      const answer = await fetch(url + written(path, n), { headers: { authorization: `Bearer ${token}` } })
      await answer.arrayBuffer()
      took.push(performance.now() - due)
    }
  )
  return { p50: percentile(took, 0.5), p99: percentile(took, 0.99) }
}

/** A program for wrk. Numbers begin where no earlier run of it ended. */
function lua({ method = 'GET', path, body, token }: Case): string {
  const text = (value: string) => `[==[${value}]==]`
  return `local n = os.time() % 100000 * 1000
local path, body = ${text(path)}, ${body ? text(JSON.stringify(body)) : 'nil'}
local headers = { ['Content-Type'] = 'application/json'${token ? `, ['Authorization'] = 'Bearer ${token}'` : ''} }
local known = {}
local function choose(choices)
  local all = known[choices]
  if not all then
    all = {}
    for choice in choices:gmatch('[^|]+') do all[#all + 1] = choice end
    known[choices] = all
  end
  return all[n % #all + 1]
end
local function write(given)
  return (given:gsub('{n}', string.format('%08d', n)):gsub('{([^{}"]*|[^{}"]*)}', choose))
end
request = function()
  n = n + 1
  return wrk.format('${method}', write(path), headers, body and write(body))
end
done = function(summary, latency) io.write(string.format('RESULT %d %d %d %d %d\\n', summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), summary.errors.status + summary.errors.read + summary.errors.timeout)) end`
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

/** The time and size of one long answer, and how much more memory the server held at most while it was read. */
export async function stream(url: string, token: string, pid: number) {
  const before = memoryOf(pid)
  const from = performance.now()
  const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
  if (!answer.ok || !answer.body) throw new Error(`${url} answered ${answer.status}`)
  let [rows, most] = [-1, before]
  let look = 0
  for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
    for (const byte of chunk) if (byte === 10) rows++
    if (look++ % 20 === 0) most = Math.max(most, memoryOf(pid))
  }
  return { rows, seconds: (performance.now() - from) / 1000, extra: most - before }
}
