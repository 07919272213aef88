import { Cron } from 'croner'
import type { OwnedSchedule } from './jobs.ts'
import type { Clock } from '../../kernel/ports/clock.ts'
import type { Database } from '../../kernel/ports/database.ts'
import type { Outbox } from './outbox.ts'

interface SchedulerParts {
  readonly database: Database
  readonly clock: Clock
  readonly schedules: readonly OwnedSchedule[]
  readonly timeZone: string
  readonly outbox: Outbox
}

export interface Scheduler {
  /** Enqueues the runs that are due and resolves with how many. Any number of schedulers may run: a row of the ledger gives a run to one. */
  tick(): Promise<number>
  /** When the next run is due. */
  next(): Date | undefined
}

/** A run that is due. */
export interface DueRun {
  readonly at: Date
  readonly late: boolean
  /** Runs before it that are skipped. */
  readonly missed: number
}

/** Every run missed in a gap up to this long is enqueued; after a longer one only the last. */
const CATCH_UP_MS = 10_000
const COUNTED_AT_MOST = 10_000

const REGISTER = `insert into kernel_schedule_run (schedule, due_at, enqueued_at)
  select name, '-infinity', $2 from unnest($1::text[]) as s (name) on conflict do nothing`
// A ledger row in the future comes from a clock that was wrong and is ignored.
const LAST = `select s.name, greatest(r.enqueued_at, (select max(due_at) from kernel_schedule_run where schedule = s.name and due_at <= $2)) as last
  from unnest($1::text[]) as s (name) join kernel_schedule_run r on r.schedule = s.name and r.due_at = '-infinity'`
const RECORD = `insert into kernel_schedule_run (schedule, due_at, enqueued_at, late, missed) values ($1, $2, $3, $4, $5) on conflict do nothing`
const RECORD_MESSAGE = 'update kernel_schedule_run set message_id = $3 where schedule = $1 and due_at = $2'

/** Enqueues the jobs of schedules. The scheduler that first writes the ledger row of a schedule and due time enqueues, in the same transaction. */
export function makeScheduler({ database, clock, schedules, timeZone, outbox }: SchedulerParts): Scheduler {
  const timed = schedules.map(schedule => ({ ...schedule, timer: timerOf(schedule, timeZone) }))
  const names = schedules.map(({ name }) => name)
  let seen: Date | undefined

  return {
    async tick() {
      const now = clock.now()
      // After the clock was set back, times are checked again; the ledger has their runs.
      const from = seen && seen < now ? seen : now
      if (seen && !timed.some(({ timer }) => isDue(timer.nextRun(from), now)) && seen <= now) return 0
      await database.query(REGISTER, [names, now.toISOString()])
      const { rows } = await database.query<{ name: string; last: string }>(LAST, [names, now.toISOString()])
      const lasts = new Map(rows.map(({ name, last }) => [name, new Date(last)]))
      let runs = 0
      for (const schedule of timed)
        for (const due of dueRuns(schedule.timer, lasts.get(schedule.name) ?? now, now)) if (await run(schedule, due)) runs++
      seen = now
      return runs
    },
    next: () =>
      timed
        .flatMap(({ timer }) => timer.nextRun(seen ?? clock.now()) ?? [])
        .sort((a, b) => a.getTime() - b.getTime())
        .at(0)
  }

  async function run({ owner, name, job, payload }: OwnedSchedule, { at, late, missed }: DueRun): Promise<boolean> {
    return database.transaction(async tx => {
      const due = at.toISOString()
      const { rowCount } = await tx.query(RECORD, [name, due, clock.now().toISOString(), late, missed])
      if (rowCount === 0) return false
      const id = await outbox.enqueuer(owner)(tx, job.slice(owner.length + 1), payload, { scheduledFor: at })
      await tx.query(RECORD_MESSAGE, [name, due, id])
      return true
    })
  }
}

/** The cron expression of a schedule, to compute times with; in `defaultZone` where the schedule has no time zone. */
export function timerOf({ cron, timeZone }: Pick<OwnedSchedule, 'cron' | 'timeZone'>, defaultZone: string): Cron {
  return new Cron(cron, { paused: true, timezone: timeZone ?? defaultZone })
}

/**
 * The runs due after `last` until `now`: all of them when the first is 10 s late at most, otherwise only the last, marked late. A time of day
 * that daylight saving skips is due right after the gap, one that comes twice is due once.
 */
export function dueRuns(timer: Cron, last: Date, now: Date): DueRun[] {
  const first = timer.nextRun(last)
  if (!isDue(first, now)) return []
  if (now.getTime() - first.getTime() <= CATCH_UP_MS) return upTo(timer, last, now).map(at => ({ at, late: false, missed: 0 }))
  const [latest = first] = timer.previousRuns(1, new Date(now.getTime() + 1000)).filter(at => at <= now)
  return [{ at: latest, late: true, missed: latest > first ? upTo(timer, last, latest).length - 1 : 0 }]
}

function upTo(timer: Cron, last: Date, end: Date): Date[] {
  const runs: Date[] = []
  for (let at = timer.nextRun(last); isDue(at, end) && runs.length < COUNTED_AT_MOST; at = timer.nextRun(at)) runs.push(at)
  return runs
}

function isDue(at: Date | null, now: Date): at is Date {
  return at !== null && at <= now
}
