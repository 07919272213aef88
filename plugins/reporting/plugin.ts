import { definePlugin } from 'care-kernel'
import { commands } from './commands.ts'
import { staleness } from './grant.ts'
import { jobs, schedules } from './jobs.ts'
import { manifest } from './manifest.ts'

export default definePlugin({
  ...manifest,
  migrations: new URL('../../migrations/reporting/', import.meta.url),
  jobs,
  schedules,
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
