// Measures jobs per second from the transaction that enqueues to the committed effect, beside pgbench with the same statements; the cost of
// `enqueue`; the latency until a job starts. `node dist/bench/jobs.js [postgres] [redis] [rabbitmq]`; BENCH_FINISHED: done jobs in the table.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { readConfig } from '../kernel/config/read.ts'
import type { OpenKernel, Tx } from 'care-kernel'
import { openCare, planCare } from 'care-kernel/platform'
import { run } from '../test/system/deployment.ts'
import { allDone, BACKENDS, openSite, type Backend, type Site } from '../test/system/faults/site.ts'
import { percentile } from '../test/system/load.ts'

const { BENCH_JOBS = '6000', BENCH_ROUNDS = '3', BENCH_SECONDS = '8', BENCH_FINISHED = '0' } = process.env
const WRITERS = 16
const SINGLES = 100
const ENQUEUES = 2000

/** Fills the table with done jobs. */
const FINISHED = `insert into kernel_message (id, task, payload, state, due_at, attempts, created_at, started_at, ended_at)
  select gen_random_uuid(), 'fault.nothing', '{"n":1}', 'done', now(), 1, at, at, at
  from generate_series(1, $1::int) n cross join lateral (select now() - ($1 - n) * interval '1 millisecond' as at) _`
/** The statements of one job: insert, claim, and the transaction that marks it done and writes its effect. */
const SAME_STATEMENTS = `begin;
insert into kernel_message (id, task, payload, due_at, priority, created_at) select m.id, m.task, m.payload, 'infinity', 0, now() from unnest(array[gen_random_uuid()], array['fault.alone'], array['{"n":1}'::jsonb]) as m (id, task, payload) on conflict (task, key) where key is not null do nothing returning id \\gset
end;
with mine as (select id from kernel_message where id = :id::uuid and task = 'fault.alone' and state in ('waiting', 'queued') for update skip locked) update kernel_message m set state = 'running', attempts = attempts + 1, key = null, started_at = now(), due_at = now() from mine where m.id = mine.id returning m.id, m.task, m.payload, m.attempts;
begin;
update kernel_message set state = 'done', ended_at = now(), reason = null, error = null where id = :id::uuid and state = 'running';
insert into fault_effect (n) values (:id::text);
end;
`

type Enqueue = (tx: Tx, job: string, payload: object) => Promise<string>

async function pgbench(url: string): Promise<number> {
  const file = join(mkdtempSync(join(tmpdir(), 'care-bench-')), 'job.sql')
  writeFileSync(file, SAME_STATEMENTS)
  const { output } = await run('pgbench', [
    url,
    '-n',
    '-M',
    'prepared',
    '-c',
    String(WRITERS),
    '-j',
    '1',
    '-T',
    BENCH_SECONDS,
    '-f',
    file
  ])
  const tps = /tps = ([\d.]+)/.exec(output)?.[1]
  if (tps === undefined) throw new Error(`pgbench: ${output.slice(0, 1000)}`)
  return Number(tps)
}

function writerOf(kernel: OpenKernel) {
  const { database } = kernel.ports
  const { enqueue } = kernel.scopes.get('fault') as unknown as { enqueue: Enqueue }
  if (!database) throw new Error('the bench needs a database')
  return { database, enqueue: (job: string, n: number) => database.transaction(tx => enqueue(tx, job, { n })) }
}

/** Jobs per second from the first enqueue to the last effect; this process enqueues, another one works. */
async function wholeJobs(site: Site, kernel: OpenKernel, job: string, count: number): Promise<number> {
  const { enqueue } = writerOf(kernel)
  const from = performance.now()
  let next = 0
  const writers = Array.from({ length: WRITERS }, async () => {
    while (next < count) await enqueue(job, next++)
  })
  await Promise.all(writers)
  if (!(await allDone(site, 600))) throw new Error('the jobs were not done in time')
  return (count / (performance.now() - from)) * 1000
}

