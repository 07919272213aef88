import type { Database, Tx } from '../../kernel/ports/database.ts'
import { AT_ONCE } from './outbox.ts'

// The life of a message, one statement per step. Every step names the state it expects: whoever comes late changes nothing.
//
//   waiting ──lease──▶ queued ──claim──▶ running ──finish──▶ done
//      ▲                  │                 │  │
//      │◀─ lease is over ─┘                 │  └──park──▶ parked
//      └◀───────────── retry, giveBack ─────┘
//
// What is leased is `queued` already: a row in `kernel_lease` says that it may not have reached the broker yet.

export type State = 'waiting' | 'queued' | 'running' | 'parked' | 'done'

/** Why a message is parked. What is `off` or `unknown` goes on by itself once somebody handles it. */
export type Reason = 'failed' | 'timeout' | 'crashed' | 'payload' | 'unknown' | 'off'

export interface Leased {
  readonly id: string
  readonly task: string
  readonly priority: number
  /** The id under which the broker carries it together with others. */
  readonly batch: string
}

export interface Claimed {
  readonly id: string
  readonly task: string
  readonly payload: unknown
  /** This one included. */
  readonly attempts: number
  /** Those before it during which the process ended. */
  readonly crashes: number
  readonly request_id: string | null
  readonly actor_id: number | null
  /** In milliseconds. */
  readonly scheduled_for: number | null
}

const BATCH = 500
/** With so many crashes, the one counted that has just been found out, it may well be the message that ends processes. */
const IS_SUSPECT = `(crashes + (state = 'running')::int >= 2)`

/**
 * The state of a row that is found by its id. Asked as a case, so that no index of what is in a state is read for it: such an index was empty
 * when PostgreSQL counted last, as it is in a quiet hour, and long when it matters.
 */
const inState = (state: State, also = 'true'): string => `case state when '${state}' then ${also} else false end`

// As many in one batch as one process handles at once: so nobody waits for one that another process could begin.
const LEASE = `with due as (select id, task, priority, row_number() over () as at from (
      select id, task, priority from kernel_message where state in ('waiting', 'running') and due_at <= $1
      order by due_at, created_at limit ${BATCH} for update skip locked) _),
  parted as (select due.*, (row_number() over (partition by task, priority order by at) - 1) / coalesce(most, ${BATCH}) as part
    from due left join unnest($2::text[], $3::integer[]) as t (task, most) using (task)),
  carried as (select parted.*, first_value(id) over (partition by task, priority, part order by at) as batch from parted),
  held as (insert into kernel_lease (id, batches, until) select $4, array_agg(distinct batch), $5 from carried having count(*) > 0)
  update kernel_message m set state = 'queued', due_at = $6, batch = c.batch, crashes = m.crashes + (m.state = 'running')::int
  from carried c where m.id = c.id returning m.id, m.task, m.priority, m.batch, c.at`

/** When a lease ends, and when what was published is looked for, should nobody have begun it. */
export interface LeaseTimes {
  readonly now: Date
  readonly until: Date
  readonly doubtAt: Date
}

/**
 * What is due, in batches, under a new lease: for the caller alone. A running message whose worker's time is over is due as well;
 * one that is really running is not, because its transaction holds the row. `concurrency` by task.
 */
export async function lease(
  database: Database,
  leaseId: string,
  concurrency: ReadonlyMap<string, number>,
  { now, until, doubtAt }: LeaseTimes
): Promise<Leased[]> {
  const { rows } = await database.query<Leased & { at: number }>(LEASE, [
    now.toISOString(),
    [...concurrency.keys()],
    [...concurrency.values()],
    leaseId,
    until.toISOString(),
    doubtAt.toISOString()
  ])
  return rows.sort((one, other) => one.at - other.at)
}

/** The broker has all of it, or it is due again. */
export async function endLease(database: Database, leaseId: string): Promise<void> {
  await database.query('delete from kernel_lease where id = $1', [leaseId])
}

const RETURN = `update kernel_message set state = 'waiting', due_at = $2, batch = null where id = any($1::uuid[]) and ${inState('queued')}`

/** The broker may not have them: they are due again. */
export async function returnLeased(database: Database, ids: readonly string[]): Promise<void> {
  await database.query(RETURN, [ids, AT_ONCE])
}

const RETURN_EXPIRED = `with expired as (delete from kernel_lease where until <= $1 returning batches)
  update kernel_message m set state = 'waiting', due_at = $2, batch = null
  where m.state = 'queued' and m.batch in (select unnest(batches) from expired)`

