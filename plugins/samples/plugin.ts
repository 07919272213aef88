import { definePlugin } from 'care-kernel'
import { demo } from './demo/index.ts'
import { claimResults, fileOwners } from './hooks.ts'
import { manifest } from './manifest.ts'
import { PatientExternalTest, PatientSample, PatientSampleFlow } from './models.ts'
import { sampleRules } from './policy.ts'
import { routes } from './routes/index.ts'
import { sampleRowAccess } from './row-access.ts'
import { services } from './services.ts'
import { slots } from './slots.ts'

export default definePlugin({
  ...manifest,
  models: [PatientSample, PatientSampleFlow, PatientExternalTest],
  migrations: new URL('../../migrations/samples/', import.meta.url),
  services,
  permissions: { rules: sampleRules, rowAccess: sampleRowAccess },
  fills: slots,
  hooks: { 'files/owners-asked': fileOwners, 'patients/srf-id-given': claimResults },
  routes,
  demo
})
