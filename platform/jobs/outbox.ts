import type { EnqueueOptions } from '../../kernel/plugin/jobs.ts'
import { v7 as uuidv7 } from 'uuid'
import { currentContext } from '../data/request-context.ts'
import type { EventPart } from './events.ts'
import type { JobPart } from './jobs.ts'
import type { Clock } from '../../kernel/ports/clock.ts'
import type { Tx } from '../../kernel/ports/database.ts'
import { makeMisfit, subscriptionName } from './handlers.ts'

/** Writes of events and jobs in the business transaction: nothing is queued before commit, nothing committed is lost (design §6). */
export interface Outbox {
  emitter(plugin: string): (tx: Tx, event: string, payload: unknown) => Promise<void>
  enqueuer(plugin: string): (tx: Tx, job: string, payload: unknown, options?: MessageOptions) => Promise<string>
  batcher(plugin: string): (tx: Tx, job: string, payloads: readonly unknown[]) => Promise<void>
}

export interface MessageOptions extends EnqueueOptions {
  /** The due time of the schedule that asks. */
  readonly scheduledFor?: Date
}

interface OutboxParts {
  readonly events: EventPart
  readonly jobs: JobPart
  readonly clock: Clock
  /** Called after the commit of whatever wrote a message. */
  readonly written?: () => void
}

/** Due at once, whatever the clocks of this and other machines say. */
export const AT_ONCE = '-infinity'

// Ids that grow with time keep what is going on together in the index, however many are done.
// A repeat under one key locks the row it finds, so that whoever begins it sees what this transaction has done.
const INSERT = `insert into kernel_message (id, task, payload, due_at, priority, key, request_id, actor_id, scheduled_for, created_at)
  select m.id, m.task, m.payload, $4::timestamptz, $5, $6, $7, $8, $9::timestamptz, $10::timestamptz
  from unnest($1::uuid[], $2::text[], $3::jsonb[]) as m (id, task, payload)
  on conflict (task, key) where key is not null do update set payload = excluded.payload,
    priority = least(kernel_message.priority, excluded.priority),
    due_at = case when kernel_message.state = 'waiting' then least(kernel_message.due_at, excluded.due_at) else kernel_message.due_at end
  returning id`

interface Written {
  readonly task: string
  readonly payload: unknown
}

/** One row per subscriber of an event, one row per job, in one statement. Payloads are checked before they are written. */
export function makeOutbox({ events, jobs, clock, written }: OutboxParts): Outbox {
  const misfit = makeMisfit()

  async function write(
    tx: Tx,
    messages: readonly Written[],
    { runAt, priority = 0, key, scheduledFor }: MessageOptions = {}
  ): Promise<string> {
    if (!Number.isInteger(priority) || priority < 0 || priority > 1_000_000)
      throw new RangeError('a priority is an integer from 0 to 1,000,000')
    const context = currentContext()
    const { rows } = await tx.query<{ id: string }>(INSERT, [
      messages.map(() => uuidv7()),
      messages.map(({ task }) => task),
      messages.map(({ payload }) => JSON.stringify(payload)),
      runAt?.toISOString() ?? AT_ONCE,
      priority,
      key ?? null,
      context?.requestId ?? null,
      context?.actor ?? null,
      scheduledFor?.toISOString() ?? null,
      clock.now().toISOString()
    ])
    if (written) tx.afterCommit(written)
    return rows[0]?.id ?? ''
  }

  return {
    emitter: plugin => async (tx, event, payload) => {
      const name = `${plugin}/${event}`
      const declared = events.events.get(name)
      if (!declared) throw new Error(`${plugin} does not declare the event ${event}`)
      refuseMisfit(name, misfit(declared.schema, payload))
      const messages = declared.subscribers.map(subscriber => ({ task: subscriptionName(subscriber, name), payload }))
      if (messages.length > 0) await write(tx, messages)
    },
    enqueuer: plugin => async (tx, job, payload, options) => write(tx, [checked(plugin, job, payload)], options),
    batcher: plugin => async (tx, job, payloads) => {
      if (payloads.length > 0)
        await write(
          tx,
          payloads.map(payload => checked(plugin, job, payload))
        )
    }
  }

  function checked(plugin: string, job: string, payload: unknown): Written {
    const task = `${plugin}.${job}`
    const declared = jobs.get(task)
    if (!declared) throw new Error(`${plugin} does not declare the job ${job}`)
    refuseMisfit(task, misfit(declared.job.payload, payload))
    return { task, payload }
  }
}

function refuseMisfit(name: string, found: string | undefined): void {
  if (found !== undefined) throw new Error(`the payload of ${name} does not fit its schema: ${found}`)
}
