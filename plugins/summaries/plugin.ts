import { definePlugin } from 'care-kernel'
import { commands } from './commands.ts'
import { jobs, schedules } from './jobs.ts'
import { manifest } from './manifest.ts'
import { DistrictSummary, FacilitySummary, LocalBodySummary } from './models.ts'
import { routes } from './routes.ts'
import { services } from './services.ts'

export default definePlugin({
  ...manifest,
  models: [FacilitySummary, DistrictSummary, LocalBodySummary],
  migrations: new URL('../../migrations/summaries/', import.meta.url),
  services,
  jobs,
  schedules,
  routes,
  commands
})
