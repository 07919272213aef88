// Runs many jobs on PostgreSQL and prints throughput at the beginning and at the end, and rows and sizes of the tables of kernel and
// BullMQ. `node dist/bench/million.js [jobs (1000000)] [keepDoneDays (7)]`; at a thousand a second it takes 20 minutes.
import { allDone, openSite, single, until, type Site } from '../test/system/faults/site.ts'

const [jobs = 1_000_000, keepDoneDays = 7] = process.argv.slice(2).map(Number)
const STEP = 20_000
const WORKERS = 2

// Ids that grow with time, like the outbox's.
const ID = `overlay(gen_random_uuid()::text placing overlay(lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0') placing '-' from 9 for 0) from 1 for 13)::uuid`
const FILL = `insert into kernel_message (id, task, payload, due_at, created_at)
  select ${ID}, 'fault.nothing', json_build_object('n', n), '-infinity', now() from generate_series(1, $1::int) n`
const TABLES = `select schemaname || '.' || relname as table, n_live_tup::int as live, n_dead_tup::int as dead,
    round(pg_total_relation_size(relid) / 1048576.0, 1)::float8 as megabytes
  from pg_stat_user_tables where relname like 'kernel%' or schemaname = 'bullmq' order by 4 desc, 1`

async function tables(site: Site, when: string): Promise<void> {
  console.log(`\n${when}`)
  for (const { table, live, dead, megabytes } of await site.sql<{ table: string; live: number; dead: number; megabytes: number }>(
    TABLES
  ))
    console.log(
      `${table.padEnd(32)} ${String(live).padStart(9)} rows ${String(dead).padStart(9)} dead ${megabytes.toFixed(1).padStart(9)} MB`
    )
}

const site = await openSite('postgres', { direct: true, keepDoneDays })
try {
  for (let worker = 0; worker < WORKERS; worker++) await site.spawn('worker')
  const rates: number[] = []
  for (let finished = 0; finished < jobs; finished += STEP) {
    const from = performance.now()
    await site.sql(FILL, [Math.min(STEP, jobs - finished)])
    if (!(await allDone(site, 3600))) throw new Error('the jobs were not done in time')
    rates.push((STEP / (performance.now() - from)) * 1000)
    if (finished === 0) await tables(site, `after ${STEP} jobs`)
  }
  const mean = (some: number[]) => (some.reduce((sum, rate) => sum + rate, 0) / some.length).toFixed(0)
  await tables(site, `after ${jobs} jobs`)
  console.log(`\n${mean(rates.slice(0, 3))} jobs per second at the beginning, ${mean(rates.slice(-3))} at the end`)
  if (keepDoneDays === 0) {
    await until(async () => (await single(site, `select count(*) from kernel_message`)) === 0, 300)
    await tables(site, 'after the next maintenance')
  }
} finally {
  await site.close()
}
process.exit(0)
