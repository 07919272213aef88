import type { TSchema } from 'typebox'
import { v7 as uuidv7 } from 'uuid'
import { currentContext } from '../data/request-context.ts'
import type { CollectedEvents } from './events.ts'
import type { CollectedJobs } from './jobs.ts'
import type { EnqueueOptions } from '../../kernel/plugin/jobs.ts'
import type { Clock } from '../../kernel/ports/clock.ts'
import type { Tx } from '../../kernel/ports/database.ts'
import { makePayloadValidator, subscriptionName } from './handlers.ts'
import { DUE_NOW } from './message-store.ts'

/**
 * Writes events and jobs of a plugin as messages in the caller's transaction: they exist if it commits, and no broker is asked. Each function
 * throws for what the plugin does not declare and for a payload that does not fit its schema.
 */
export interface Outbox {
  /** One message per subscriber. */
  emitter(plugin: string): (tx: Tx, event: string, payload: unknown) => Promise<void>
  /** Resolves with the id of the message. Throws RangeError for a priority that is not an integer from 0 to 1,000,000. */
  enqueuer(plugin: string): (tx: Tx, job: string, payload: unknown, options?: MessageOptions) => Promise<string>
  /** One message per payload, in one statement. */
  batcher(plugin: string): (tx: Tx, job: string, payloads: readonly unknown[]) => Promise<void>
}

export interface MessageOptions extends EnqueueOptions {
  /** The due time of the schedule that starts the job. */
  readonly scheduledFor?: Date
}

interface OutboxParts {
  readonly events: CollectedEvents
  readonly jobs: CollectedJobs
  readonly clock: Clock
  /** Called after the commit of each transaction that wrote a message. */
  readonly written?: () => void
}

// Ids grow with time, so that unfinished messages are neighbours in the index, however many are done.
// A repeat with the same key locks the row it finds: the attempt that claims it then sees what this transaction has committed.
const INSERT = `insert into kernel_message (id, task, payload, due_at, priority, key, request_id, actor_id, scheduled_for, created_at)
  select m.id, m.task, m.payload, $4::timestamptz, $5, $6, $7, $8, $9::timestamptz, $10::timestamptz
  from unnest($1::uuid[], $2::text[], $3::jsonb[]) as m (id, task, payload)
  on conflict (task, key) where key is not null do update set payload = excluded.payload,
    priority = least(kernel_message.priority, excluded.priority),
    due_at = case when kernel_message.state = 'waiting' then least(kernel_message.due_at, excluded.due_at) else kernel_message.due_at end
  returning id`

interface NewMessage {
  /** Name of the message handler. */
  readonly handler: string
  readonly payload: unknown
}

export function makeOutbox({ events, jobs, clock, written }: OutboxParts): Outbox {
  const validate = makePayloadValidator()

  async function write(
    tx: Tx,
    messages: readonly NewMessage[],
    { runAt, priority = 0, key, scheduledFor }: MessageOptions = {}
  ): Promise<string> {
    if (!Number.isInteger(priority) || priority < 0 || priority > 1_000_000)
      throw new RangeError('a priority is an integer from 0 to 1,000,000')
    const context = currentContext()
    const { rows } = await tx.query<{ id: string }>(INSERT, [
      messages.map(() => uuidv7()),
      messages.map(({ handler }) => handler),
      messages.map(({ payload }) => JSON.stringify(payload)),
      runAt?.toISOString() ?? DUE_NOW,
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
      const declared = events.get(name)
      if (!declared) throw new Error(`${plugin} does not declare the event ${event}`)
      check(name, declared.schema, payload)
      const messages = declared.subscribers.map(subscriber => ({ handler: subscriptionName(subscriber, name), payload }))
      if (messages.length > 0) await write(tx, messages)
    },
    enqueuer: plugin => async (tx, job, payload, options) => write(tx, [messageOf(plugin, job, payload)], options),
    batcher: plugin => async (tx, job, payloads) => {
      if (payloads.length > 0)
        await write(
          tx,
          payloads.map(payload => messageOf(plugin, job, payload))
        )
    }
  }

  function messageOf(plugin: string, job: string, payload: unknown): NewMessage {
    const handler = `${plugin}.${job}`
    const declared = jobs.get(handler)
    if (!declared) throw new Error(`${plugin} does not declare the job ${job}`)
    check(handler, declared.job.payload, payload)
    return { handler, payload }
  }

  function check(name: string, schema: TSchema, payload: unknown): void {
    const invalid = validate(schema, payload)
    if (invalid !== undefined) throw new Error(`the payload of ${name} does not fit its schema: ${invalid}`)
  }
}