/** Milliseconds from the commit of a job to its start, ascending, on an idle worker. */
async function startLatencies(site: Site, kernel: OpenKernel): Promise<number[]> {
  const { database } = writerOf(kernel)
  const { enqueue } = kernel.scopes.get('fault') as unknown as { enqueue: Enqueue }
  const ids: string[] = []
  for (let n = 0; n < SINGLES; n++) {
    ids.push(
      await database.transaction(async tx => {
        const id = await enqueue(tx, 'nothing', { n })
        await tx.query(`update kernel_message set created_at = clock_timestamp() where id = $1`, [id])
        return id
      })
    )
    await wait(20 + Math.random() * 10)
  }
  await allDone(site, 60)
  const rows = await site.sql<{ ms: number }>(
    `select (extract(epoch from started_at - created_at) * 1000)::float8 as ms from kernel_message where id = any($1::uuid[]) order by 1`,
    [ids]
  )
  return rows.map(({ ms }) => ms)
}

/** CPU µs and statements that an `enqueue` adds to a transaction with one insert. The minimum of the rounds: other load only adds. */
async function enqueueCost(kernel: OpenKernel): Promise<{ cpu: number; statements: number; bare: number }> {
  const { database } = writerOf(kernel)
  const { enqueue } = kernel.scopes.get('fault') as unknown as { enqueue: Enqueue }
  let row = 0
  const once = (also: boolean) =>
    database.transaction(async tx => {
      await tx.query('insert into fault_write (n) values ($1)', [row++])
      if (also) await enqueue(tx, 'nothing', { n: row })
    })
  const cpuOf = async (also: boolean) => {
    const before = process.cpuUsage()
    for (let n = 0; n < ENQUEUES; n++) await once(also)
    const { user, system } = process.cpuUsage(before)
    return (user + system) / ENQUEUES
  }
  await cpuOf(true)
  const rounds = { with: [] as number[], without: [] as number[] }
  for (let round = 0; round < Number(BENCH_ROUNDS); round++) {
    rounds.without.push(await cpuOf(false))
    rounds.with.push(await cpuOf(true))
  }
  const before = database.statements()
  await once(true)
  const withIt = database.statements() - before
  await once(false)
  const bare = Math.min(...rounds.without)
  return { cpu: Math.min(...rounds.with) - bare, bare, statements: withIt - (database.statements() - before - withIt) }
}

async function measure(backend: Backend): Promise<void> {
  const site = await openSite(backend, { direct: true })
  Object.assign(process.env, site.env)
  const kernel = await openCare(await planCare({ raw: readConfig(site.config, process.env, []) }))
  try {
    if (backend === 'postgres') {
      const { cpu, statements, bare } = await enqueueCost(kernel)
      console.log(
        `enqueue adds ${cpu.toFixed(0)} µs of CPU and ${statements} statement to a transaction of ${bare.toFixed(0)} µs; no broker is asked`
      )
      await site.sql('truncate kernel_message cascade')
    }
    await site.sql(FINISHED, [Number(BENCH_FINISHED)])
    await site.sql('vacuum analyze kernel_message')
    const worker = await site.spawn('worker')
    await wholeJobs(site, kernel, 'effect', 500)
    const best = { alone: 0, effect: 0, nothing: 0 }
    for (let round = 0; round < Number(BENCH_ROUNDS); round++) {
      best.nothing = Math.max(best.nothing, await wholeJobs(site, kernel, 'nothing', Number(BENCH_JOBS)))
      best.effect = Math.max(best.effect, await wholeJobs(site, kernel, 'effect', Number(BENCH_JOBS)))
      best.alone = Math.max(best.alone, await pgbench(site.database))
      // pgbench leaves unfinished ones at the end of its time.
      await site.sql(`delete from kernel_message where task = 'fault.alone'`)
    }
    const latencies = await startLatencies(site, kernel)
    const at = (share: number) => percentile(latencies, share).toFixed(1)
    console.log(
      `${backend.padEnd(9)} whole jobs per second: ${best.effect.toFixed(0)} with an effect, ${best.nothing.toFixed(0)} without; pgbench with the same statements ${best.alone.toFixed(0)}: ${((100 * best.effect) / best.alone).toFixed(0)} %; begun after p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`
    )
    worker.kill('SIGKILL')
  } finally {
    await kernel.stop()
    await site.close()
  }
}

const asked = process.argv.slice(2)
for (const backend of BACKENDS) if (asked.length === 0 || asked.includes(backend)) await measure(backend)
process.exit(0)
