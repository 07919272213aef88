import { definePlugin } from 'care-kernel'
import { commands } from './commands.ts'
import { demo } from './demo.ts'
import { email, generate } from './jobs.ts'
import { manifest } from './manifest.ts'
import { SummaryJob } from './models.ts'
import { summaryRules } from './policy.ts'
import { summaryRoutes } from './routes.ts'
import { services } from './services.ts'

export default definePlugin({
  ...manifest,
  models: [SummaryJob],
  migrations: new URL('../../migrations/discharge-summary/', import.meta.url),
  services,
  permissions: { rules: summaryRules },
  hooks: {
    'consultations/consultation-discharging': async (tx, { consultationId }, { summaries }) => {
      await summaries.request(tx, consultationId)
    }
  },
  jobs: { generate, email },
  routes: summaryRoutes,
  commands,
  demo,
  stop: async ({ typesetter }) => typesetter.stop()
})
