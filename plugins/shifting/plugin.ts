import { definePlugin } from 'care-kernel'
import { authPermissions } from 'care-kernel/contracts/auth-permissions'
import { consultations } from 'care-kernel/contracts/consultations'
import { facilities, FACILITY } from 'care-kernel/contracts/facilities'
import { PATIENT, patients } from 'care-kernel/contracts/patients'
import { shifting } from './contract.ts'
import { demo } from './demo.ts'
import { ShiftingRequest, ShiftingRequestComment } from './models.ts'
import { shiftRules } from './policy.ts'
import { shiftRoutes } from './routes.ts'
import { shiftAccess } from './row-access.ts'
import { parties } from './shift-requests.ts'
import { Settings } from './settings.ts'
import { rejectOpen, ShiftService } from './shifts.ts'

export default definePlugin({
  contract: shifting,
  version: '1.0.0',
  kernel: '^1.0.0',
  summary: 'Shifting patients to another facility: requests, their way through the statuses, the transfer',
  requires: [authPermissions, facilities, patients],
  optional: [consultations],
  reads: [FACILITY, PATIENT],
  ports: ['database'],
  config: Settings,
  models: [ShiftingRequest, ShiftingRequestComment],
  migrations: new URL('../../migrations/shifting/', import.meta.url),
  services: { shifts: ShiftService },
  permissions: { rules: shiftRules, rowAccess: [shiftAccess] },
  hooks: { 'patients/patient-moving': rejectOpen, 'facilities/concern-asked': parties.concerns(shiftAccess) },
  routes: shiftRoutes,
  demo
})
