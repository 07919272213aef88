import { definePlugin } from 'care-kernel'
import { authPermissions } from 'care-kernel/contracts/auth-permissions'
import { CAPACITY, facilities, FACILITY } from 'care-kernel/contracts/facilities'
import { PATIENT, PATIENT_STATS, patients } from 'care-kernel/contracts/patients'
import { DISTRICT, LOCAL_BODY, places } from 'care-kernel/contracts/places'
import { commands } from './commands.ts'
import { summaries } from './contract.ts'
import { schedules, write } from './jobs.ts'
import { DistrictSummary, FacilitySummary, LocalBodySummary } from './models.ts'
import { summaryRoutes } from './routes.ts'
import { Settings } from './settings.ts'
import { Summaries } from './summaries.ts'

export default definePlugin({
  contract: summaries,
  version: '1.0.0',
  kernel: '^1.0.0',
  summary: 'Capacity, patients, tests and triage of facilities and districts by day, for dashboards',
  requires: [places, authPermissions, facilities, patients],
  reads: [CAPACITY, DISTRICT, FACILITY, LOCAL_BODY, PATIENT, PATIENT_STATS],
  ports: ['cache', 'database'],
  config: Settings,
  models: [FacilitySummary, DistrictSummary, LocalBodySummary],
  migrations: new URL('../../migrations/summaries/', import.meta.url),
  services: { summaries: Summaries },
  jobs: { write },
  schedules,
  routes: summaryRoutes,
  commands
})
