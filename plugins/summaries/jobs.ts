import { Type, type Static } from 'typebox'
import type { Handling } from 'care-kernel/jobs'
import { KIND_NAMES, KINDS, type KindName } from './kinds.ts'
import type { SummaryScope } from './scope.ts'

const payload = Type.Object({ kind: Type.Union(KIND_NAMES.map(name => Type.Literal(name))) })

/** Writes one kind of summary, unless it is switched off. One at a time: the next finds less to do. */
export const write = {
  payload,
  attempts: 3,
  backoffSeconds: 30,
  timeoutSeconds: 600,
  concurrency: 1,
  async run({ kind }: Static<typeof payload>, { tx }: Handling, { config, summaries }: SummaryScope): Promise<void> {
    if (config[kind]) await summaries.write(tx, kind)
  }
} as const

/** When each kind is written (docs/api/gateways-jobs.md §8.2). */
export const schedules = Object.fromEntries(
  KIND_NAMES.map(kind => [KINDS[kind].path, { cron: KINDS[kind].cron, job: 'write', payload: { kind } }])
) as Readonly<Record<(typeof KINDS)[KindName]['path'], { cron: string; job: 'write'; payload: Static<typeof payload> }>>
