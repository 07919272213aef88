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

/** When each kind is written: cron expressions in the deployment's time zone (docs/api/gateways-jobs.md §8.2). */
const CRON: Readonly<Record<KindName, string>> = {
  facilityCapacity: '*/5 * * * *',
  patients: '59 * * * *',
  tests: '59 23 * * *',
  triage: '59 0,4,8,12,16,20 * * *',
  districtPatients: '59 * * * *'
}

/** Schedules by path. */
export const schedules = Object.fromEntries(
  KIND_NAMES.map(kind => [KINDS[kind].path, { cron: CRON[kind], job: 'write', payload: { kind } }])
) as Readonly<Record<(typeof KINDS)[KindName]['path'], { cron: string; job: 'write'; payload: Static<typeof payload> }>>
