import { definePlugin } from 'care-kernel'
import { demo } from './demo/index.ts'
import { refuseLivePatients, seesPatientAt } from './hooks.ts'
import { forgetSearches } from './jobs.ts'
import { manifest } from './manifest.ts'
import {
  Disease,
  HistoricalPatient,
  Patient,
  PatientContact,
  PatientMetaInfo,
  PatientNote,
  PatientNoteEdit,
  PatientSearch,
  PatientStats
} from './models.ts'
import { patientRules } from './policy.ts'
import { routes } from './routes/index.ts'
import { patientRowAccess } from './row-access.ts'
import { services } from './services.ts'
import { fills } from './slots.ts'

export default definePlugin({
  ...manifest,
  models: [
    Patient,
    HistoricalPatient,
    PatientMetaInfo,
    Disease,
    PatientContact,
    PatientNote,
    PatientNoteEdit,
    PatientStats,
    PatientSearch
  ],
  migrations: new URL('../../migrations/patients/', import.meta.url),
  services,
  permissions: { rules: patientRules, rowAccess: patientRowAccess },
  jobs: { 'forget-searches': forgetSearches },
  schedules: { 'forget-old-searches': { cron: '30 3 * * *', job: 'forget-searches', payload: null } },
  fills,
  hooks: { 'facilities/facility-deleting': refuseLivePatients, 'facilities/concern-asked': seesPatientAt },
  routes,
  demo
})
