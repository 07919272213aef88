import { definePlugin } from 'care-kernel'
import { authPermissions, everybody } from 'care-kernel/contracts/auth-permissions'
import { patients } from 'care-kernel/contracts/patients'
import { codeRoutes } from './code-routes.ts'
import { Codes } from './codes.ts'
import { otp } from './contract.ts'
import { PatientMobileOtp } from './models.ts'
import { patientScheme, PatientTokens } from './patient-tokens.ts'
import { recordRoutes } from './record-routes.ts'
import { ownRecordAccess } from './row-access.ts'
import { sendCode } from './send-code.ts'
import { Settings } from './settings.ts'

export default definePlugin({
  contract: otp,
  version: '1.0.0',
  kernel: '^1.0.0',
  summary: 'Patients log in by a code sent to their phone, and read their own records',
  requires: [authPermissions, patients],
  ports: ['database', 'sms'],
  config: Settings,
  models: [PatientMobileOtp],
  migrations: new URL('../../migrations/otp/', import.meta.url),
  services: { codes: Codes, patientTokens: PatientTokens },
  schemes: { patient: patientScheme },
  permissions: {
    rules: { 'otp.own-records': { summary: 'A patient looks at their own records', allow: everybody } },
    rowAccess: [ownRecordAccess]
  },
  jobs: { 'send-code': sendCode },
  routes(app, scope) {
    codeRoutes(app, scope)
    recordRoutes(app, scope)
  }
})
