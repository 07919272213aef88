import { definePlugin } from 'care-kernel'
import { anyActor } from 'care-kernel/contracts/auth-permissions'
import { codeRoutes } from './code-routes.ts'
import { manifest } from './manifest.ts'
import { PatientMobileOtp } from './models.ts'
import { patientScheme } from './patient-tokens.ts'
import { recordRoutes } from './record-routes.ts'
import { ownRecordAccess } from './row-access.ts'
import { sendCode } from './send-code.ts'
import { services } from './services.ts'

export default definePlugin({
  ...manifest,
  models: [PatientMobileOtp],
  migrations: new URL('../../migrations/otp/', import.meta.url),
  services,
  schemes: { patient: patientScheme },
  permissions: {
    rules: { 'otp.own-records': { summary: 'A patient looks at their own records', allow: anyActor } },
    rowAccess: [ownRecordAccess]
  },
  jobs: { 'send-code': sendCode },
  routes(app, scope) {
    codeRoutes(app, scope)
    recordRoutes(app, scope)
  }
})
