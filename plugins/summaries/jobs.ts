import type { Static } from 'typebox'
import type { Handling } from 'care-kernel/jobs'
import { KIND_NAMES, KINDS, type KindName } from './kinds.ts'
import { manifest } from './manifest.ts'
import type { SummaryScope } from './services.ts'

const { write: payload } = manifest.payloads

/** Writes one kind of summary, unless the settings disable it. One at a time: a later run finds fewer changes. */
const write = {
  payload,
  attempts: 3,
  backoffSeconds: 30,
  timeoutSeconds: 600,
  concurrency: 1,
  async run({ kind }: Static<typeof payload>, { tx }: Handling, { config, summaries }: SummaryScope): Promise<void> {
    if (config[kind]) await summaries.write(tx, kind)
  }
} as const

export const jobs = { write }

/** Schedules by path (docs/api/gateways-jobs.md §8.2). */
export const schedules = Object.fromEntries(
  KIND_NAMES.map(kind => [KINDS[kind].path, { cron: KINDS[kind].cron, job: 'write', payload: { kind } }])
) as Readonly<Record<(typeof KINDS)[KindName]['path'], { cron: string; job: 'write'; payload: Static<typeof payload> }>>
