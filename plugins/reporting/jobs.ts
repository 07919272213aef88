import type { Handling } from 'care-kernel/jobs'
import { refreshGroups } from './grant.ts'
import { manifest, type ReportingScope } from './manifest.ts'

export const jobs = {
  'refresh-groups': {
    payload: manifest.payloads['refresh-groups'],
    timeoutSeconds: 600,
    concurrency: 1,
    run: (payload: unknown, { tx }: Handling, scope: ReportingScope) => refreshGroups(tx, scope)
  }
}

export const schedules = { nightly: { cron: '30 3 * * *', job: 'refresh-groups', payload: {} } } as const
