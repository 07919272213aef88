import { definePlugin } from 'care-kernel'
import { Type } from 'typebox'
import { commands } from './commands.ts'
import { reporting } from './contract.ts'
import { refreshGroups, staleness } from './grant.ts'
import { Settings } from './settings.ts'

export default definePlugin({
  contract: reporting,
  version: '1.0.0',
  kernel: '^1.0.0',
  summary: 'Masked views of every table, for Metabase, Superset and the like',
  ports: ['database'],
  config: Settings,
  migrations: new URL('../../migrations/reporting/', import.meta.url),
  jobs: {
    'refresh-groups': {
      payload: Type.Object({}),
      timeoutSeconds: 600,
      concurrency: 1,
      run: (payload, { tx }, scope) => refreshGroups(tx, scope)
    }
  },
  schedules: { nightly: { cron: '30 3 * * *', job: 'refresh-groups', payload: {} } },
  commands,
  health: {
    async views(scope) {
      const stale = await staleness(scope)
      if (stale) throw new Error(stale)
    }
  },
  async start(scope) {
    const stale = await staleness(scope)
    if (stale) scope.logger.warn({ code: 'REPORTING_STALE' }, stale)
  }
})