/** What relays held when they died is due again; some of it may be published twice. */
export async function returnExpired(database: Database, now: Date): Promise<void> {
  await database.query(RETURN_EXPIRED, [now.toISOString(), AT_ONCE])
}

// A running message nobody holds is a dead worker's, unless it was begun this very moment: its transaction is about to.
const CLAIM = `with mine as (select id from kernel_message where id = any($1::uuid[]) and task = $2
      and case state when 'running' then started_at < $3::timestamptz - interval '2 seconds' else state in ('waiting', 'queued') end
      and ${IS_SUSPECT} = $5
    for update skip locked)
  update kernel_message m set state = 'running', attempts = m.attempts + 1, crashes = m.crashes + (m.state = 'running')::int, key = null,
    started_at = $3, due_at = $4
  from mine where m.id = mine.id
  returning m.id, m.task, m.payload, m.attempts, m.crashes, m.request_id, m.actor_id, (extract(epoch from m.scheduled_for) * 1000)::float8 as scheduled_for`

/**
 * Begins attempts, in a commit of their own so that one that ends its process counts. Without those there is nothing to do about now,
 * or they are suspects, in hand when processes ended more than once: those are begun only where `suspects` is set, and nothing else then.
 */
export async function claim(
  database: Database,
  ids: readonly string[],
  task: string,
  now: Date,
  until: Date,
  suspects: boolean
): Promise<Claimed[]> {
  return (await database.query<Claimed>(CLAIM, [ids, task, now.toISOString(), until.toISOString(), suspects])).rows
}

/** What a message is that could not be claimed: somebody else's at the moment, perhaps a suspect; or `over`, done, parked or gone. */
export type Standing = 'over' | 'open' | 'suspect'

const STANDING = `select ${IS_SUSPECT} as suspect from kernel_message
  where id = $1 and case when state in ('waiting', 'queued', 'running') then true else false end`

export async function standingOf(database: Database, id: string): Promise<Standing> {
  const {
    rows: [row]
  } = await database.query<{ suspect: boolean }>(STANDING, [id])
  if (!row) return 'over'
  return row.suspect ? 'suspect' : 'open'
}

const FINISH = `update kernel_message set state = 'done', ended_at = $2, reason = null, error = null where id = $1 and ${inState('running')}`

/**
 * First in the transaction of the effect: they commit together, and the row stays locked until then. False when the effect is
 * there already, or nobody wants it any more.
 */
export async function finish(tx: Tx, id: string, now: Date): Promise<boolean> {
  return (await tx.query(FINISH, [id, now.toISOString()])).rowCount === 1
}

/** What the handler gave back, in the transaction of the effect. */
export async function keepResult(tx: Tx, id: string, result: unknown): Promise<void> {
  await tx.query('update kernel_message set result = $2::jsonb where id = $1', [id, JSON.stringify(result)])
}

const RETRY = `update kernel_message set state = 'waiting', due_at = $3, error = $4 where id = $1 and ${inState('running', 'attempts = $2')}`

/** This attempt failed, the next begins at `at`. */
export async function retryAt(database: Database, { id, attempts }: Claimed, at: Date, error: string): Promise<void> {
  await database.query(RETRY, [id, attempts, at.toISOString(), error])
}

const GIVE_BACK = `update kernel_message set state = 'waiting', due_at = $3, attempts = attempts - 1 where id = $1 and ${inState('running', 'attempts = $2')}`

/** This attempt was called off: it does not count, another worker takes over at once. */
export async function giveBack(database: Database, { id, attempts }: Claimed): Promise<void> {
  await database.query(GIVE_BACK, [id, attempts, AT_ONCE])
}

const PARK = `update kernel_message set state = 'parked', reason = $3, error = $4, ended_at = $5 where id = any($1::uuid[]) and state = $2`

/** Nothing happens to them until somebody decides, or somebody comes who can handle them. */
export async function park(
  database: Database,
  ids: readonly string[],
  from: 'queued' | 'running',
  reason: Reason,
  error: string,
  now: Date
): Promise<void> {
  await database.query(PARK, [ids, from, reason, error, now.toISOString()])
}

const RELEASE = `update kernel_message set state = 'waiting', due_at = $2, reason = null, error = null, ended_at = null
  where state = 'parked' and reason in ('off', 'unknown') and task = any($1::text[])`

/** What waited for a plugin that was off, or for a job that an older version did not know, goes on. */
export async function release(database: Database, tasks: readonly string[]): Promise<number> {
  return (await database.query(RELEASE, [tasks, AT_ONCE])).rowCount
}
