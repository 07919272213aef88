import type { Clock } from '../../kernel/ports/clock.ts'
import type { Database } from '../../kernel/ports/database.ts'
import type { Queue } from '../../kernel/ports/queue.ts'
import { release } from './message-store.ts'
import { AT_ONCE } from './outbox.ts'
import { DOUBT_MS } from './relay.ts'
import type { Tasks } from './handlers.ts'

/** How long finished work is kept to be looked at. */
export interface Keeping {
  readonly keepDoneDays: number
  readonly keepScheduleDays: number
}

interface UpkeepParts {
  readonly database: Database
  readonly queue: Queue
  readonly clock: Clock
  readonly tasks: Tasks
  readonly keeping: Keeping
}

const DAY_MS = 86_400_000
const BATCH = 1000
/** So often before the rest of the upkeep has its turn. */
const BATCHES_AT_MOST = 50

// What a relay still has in its hands the broker cannot have.
const OVERDUE = `select task, count(distinct coalesce(batch, id)) as queued from kernel_message
  where state = 'queued' and task = any($1::text[]) and coalesce(batch, id) <> all(array(select unnest(batches) from kernel_lease))
  group by task having min(due_at) <= $2`
const LOST = `update kernel_message set state = 'waiting', due_at = $3 where state = 'queued' and task = $1 and due_at <= $2`
const STILL_THERE = `update kernel_message set due_at = $3 where state = 'queued' and task = $1 and due_at <= $2`
const PRUNE_DONE = `delete from kernel_message where id in
  (select id from kernel_message where state = 'done' and ended_at < $1 order by ended_at limit ${BATCH} for update skip locked)`
// The last run of every schedule stays: it says from where to go on.
const PRUNE_RUNS = `delete from kernel_schedule_run r where due_at > '-infinity' and due_at < $1
  and due_at < (select max(due_at) from kernel_schedule_run l where l.schedule = r.schedule)`

/**
 * One pass of what has to be done now and then by any worker: what went on or was lost is found, what is old goes. Resolves with
 * whether there is more that is old.
 */
export async function keepUp({ database, queue, clock, tasks, keeping }: UpkeepParts): Promise<boolean> {
  const now = clock.now()
  await release(database, [...tasks.keys()])
  await findLost({ database, queue, clock, tasks }, now)
  const before = (days: number) => new Date(now.getTime() - days * DAY_MS).toISOString()
  let more = true
  for (let batch = 0; more && batch < BATCHES_AT_MOST; batch++)
    more = (await database.query(PRUNE_DONE, [before(keeping.keepDoneDays)])).rowCount === BATCH
  await database.query(PRUNE_RUNS, [before(keeping.keepScheduleDays)])
  return more
}

/**
 * Publishes again what a broker has lost: a queue holds fewer batches than nobody has begun, of which one was to be looked for by
 * `doubtedBy`. A queue that is merely long keeps what it has, or every delay would be answered with more messages.
 */
export async function findLost({ database, queue, clock, tasks }: Omit<UpkeepParts, 'keeping'>, doubtedBy: Date): Promise<void> {
  const by = doubtedBy.toISOString()
  const { rows } = await database.query<{ task: string; queued: number }>(OVERDUE, [[...tasks.keys()], by])
  for (const { task, queued } of rows) {
    const { waiting, active, delayed } = await queue.counts(task)
    const isLost = waiting + active + delayed < queued
    const next = isLost ? AT_ONCE : new Date(clock.now().getTime() + DOUBT_MS).toISOString()
    await database.query(isLost ? LOST : STILL_THERE, [task, by, next])
  }
}
