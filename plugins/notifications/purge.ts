import type { Handling } from 'care-kernel/jobs'
import { Type } from 'typebox'
import type { NotificationScope } from './scope.ts'

const DAY_MS = 86_400_000
const BATCH = 10_000

/** Old notifications go for good; rows that were deleted softly are not touched (contract gateways-jobs §6.3). */
export const purge = {
  payload: Type.Null(),
  timeoutSeconds: 600,
  async run(_: null, { tx, signal }: Handling, { clock, config }: NotificationScope): Promise<{ readonly purged: number }> {
    const before = new Date(clock.now().getTime() - config.keepDays * DAY_MS).toISOString()
    let purged = 0
    // Raw SQL: a set.
    for (let rowCount = BATCH; rowCount === BATCH && !signal.aborted; purged += rowCount)
      ({ rowCount } = await tx.query(
        `delete from facility_notification where id in (select id from facility_notification where created_date <= $1 and not deleted limit ${BATCH})`,
        [before]
      ))
    return { purged }
  }
} as const
