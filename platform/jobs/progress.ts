import type { Clock } from '../../kernel/ports/clock.ts'
import type { Database } from '../../kernel/ports/database.ts'

const AT_MOST_EVERY_MS = 500

/**
 * Gives the function with which a handler says how far it is. Written outside the handler's transaction, for others to see, and at
 * most twice a second; a handler may call it as often as it likes.
 */
export function makeProgress(database: Database, clock: Clock, id: string): (percent: number) => Promise<void> {
  let told = -Infinity
  return async percent => {
    const now = clock.monotonic()
    if (percent < 100 && now - told < AT_MOST_EVERY_MS) return
    told = now
    await database.query(
      'insert into kernel_progress (id, percent) values ($1, $2) on conflict (id) do update set percent = excluded.percent',
      [id, Math.round(Math.min(100, Math.max(0, percent)))]
    )
  }
}
