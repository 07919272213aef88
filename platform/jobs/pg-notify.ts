import pg from 'pg'
import type { Database } from '../../kernel/ports/database.ts'

const CHANNEL = 'kernel_message'
const COALESCE_MS = 5

/**
 * Makes the function that notifies the relays of all processes that messages were written; it returns at once. Call it after the commit:
 * PostgreSQL serialises the commits of transactions that notify. Calls within 5 ms share a NOTIFY. One that is lost delays a message until the
 * next poll of a relay.
 */
export function makeNotifier({ pool }: Database): () => void {
  let resting: NodeJS.Timeout | undefined
  let again = false
  return function notify() {
    again = resting !== undefined
    if (again) return
    if (!pool.ending) pool.query(`notify ${CHANNEL}`).catch(() => undefined)
    resting = setTimeout(() => {
      resting = undefined
      if (again) notify()
    }, COALESCE_MS).unref()
  }
}

export interface MessageListener {
  /** Connects, unless it is connected. Rejects when it cannot; call it from time to time, as a lost connection does not come back by itself. */
  connect(): Promise<void>
  stop(): Promise<void>
}

/** Calls `notified` after messages were written, by any process, while it is connected. */
export function listenForMessages({ url }: Database, notified: () => void): MessageListener {
  let client: pg.Client | undefined
  return {
    async connect() {
      if (client) return
      const opened = new pg.Client({ connectionString: url, keepAlive: true, application_name: 'care-kernel wake-ups' })
      const forget = () => {
        if (client === opened) client = undefined
      }
      opened.on('error', forget)
      opened.on('end', forget)
      opened.on('notification', notified)
      await opened.connect()
      await opened.query(`listen ${CHANNEL}`)
      client = opened
    },
    async stop() {
      await client?.end().catch(() => undefined)
    }
  }
}
