import type { Handling } from 'care-kernel/jobs'
import { manifest } from './manifest.ts'
import type { PatientScope } from './services.ts'

const DAY_MS = 86_400_000

/** Deletes searches older than `keepSearchesDays`. */
export const forgetSearches = {
  payload: manifest.payloads['forget-searches'],
  timeoutSeconds: 600,
  async run(_: null, { tx }: Handling, { clock, config }: PatientScope): Promise<{ readonly forgotten: number }> {
    const before = new Date(clock.now().getTime() - config.keepSearchesDays * DAY_MS).toISOString()
    // Raw SQL: a set, every search before a time.
    const { rowCount } = await tx.query('delete from kernel_patient_search where searched_at < $1', [before])
    return { forgotten: rowCount }
  }
} as const
