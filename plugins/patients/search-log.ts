import { Type } from 'typebox'
import type { Handling } from 'care-kernel/jobs'
import { PatientSearch } from './models.ts'
import type { PatientScope } from './scope.ts'

const DAY_MS = 86_400_000

interface Page {
  readonly count: number
  readonly results: readonly { readonly patient_id: string }[]
}

/** Keeps who searched all patients by which keys, and who was on the page: a search shows people of facilities one is not of (FIX-8). */
export async function keepSearch(
  { database, clock, repository }: Pick<PatientScope, 'database' | 'clock' | 'repository'>,
  { userId, keys, page }: { readonly userId: number; readonly keys: readonly string[]; readonly page: string }
): Promise<void> {
  const { count, results } = JSON.parse(page) as Page
  await repository(PatientSearch).insert(database, {
    searched_at: clock.now(),
    user_id: userId,
    keys,
    found: count,
    shown: results.map(({ patient_id: id }) => id)
  })
}

/** Old searches are forgotten. */
export const forgetSearches = {
  payload: Type.Null(),
  timeoutSeconds: 600,
  async run(_: null, { tx }: Handling, { clock, config }: PatientScope): Promise<{ readonly forgotten: number }> {
    const before = new Date(clock.now().getTime() - config.keepSearchesDays * DAY_MS).toISOString()
    // Raw SQL: a set, every search before a time.
    const { rowCount } = await tx.query('delete from kernel_patient_search where searched_at < $1', [before])
    return { forgotten: rowCount }
  }
} as const
