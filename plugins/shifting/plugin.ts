import { definePlugin } from 'care-kernel'
import { demo } from './demo/index.ts'
import { manifest } from './manifest.ts'
import { ShiftingRequest, ShiftingRequestComment } from './models.ts'
import { shiftRules } from './policy.ts'
import { parties } from './reads.ts'
import { shiftRoutes } from './routes.ts'
import { shiftAccess } from './row-access.ts'
import { services } from './services.ts'
import { rejectOpen } from './shifts.ts'

export default definePlugin({
  ...manifest,
  models: [ShiftingRequest, ShiftingRequestComment],
  migrations: new URL('../../migrations/shifting/', import.meta.url),
  services,
  permissions: { rules: shiftRules, rowAccess: [shiftAccess] },
  hooks: { 'patients/patient-moving': rejectOpen, 'facilities/concern-asked': parties.concerns(shiftAccess) },
  routes: shiftRoutes,
  demo
})
