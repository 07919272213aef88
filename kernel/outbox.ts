import { randomUUID } from 'node:crypto'
import { Value } from 'typebox/value'
import type { EventPart } from './engines/events.ts'
import type { JobPart } from './engines/jobs.ts'
import type { EnqueueOptions } from './plugin.ts'
import type { Tx } from './ports/database.ts'

/** Writes of events and jobs in the business transaction: nothing is queued before commit, nothing committed is lost (design §6). */
export interface Outbox {
  emitter(plugin: string): (tx: Tx, event: string, payload: unknown) => Promise<void>
  enqueuer(plugin: string): (tx: Tx, job: string, payload: unknown, options?: EnqueueOptions) => Promise<string>
}

const INSERT = `insert into kernel_outbox (id, kind, name, subscriber, payload, run_at, key, priority)
  values ($1, $2, $3, $4, $5, coalesce($6::timestamptz, now()), $7, $8)
  on conflict (name, key) where key is not null and done_at is null do nothing`

/** One row per subscriber of an event, one row per job. Payloads are checked against the declared schema before they are written. */
export function makeOutbox(events: EventPart, jobs: JobPart): Outbox {
  return {
    emitter: plugin => async (tx, event, payload) => {
      const name = `${plugin}/${event}`
      const declared = events.events.get(name)
      if (!declared) throw new Error(`${plugin} does not declare the event ${event}`)
      if (!Value.Check(declared.schema, payload)) throw new Error(`the payload of ${name} does not fit its schema`)
      for (const subscriber of declared.subscribers)
        await tx.query(INSERT, [randomUUID(), 'event', name, subscriber, JSON.stringify(payload), null, null, 0])
    },
    enqueuer:
      plugin =>
      async (tx, job, payload, options = {}) => {
        const name = `${plugin}.${job}`
        const declared = jobs.get(name)
        if (!declared) throw new Error(`${plugin} does not declare the job ${job}`)
        if (!Value.Check(declared.job.payload, payload)) throw new Error(`the payload of ${name} does not fit its schema`)
        const id = randomUUID()
        await tx.query(INSERT, [
          id,
          'job',
          name,
          plugin,
          JSON.stringify(payload),
          options.runAt?.toISOString() ?? null,
          options.key ?? null,
          options.priority ?? 0
        ])
        return id
      }
  }
}
