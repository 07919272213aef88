import type { Clock } from '../../kernel/ports/clock.ts'
import type { Database } from '../../kernel/ports/database.ts'
import type { Queue } from '../../kernel/ports/queue.ts'
import type { MessageHandlers } from './handlers.ts'
import { DUE_NOW, releaseHandled } from './message-store.ts'
import { LOST_CHECK_MS } from './relay.ts'

/** Days for which finished messages and runs of schedules are kept. */
export interface Retention {
  readonly keepDoneDays: number
  readonly keepScheduleDays: number
}

interface MaintenanceParts {
  readonly database: Database
  readonly queue: Queue
  readonly clock: Clock
  readonly handlers: MessageHandlers
  readonly retention: Retention
}

const DAY_MS = 86_400_000
const DELETED_AT_ONCE = 1000
const DELETES_PER_PASS = 50

// Counts what the broker should hold. What a relay has leased may not have reached it yet and is left out.
const UNCLAIMED = `select task as handler, count(distinct coalesce(batch, id)) as published from kernel_message
  where state = 'queued' and task = any($1::text[]) and coalesce(batch, id) <> all(array(select unnest(batches) from kernel_lease))
  group by task having min(due_at) <= $2`
const REPUBLISH = `update kernel_message set state = 'waiting', due_at = $3 where state = 'queued' and task = $1 and due_at <= $2`
const CHECK_LATER = `update kernel_message set due_at = $3 where state = 'queued' and task = $1 and due_at <= $2`
const DELETE_DONE = `delete from kernel_message where id in
  (select id from kernel_message where state = 'done' and ended_at < $1 order by ended_at limit ${DELETED_AT_ONCE} for update skip locked)`
// The last run of every schedule stays: the scheduler continues from it.
const DELETE_RUNS = `delete from kernel_schedule_run r where due_at > '-infinity' and due_at < $1
  and due_at < (select max(due_at) from kernel_schedule_run l where l.schedule = r.schedule)`

/**
 * Releases parked messages that have a handler now, republishes what the broker lost, deletes what is older than the retention. Any worker may
 * run it at any time. Resolves with true when there is more to delete than one pass may.
 */
export async function runMaintenance({ database, queue, clock, handlers, retention }: MaintenanceParts): Promise<boolean> {
  const now = clock.now()
  await releaseHandled(database, [...handlers.keys()])
  await republishLost({ database, queue, clock, handlers }, now)
  const before = (days: number) => new Date(now.getTime() - days * DAY_MS).toISOString()
  let more = true
  for (let deletes = 0; more && deletes < DELETES_PER_PASS; deletes++)
    more = (await database.query(DELETE_DONE, [before(retention.keepDoneDays)])).rowCount === DELETED_AT_ONCE
  await database.query(DELETE_RUNS, [before(retention.keepScheduleDays)])
  return more
}

/**
 * Makes due again what the broker has lost: a queue that holds fewer messages than were published to it and not claimed, where one was to be
 * checked by `checkBy`. The number is compared, since a queue that is only long must not be filled with repeats.
 */
export async function republishLost(
  { database, queue, clock, handlers }: Omit<MaintenanceParts, 'retention'>,
  checkBy: Date
): Promise<void> {
  const by = checkBy.toISOString()
  const { rows } = await database.query<{ handler: string; published: number }>(UNCLAIMED, [[...handlers.keys()], by])
  for (const { handler, published } of rows) {
    const { waiting, active, delayed } = await queue.counts(handler)
    const isLost = waiting + active + delayed < published
    const next = isLost ? DUE_NOW : new Date(clock.now().getTime() + LOST_CHECK_MS).toISOString()
    await database.query(isLost ? REPUBLISH : CHECK_LATER, [handler, by, next])
  }
}
