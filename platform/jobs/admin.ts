import type { Cron } from 'croner'
import type { OwnedSchedule } from './jobs.ts'
import type { Queryable } from '../../kernel/ports/database.ts'
import { isUuid } from '../rest/resource.ts'
import { DUE_NOW, type State } from './message-store.ts'
import { timerOf } from './scheduler.ts'

/** A message in an operator's list. Times are texts, null for a step it has not reached. */
export interface MessageRow {
  readonly id: string
  readonly job: string
  readonly state: State
  readonly reason: string | null
  readonly attempts: number
  readonly created_at: string
  readonly due_at: string | null
  readonly started_at: string | null
  readonly ended_at: string | null
  readonly request_id: string | null
}

export interface MessageDetail extends MessageRow {
  readonly payload: unknown
  /** Name and stack of the last error. */
  readonly error: string | null
  readonly result: unknown
  /** Percent. */
  readonly progress: number | null
}

/** Without `state`: all but the done ones. */
export interface MessageFilter {
  readonly state?: State | undefined
  readonly job?: string | undefined
  readonly limit?: number | undefined
}

const LIST_COLUMNS = `id, task as job, state, reason, attempts, created_at, nullif(due_at, '-infinity') as due_at, started_at, ended_at, request_id`
const LIVE = `state in ('waiting', 'queued', 'running')`

export const STATES: readonly State[] = ['waiting', 'queued', 'running', 'parked', 'done']

/** Newest first. Each branch of the union reads a partial index, so done messages cost nothing. */
export async function listMessages(db: Queryable, { state, job, limit = 100 }: MessageFilter): Promise<MessageRow[]> {
  const condition =
    state === undefined ? [LIVE, `state = 'parked'`] : [`state = '${STATES.find(known => known === state) ?? 'parked'}'`]
  const branches = condition.map(
    part => `(select * from kernel_message where ${part} and ($1::text is null or task = $1) order by created_at desc limit $2)`
  )
  const { rows } = await db.query<MessageRow>(
    `select ${LIST_COLUMNS} from (${branches.join(' union all ')}) m order by created_at desc limit $2`,
    [job ?? null, limit]
  )
  return rows
}

/** How many there are by job and state, done ones left out. `oldest_seconds`: since the oldest of them was due, or parked. */
export async function countMessages(
  db: Queryable
): Promise<{ job: string; state: State; count: number; oldest_seconds: number }[]> {
  const { rows } = await db.query<{ job: string; state: State; count: number; oldest_seconds: number }>(
    `select task as job, state, count(*) as count, extract(epoch from now() - min(greatest(created_at, due_at)))::float8 as oldest_seconds
     from kernel_message where ${LIVE} group by 1, 2
     union all select task, state, count(*), extract(epoch from now() - min(ended_at))::float8 from kernel_message where state = 'parked' group by 1, 2
     order by 1, 2`
  )
  return rows
}

/** One message in full; undefined when there is none with that id. */
export async function showMessage(db: Queryable, id: string): Promise<MessageDetail | undefined> {
  if (!isUuid(id)) return undefined
  const { rows } = await db.query<MessageDetail>(
    `select ${LIST_COLUMNS}, payload, error, result, priority, actor_id, scheduled_for, (select percent from kernel_progress p where p.id = m.id) as progress
     from kernel_message m where id = $1`,
    [id]
  )
  return rows[0]
}

/** The status of a job for the user who caused it, or for a superuser; undefined for others. */
export async function jobStatus(
  db: Queryable,
  id: string,
  { id: actor, superuser }: { id: number; superuser: boolean }
): Promise<{ id: string; job: string; state: State; progress: number; result: unknown } | undefined> {
  if (!isUuid(id)) return undefined
  const { rows } = await db.query<{ id: string; job: string; state: State; progress: number; result: unknown }>(
    `select id, task as job, state, result,
       case when state = 'done' then 100 else coalesce((select percent from kernel_progress p where p.id = m.id), 0) end as progress
     from kernel_message m where id = $1 and (actor_id = $2 or $3)`,
    [id, actor, superuser]
  )
  return rows[0]
}

