import { definePlugin } from 'care-kernel'
import { authPermissions, USER } from 'care-kernel/contracts/auth-permissions'
import { CONSULTATION, consultations, DAILY_ROUND, DIAGNOSIS, ICD11, SYMPTOM } from 'care-kernel/contracts/consultations'
import { facilities, FACILITY } from 'care-kernel/contracts/facilities'
import { FILE, files } from 'care-kernel/contracts/files'
import { DISEASE, PATIENT, patients } from 'care-kernel/contracts/patients'
import { DISTRICT, places, STATE } from 'care-kernel/contracts/places'
import { commands } from './commands.ts'
import { dischargeSummary } from './contract.ts'
import { demo } from './demo.ts'
import { email, generate } from './jobs.ts'
import { SummaryJob } from './models.ts'
import { summaryRules } from './policy.ts'
import { summaryRoutes } from './routes.ts'
import type { SummaryScope } from './scope.ts'
import { Settings } from './settings.ts'
import { Summaries } from './summaries.ts'
import { Typesetter } from './typesetter.ts'

export default definePlugin({
  contract: dischargeSummary,
  version: '1.0.0',
  kernel: '^1.0.0',
  summary: 'The document a patient is handed when a stay ends: made in the background, kept privately, mailed on request',
  requires: [places, authPermissions, facilities, patients, consultations, files],
  reads: [CONSULTATION, DAILY_ROUND, DIAGNOSIS, DISEASE, DISTRICT, FACILITY, FILE, ICD11, PATIENT, STATE, SYMPTOM, USER],
  ports: ['database', 'email'],
  config: Settings,
  models: [SummaryJob],
  migrations: new URL('../../migrations/discharge-summary/', import.meta.url),
  services: { summaries: Summaries, typesetter: Typesetter },
  permissions: { rules: summaryRules },
  hooks: {
    'consultations/consultation-discharging': async (tx, { consultationId }, { summaries }: SummaryScope) => {
      await summaries.ask(tx, consultationId)
    }
  },
  jobs: { generate, email },
  routes: summaryRoutes,
  commands,
  demo,
  stop: async ({ typesetter }) => typesetter.stop()
})
