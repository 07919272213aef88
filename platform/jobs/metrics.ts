import { Gauge, Histogram, type Registry } from 'prom-client'
import type { Clock } from '../../kernel/ports/clock.ts'
import type { Database } from '../../kernel/ports/database.ts'
import type { Queue } from '../../kernel/ports/queue.ts'
import { countMessages, listSchedules } from './admin.ts'
import type { Outcome } from './attempt.ts'
import { messageHandlers, type DeclaredJobs } from './handlers.ts'

interface MeteredParts {
  readonly database: Database | undefined
  readonly queue: Queue | undefined
  readonly clock: Clock
  readonly declared: DeclaredJobs
}

interface Sample<L extends string> {
  readonly labels: Partial<Record<L, string>>
  readonly value: number
}

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]

/** Registers the metrics of jobs; the returned function observes one attempt. Gauges query the database and the broker at each scrape. */
export function meterJobs(registry: Registry, { database, queue, clock, declared }: MeteredParts) {
  const duration = new Histogram({
    name: 'care_job_seconds',
    help: 'Time of one attempt of a job or subscription, by how it ended',
    labelNames: ['job', 'outcome'],
    buckets: SECONDS,
    registers: [registry]
  })
  if (database && queue) {
    gauge('care_jobs', 'Messages by job and state; the broker has what is queued', ['job', 'state'], async () =>
      (await countMessages(database)).map(({ job, state, count }) => ({ labels: { job, state }, value: count }))
    )
    gauge('care_outbox_lag_seconds', 'How long the oldest message that is due waits to be published', [], async () => {
      const { rows } = await database.query<{ seconds: number | null }>(LAG, [clock.now().toISOString()])
      return [{ labels: {}, value: Math.max(0, rows[0]?.seconds ?? 0) }]
    })
    gauge('care_queue_depth', 'Batches of messages the broker holds, by queue and state', ['queue', 'state'], async () => {
      const names = [...messageHandlers(declared).keys()]
      const counts = await Promise.all(names.map(async name => [name, await queue.counts(name)] as const))
      return counts.flatMap(([name, states]) =>
        Object.entries<number>({ ...states }).map(([state, value]) => ({ labels: { queue: name, state }, value }))
      )
    })
    gauge('care_schedule_lateness_seconds', 'How late the last run of a schedule was started', ['schedule'], async () =>
      (await listSchedules(database, declared.schedules, declared.root.timeZone, clock.now())).map(
        ({ schedule, lateSeconds }) => ({ labels: { schedule }, value: lateSeconds })
      )
    )
  }
  return (job: string, outcome: Outcome, seconds: number): void => duration.observe({ job, outcome }, seconds)

  /** A gauge that is read at each scrape; one that cannot be read has no values, and the scrape still answers the others. */
  function gauge<L extends string>(name: string, help: string, labelNames: L[], read: () => Promise<Sample<L>[]>): void {
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      async collect() {
        const values = await read().catch((): Sample<L>[] => [])
        this.reset()
        for (const { labels, value } of values) this.set(labels as Partial<Record<string, string>>, value)
      }
    })
  }
}

const LAG = `select extract(epoch from $1::timestamptz - min(greatest(created_at, due_at)))::float8 as seconds
  from kernel_message where state = 'waiting' and due_at <= $1`