/** How far a job is, for the plugin that enqueued it. `progress`: percent, null until the handler reports some. */
export interface JobState {
  readonly state: State
  /** Why it is parked: `failed`, `timeout` …; null otherwise. */
  readonly reason: string | null
  readonly progress: number | null
}

/** By the id that `enqueue` returned; undefined for a job that was dropped, or done longer ago than `work.keepDoneDays`. */
export async function jobState(db: Queryable, id: string): Promise<JobState | undefined> {
  const { rows } = await db.query<JobState>(
    `select state, case when state = 'parked' then reason end as reason, (select percent from kernel_progress p where p.id = m.id) as progress
     from kernel_message m where id = $1`,
    [id]
  )
  return rows[0]
}

/** Messages by id, those of a job, or all. */
export interface Chosen {
  readonly ids?: readonly string[]
  readonly job?: string | undefined
}

const CHOSEN = `($1::uuid[] is null or id = any($1::uuid[])) and ($2::text is null or task = $2)`
const chosenValues = ({ ids, job }: Chosen) => [ids ? ids.filter(isUuid) : null, job ?? null]

/** Makes parked messages due again, with all their attempts. Returns how many. */
export async function retryMessages(db: Queryable, chosen: Chosen): Promise<number> {
  const { rowCount } = await db.query(
    `update kernel_message set state = 'waiting', due_at = $3, attempts = 0, crashes = 0, key = null, reason = null, error = null, ended_at = null
     where state = 'parked' and ${CHOSEN}`,
    [...chosenValues(chosen), DUE_NOW]
  )
  return rowCount
}

/** Deletes parked messages; by id also waiting ones. Returns how many. */
export async function dropMessages(db: Queryable, chosen: Chosen): Promise<number> {
  const { rowCount } = await db.query(
    `delete from kernel_message where (state = 'parked' or (state in ('waiting', 'queued') and $1::uuid[] is not null)) and ${CHOSEN}`,
    chosenValues(chosen)
  )
  return rowCount
}

/** A schedule with its last run. `missed`: runs before it that were skipped, because no scheduler was running. */
export interface ScheduleRow {
  readonly schedule: string
  readonly job: string
  readonly cron: string
  readonly timeZone: string
  readonly next: string | null
  readonly last: string | null
  readonly late: boolean
  readonly missed: number
  readonly lateSeconds: number
  readonly running: boolean
}

const LAST_RUNS = `select s.name, r.due_at, r.late, r.missed, extract(epoch from r.enqueued_at - r.due_at)::float8 as late_seconds,
    coalesce(m.state in ('waiting', 'queued', 'running'), false) as running
  from unnest($1::text[]) as s (name)
  cross join lateral (select * from kernel_schedule_run r where r.schedule = s.name and due_at > '-infinity' order by due_at desc limit 1) r
  left join kernel_message m on m.id = r.message_id`

/** Every schedule of the deployment, in order of name. */
export async function listSchedules(
  db: Queryable,
  schedules: readonly OwnedSchedule[],
  timeZone: string,
  now: Date
): Promise<ScheduleRow[]> {
  const { rows } = await db.query<{
    name: string
    due_at: string
    late: boolean
    missed: number
    late_seconds: number
    running: boolean
  }>(LAST_RUNS, [schedules.map(({ name }) => name)])
  const lasts = new Map(rows.map(row => [row.name, row]))
  return schedules
    .map(schedule => {
      const last = lasts.get(schedule.name)
      const timer: Cron = timerOf(schedule, timeZone)
      return {
        schedule: schedule.name,
        job: schedule.job,
        cron: schedule.cron,
        timeZone: schedule.timeZone ?? timeZone,
        next: timer.nextRun(now)?.toISOString() ?? null,
        last: last?.due_at ?? null,
        late: last?.late ?? false,
        missed: last?.missed ?? 0,
        lateSeconds: Math.max(0, last?.late_seconds ?? 0),
        running: last?.running ?? false
      }
    })
    .sort((a, b) => a.schedule.localeCompare(b.schedule))
}
