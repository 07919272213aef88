import { definePlugin } from 'care-kernel'
import { anyActor } from 'care-kernel/contracts/auth-permissions'
import { jobs } from './jobs.ts'
import { manifest } from './manifest.ts'
import { PatientMobileOtp } from './models.ts'
import { patientScheme } from './patient-tokens.ts'
import { routes } from './routes.ts'
import { ownRecordAccess } from './row-access.ts'
import { services } from './services.ts'

export default definePlugin({
  ...manifest,
  models: [PatientMobileOtp],
  migrations: new URL('../../migrations/otp/', import.meta.url),
  services,
  schemes: { patient: patientScheme },
  permissions: {
    rules: { 'otp.own-records': { summary: 'A patient reads their own records', allow: anyActor } },
    rowAccess: [ownRecordAccess]
  },
  jobs,
  routes
})
