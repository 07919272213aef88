import { definePlugin } from 'care-kernel'
import { authPermissions, USER } from 'care-kernel/contracts/auth-permissions'
import { CONSULTATION, consultations, SYMPTOM } from 'care-kernel/contracts/consultations'
import { dischargeSummary } from 'care-kernel/contracts/discharge-summary'
import { facilities, FACILITY } from 'care-kernel/contracts/facilities'
import { files } from 'care-kernel/contracts/files'
import { CONTACT, DISEASE, PATIENT, patients } from 'care-kernel/contracts/patients'
import { DISTRICT, LOCAL_BODY, places, STATE, WARD } from 'care-kernel/contracts/places'
import { summaries } from 'care-kernel/contracts/summaries'
import { samples } from './contract.ts'
import { demo } from './demo.ts'
import { externalRoutes } from './external-routes.ts'
import { claimResults, fillings, ownFiles } from './fillings.ts'
import { PatientExternalTest, PatientSample, PatientSampleFlow } from './models.ts'
import { sampleRules } from './policy.ts'
import { sampleRowAccess } from './row-access.ts'
import { sampleRoutes } from './sample-routes.ts'

export default definePlugin({
  contract: samples,
  version: '1.0.0',
  kernel: '^1.0.0',
  summary: 'Samples on their way to a laboratory and back, and what laboratories report by themselves',
  requires: [places, authPermissions, facilities, patients, consultations],
  extends: [files, dischargeSummary, summaries],
  reads: [CONSULTATION, CONTACT, DISEASE, DISTRICT, FACILITY, LOCAL_BODY, PATIENT, STATE, SYMPTOM, USER, WARD],
  ports: ['database'],
  models: [PatientSample, PatientSampleFlow, PatientExternalTest],
  migrations: new URL('../../migrations/samples/', import.meta.url),
  permissions: { rules: sampleRules, rowAccess: sampleRowAccess },
  fills: fillings,
  hooks: { 'files/owners-asked': ownFiles, 'patients/srf-id-given': claimResults },
  routes(app, scope) {
    sampleRoutes(app, scope)
    externalRoutes(app, scope)
  },
  demo
})
