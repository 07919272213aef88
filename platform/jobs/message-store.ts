import type { Database, Tx } from '../../kernel/ports/database.ts'

// A message is one row of `kernel_message`: a job, or an event for one of its subscribers. Each step of its life is one statement that
// names the state it expects, so a step that comes too late changes nothing. `outbox.ts` has the first one, the insert.
//
//   waiting ──lease──▶ queued ──claim──▶ running ──finish──▶ done
//      ▲                  │                 │  │
//      │◀─ lease expires ─┘                 │  └──park──▶ parked
//      └◀──── scheduleRetry, returnClaimed ─┘
//
// A leased message is `queued` already: the row in `kernel_lease` says that it may not have reached the broker yet.
// The column `task` holds the name of the message handler, `batch` the id of the queue message that carries the row's id.

export type State = 'waiting' | 'queued' | 'running' | 'parked' | 'done'

/** Why a message is parked. Maintenance releases `off` and `unknown` ones when a worker has their handler. */
export type Reason = 'failed' | 'timeout' | 'crashed' | 'payload' | 'unknown' | 'off'

/** A `due_at` that is due at once, whatever the clocks of this and other machines say. */
export const DUE_NOW = '-infinity'

export interface LeasedMessage {
  readonly id: string
  /** Name of the message handler. */
  readonly handler: string
  readonly priority: number
  /** Id of the queue message that carries this id, maybe with others. */
  readonly batch: string
}

export interface ClaimedMessage {
  readonly id: string
  readonly payload: unknown
  /** Attempts so far, this one included. */
  readonly attempts: number
  /** Earlier attempts during which the process ended. */
  readonly crashes: number
  readonly request_id: string | null
  readonly actor_id: number | null
  /** Milliseconds since 1970. */
  readonly scheduled_for: number | null
}

const LEASED_AT_MOST = 500
/** Two crashes, a crash that this claim has just discovered included: the message may be what ends processes. */
const IS_SUSPECT = `(crashes + (state = 'running')::int >= 2)`

/**
 * The state of a row that is found by its id. Written as a case, so that PostgreSQL does not read a partial index on the state instead: its
 * statistics may date from a quiet hour, when that index was empty.
 */
const inState = (state: State, also = 'true'): string => `case state when '${state}' then ${also} else false end`

// A queue message carries no more ids than one process handles at once, so that no id waits for a busy process while another is idle.
const LEASE = `with due as (select id, task, priority, row_number() over () as at from (
      select id, task, priority from kernel_message where state in ('waiting', 'running') and due_at <= $1
      order by due_at, created_at limit ${LEASED_AT_MOST} for update skip locked) _),
  parted as (select due.*, (row_number() over (partition by task, priority order by at) - 1) / coalesce(most, ${LEASED_AT_MOST}) as part
    from due left join unnest($2::text[], $3::integer[]) as t (task, most) using (task)),
  carried as (select parted.*, first_value(id) over (partition by task, priority, part order by at) as batch from parted),
  held as (insert into kernel_lease (id, batches, until) select $4, array_agg(distinct batch), $5 from carried having count(*) > 0)
  update kernel_message m set state = 'queued', due_at = $6, batch = c.batch, crashes = m.crashes + (m.state = 'running')::int
  from carried c where m.id = c.id returning m.id, m.task as handler, m.priority, m.batch, c.at`

export interface LeaseTimes {
  readonly now: Date
  /** When the lease expires. */
  readonly until: Date
  /** When maintenance checks that the broker still has what no consumer has claimed. */
  readonly lostCheckAt: Date
}

/**
 * Leases what is due, exclusively for the caller; oldest first, 500 at most. A running message whose deadline has passed is due as well, unless
 * a worker's transaction still locks the row. `concurrency`: messages per queue message, by handler.
 */
export async function lease(
  database: Database,
  leaseId: string,
  concurrency: ReadonlyMap<string, number>,
  { now, until, lostCheckAt }: LeaseTimes
): Promise<LeasedMessage[]> {
  const { rows } = await database.query<LeasedMessage & { at: number }>(LEASE, [
    now.toISOString(),
    [...concurrency.keys()],
    [...concurrency.values()],
    leaseId,
    until.toISOString(),
    lostCheckAt.toISOString()
  ])
  return rows.sort((one, other) => one.at - other.at)
}

/** After the broker has accepted all leased messages, or the others were returned. */
export async function endLease(database: Database, leaseId: string): Promise<void> {
  await database.query('delete from kernel_lease where id = $1', [leaseId])
}

const RETURN = `update kernel_message set state = 'waiting', due_at = $2, batch = null where id = any($1::uuid[]) and ${inState('queued')}`

/** Makes leased messages due again that the broker may not have accepted. */
export async function returnLeased(database: Database, ids: readonly string[]): Promise<void> {
  await database.query(RETURN, [ids, DUE_NOW])
}

