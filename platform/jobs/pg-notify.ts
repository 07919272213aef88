import pg from 'pg'
import type { Database } from '../../kernel/ports/database.ts'

const CHANNEL = 'kernel_message'
const COALESCE_MS = 5

/**
 * Gives the function that wakes the relays of all processes. It is called after a commit, and waits for nobody: inside the transaction
 * PostgreSQL would let no two such transactions commit side by side. The first call notifies at once, those of the next
 * moment together. A wake-up that is lost costs one poll.
 */
export function makeNotifier({ pool }: Database): () => void {
  let resting: NodeJS.Timeout | undefined
  let again = false
  return function wake() {
    again = resting !== undefined
    if (again) return
    if (!pool.ending) pool.query(`notify ${CHANNEL}`).catch(() => undefined)
    resting = setTimeout(() => {
      resting = undefined
      if (again) wake()
    }, COALESCE_MS).unref()
  }
}

/** Calls `woken` for every wake-up; while the connection is away, polling has to do. Call `keep` now and then to have it again. */
export function listenForWakeUps({ url }: Database, woken: () => void): { keep(): Promise<void>; stop(): Promise<void> } {
  let client: pg.Client | undefined
  return {
    async keep() {
      if (client) return
      const made = new pg.Client({ connectionString: url, keepAlive: true, application_name: 'care-kernel wake-ups' })
      const gone = () => {
        if (client === made) client = undefined
      }
      made.on('error', gone)
      made.on('end', gone)
      made.on('notification', woken)
      await made.connect()
      await made.query(`listen ${CHANNEL}`)
      client = made
    },
    async stop() {
      await client?.end().catch(() => undefined)
    }
  }
}
