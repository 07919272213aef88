import { messageOf } from './errors.ts'
import type { OpenKernel } from './kernel.ts'
import type { Database, Tx } from './ports/database.ts'

interface Row {
  readonly id: string
  readonly kind: 'event' | 'job'
  readonly name: string
  readonly subscriber: string
  readonly payload: unknown
  readonly attempts: number
}

const IDLE_MS = 250
const TAKE = `select id, kind, name, subscriber, payload, attempts from kernel_outbox
  where done_at is null and parked_at is null and run_at <= now() and subscriber = any($1)
  order by priority, run_at limit 1 for update skip locked`
const DONE = 'update kernel_outbox set done_at = now(), attempts = attempts + 1 where id = $1'
const FAILED = `update kernel_outbox set attempts = attempts + 1, error = $2, run_at = now() + $3 * interval '1 second',
  parked_at = case when $4 then now() end where id = $1`

/**
 * Runs jobs and events from the table they were written to, one transaction each: the row and its effect commit together, so a
 * crash at any point leaves the row waiting. Returns the function that stops it and waits for the running one.
 */
export function startRunner(kernel: OpenKernel, database: Database): () => Promise<void> {
  const stopper = new AbortController()
  const { clock, logger, composition } = kernel
  const enabled = composition.plugins.map(({ name }) => name)
  const running = loop()

  async function loop(): Promise<void> {
    while (!stopper.signal.aborted) {
      const found = await next().catch(error => {
        logger.error({ error: messageOf(error) }, 'the job table cannot be read')
        return false
      })
      if (!found) await clock.sleep(IDLE_MS, stopper.signal).catch(() => undefined)
    }
  }

  async function next(): Promise<boolean> {
    let failed: { row: Row; error: unknown } | undefined
    const found = await database
      .transaction(async tx => {
        const {
          rows: [row]
        } = await tx.query<Row>(TAKE, [enabled])
        if (!row) return false
        try {
          await handle(row, tx)
        } catch (error) {
          failed = { row, error }
          throw error
        }
        await tx.query(DONE, [row.id])
        return true
      })
      .catch(error => {
        if (failed) return true
        throw error
      })
    if (failed) await giveBack(failed.row, failed.error)
    return found
  }

  async function handle(row: Row, tx: Tx): Promise<void> {
    const plugin = composition.plugins.find(({ name }) => name === row.subscriber)?.plugin
    const handler = row.kind === 'job' ? composition.jobs.get(row.name)?.job.run : plugin?.on?.[row.name]
    if (!handler) throw new Error(`nobody handles ${row.kind} ${row.name}`)
    await handler(
      row.payload,
      { tx, signal: stopper.signal, actor: null, requestId: row.id, attempt: row.attempts + 1 },
      kernel.scopes.get(row.subscriber) ?? {}
    )
  }

  async function giveBack(row: Row, error: unknown): Promise<void> {
    const { attempts, backoffSeconds } = composition.jobs.get(row.name)?.job ?? { attempts: 5, backoffSeconds: 1 }
    const last = row.attempts + 1 >= attempts
    await database.query(FAILED, [row.id, messageOf(error).slice(0, 2000), backoffSeconds * 2 ** row.attempts, last])
    logger[last ? 'error' : 'warn'](
      { job: row.name, attempt: row.attempts + 1, error: (error as Error).name },
      last ? 'job parked' : 'job failed, will be tried again'
    )
  }

  return async () => {
    stopper.abort()
    await running
  }
}
