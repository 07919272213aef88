// A deployment with the first three plugins: how long its command line and its start take, and what memory its web processes hold
// after a million requests of four kinds. Needs what `npm run bench` needs. Prints a table; asserts nothing.
// BENCH_REQUESTS (1000000), BENCH_PROCESSES (1; more need Redis), BENCH_SECONDS of each round (20).
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { HEAP } from '../platform/cli/processes.ts'
import { launcher, run, start } from '../test/system/deployment.ts'
import { firstCases } from './cases.ts'
import { makeDistrict } from './district.ts'
import { childrenOf, cpuOf, memoryOf } from './process.ts'

const { BENCH_REQUESTS = '1000000', REDIS_URL = 'redis://127.0.0.1:6379' } = process.env
const PROCESSES = Number(process.env.BENCH_PROCESSES ?? 1)
const PLUGINS = ['auth-permissions', 'places', 'facilities']
const KINDS = ['ping', 'current user', 'facility list', 'facility detail']
const SECONDS = Number(process.env.BENCH_SECONDS ?? 20)

const timed = async <T>(work: () => Promise<T>): Promise<readonly [T, string]> => {
  const from = performance.now()
  const result = await work()
  return [result, `${((performance.now() - from) / 1000).toFixed(2)} s`]
}

const district = await makeDistrict({ patients: 0, shifts: 0 }, PLUGINS)
try {
  const config = parse(readFileSync(district.config, 'utf8')) as { server: object; gateways: object }
  const server = { ...config.server, processes: PROCESSES }
  const gateways = PROCESSES > 1 ? { ...config.gateways, cache: { use: 'cache-redis', url: REDIS_URL } } : config.gateways
  writeFileSync(district.config, stringify({ ...config, server, gateways }))
  console.log(
    'plan, no database:',
    (await timed(() => run(process.execPath, [launcher, 'plan', '--config', district.config])))[1]
  )
  const [running, took] = await timed(() => start(district.config, [], { NODE_OPTIONS: HEAP.join(' ') }))
  console.log('start until serving:', took)
  try {
    const children = childrenOf(running.child.pid ?? 0)
    const webs = children.length > 0 ? children : [running.child.pid ?? 0]
    const cases = (await firstCases(running.url)).filter(({ name }) => KINDS.includes(name))
    const script = join(mkdtempSync(join(tmpdir(), 'care-bench-')), 'wrk.lua')
    writeFileSync(
      script,
      `local n = 0
local requests = {${cases.map(({ path, token }) => `{ '${path}', { ['Authorization'] = 'Bearer ${token}' } }`).join(', ')}}
request = function() n = n + 1; local r = requests[n % #requests + 1]; return wrk.format('GET', r[1], r[2]) end
done = function(summary) io.write('RESULT ' .. summary.requests .. ' ' .. (summary.errors.status + summary.errors.read + summary.errors.timeout) .. '\\n') end`
    )
    console.log(['requests', 'errors', 'req/s', 'Node µs', 'MB of each web process'].map(text => text.padStart(10)).join(''))
    for (let done = 0, failed = 0; done < Number(BENCH_REQUESTS);) {
      const before = cpuOf(webs)
      const { output } = await run('wrk', ['-t1', '-c16', `-d${SECONDS}s`, '-s', script, running.url])
      const [requests = 0, errors = 0] = (/RESULT (\d+) (\d+)/.exec(output) ?? []).slice(1).map(Number)
      if (requests === 0) throw new Error(output)
      done += requests
      failed += errors
      const cells = [done, failed, Math.round(requests / SECONDS), Math.round(((cpuOf(webs) - before) * 1e6) / requests)]
      console.log(
        cells.map(cell => String(cell).padStart(10)).join('') + `   ${webs.map(pid => memoryOf(pid).toFixed(0)).join(', ')}`
      )
    }
  } finally {
    await running.stop()
  }
} finally {
  await district.drop()
}