const RETURN_EXPIRED = `with expired as (delete from kernel_lease where until <= $1 returning batches)
  update kernel_message m set state = 'waiting', due_at = $2, batch = null
  where m.state = 'queued' and m.batch in (select unnest(batches) from expired)`

/** Makes due again what relays that died had leased; some of it may be published twice. */
export async function returnExpiredLeases(database: Database, now: Date): Promise<void> {
  await database.query(RETURN_EXPIRED, [now.toISOString(), DUE_NOW])
}

// A running message without a row lock is one whose worker died, unless it was claimed so recently that its transaction is yet to begin.
const CLAIM = `with mine as (select id from kernel_message where id = any($1::uuid[]) and task = $2
      and case state when 'running' then started_at < $3::timestamptz - interval '2 seconds' else state in ('waiting', 'queued') end
      and ${IS_SUSPECT} = $5
    for update skip locked)
  update kernel_message m set state = 'running', attempts = m.attempts + 1, crashes = m.crashes + (m.state = 'running')::int, key = null,
    started_at = $3, due_at = $4
  from mine where m.id = mine.id
  returning m.id, m.payload, m.attempts, m.crashes, m.request_id, m.actor_id, (extract(epoch from m.scheduled_for) * 1000)::float8 as scheduled_for`

export interface ClaimTimes {
  readonly now: Date
  /** From then on another worker may claim the message, should this one have died. */
  readonly until: Date
}

/**
 * Counts an attempt of each message, in a commit of its own so that an attempt that ends its process counts. Returns those it could claim: not
 * finished, not locked, and suspects (in an attempt when processes ended, twice or more) only with `suspects`, the others only without.
 */
export async function claim(
  database: Database,
  ids: readonly string[],
  handler: string,
  { now, until }: ClaimTimes,
  suspects: boolean
): Promise<ClaimedMessage[]> {
  return (await database.query<ClaimedMessage>(CLAIM, [ids, handler, now.toISOString(), until.toISOString(), suspects])).rows
}

/** Of a message that could not be claimed: `over` is done, parked or gone; `open` is held by another worker or relay, or was until now. */
export type ClaimStatus = 'over' | 'open' | 'suspect'

const CLAIM_STATUS = `select ${IS_SUSPECT} as suspect from kernel_message
  where id = $1 and case when state in ('waiting', 'queued', 'running') then true else false end`

export async function claimStatus(database: Database, id: string): Promise<ClaimStatus> {
  const {
    rows: [row]
  } = await database.query<{ suspect: boolean }>(CLAIM_STATUS, [id])
  if (!row) return 'over'
  return row.suspect ? 'suspect' : 'open'
}

const FINISH = `update kernel_message set state = 'done', ended_at = $2, reason = null, error = null where id = $1 and ${inState('running')}`

/**
 * First statement in the transaction of the handler's effect: both commit together, and the row stays locked until then. False when the
 * message is no longer running: done by another attempt, parked or dropped.
 */
export async function finish(tx: Tx, id: string, now: Date): Promise<boolean> {
  return (await tx.query(FINISH, [id, now.toISOString()])).rowCount === 1
}

/** Stores what the handler returned, in the same transaction. */
export async function saveResult(tx: Tx, id: string, result: unknown): Promise<void> {
  await tx.query('update kernel_message set result = $2::jsonb where id = $1', [id, JSON.stringify(result)])
}

const RETRY = `update kernel_message set state = 'waiting', due_at = $3, error = $4 where id = $1 and ${inState('running', 'attempts = $2')}`

/** After a failed attempt; the next one begins at `at`. */
export async function scheduleRetry(
  database: Database,
  { id, attempts }: ClaimedMessage,
  at: Date,
  error: string
): Promise<void> {
  await database.query(RETRY, [id, attempts, at.toISOString(), error])
}

const RETURN_CLAIMED = `update kernel_message set state = 'waiting', due_at = $3, attempts = attempts - 1 where id = $1 and ${inState('running', 'attempts = $2')}`

/** After a cancelled attempt, which does not count; another worker can claim the message at once. */
export async function returnClaimed(database: Database, { id, attempts }: ClaimedMessage): Promise<void> {
  await database.query(RETURN_CLAIMED, [id, attempts, DUE_NOW])
}

const PARK = `update kernel_message set state = 'parked', reason = $3, error = $4, ended_at = $5 where id = any($1::uuid[]) and state = $2`

/** Parked messages stay until an operator retries or drops them, or `releaseHandled` finds a handler. */
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

/** Makes due again what was parked without a handler and has one now. Returns how many. */
export async function releaseHandled(database: Database, handlers: readonly string[]): Promise<number> {
  return (await database.query(RELEASE, [handlers, DUE_NOW])).rowCount
}
