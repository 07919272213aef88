import { definePlugin } from 'care-kernel'
import { authPermissions, USER } from 'care-kernel/contracts/auth-permissions'
import { facilities, FACILITY } from 'care-kernel/contracts/facilities'
import { DISTRICT, LOCAL_BODY, places, STATE, WARD } from 'care-kernel/contracts/places'
import { patients } from './contract.ts'
import { demo } from './demo.ts'
import { dischargedRoutes } from './discharged.ts'
import { fillings, refuseLivePatients, seesPatientAt } from './fillings.ts'
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
import { PatientService } from './patients.ts'
import { noteRoutes } from './note-routes.ts'
import { patientRoutes } from './patient-routes.ts'
import { patientRules } from './policy.ts'
import { Registration } from './registration.ts'
import { patientRowAccess } from './row-access.ts'
import { forgetSearches } from './search-log.ts'
import { searchRoutes } from './search.ts'
import { Settings } from './settings.ts'
import { statsRoutes } from './stats.ts'

export default definePlugin({
  contract: patients,
  version: '1.0.0',
  kernel: '^1.0.0',
  summary: 'Patients: registration, search, transfer, notes, and what facilities count by day',
  requires: [places, authPermissions, facilities],
  reads: [DISTRICT, FACILITY, LOCAL_BODY, STATE, USER, WARD],
  ports: ['database'],
  config: Settings,
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
  services: { patients: PatientService, registration: Registration },
  permissions: { rules: patientRules, rowAccess: patientRowAccess },
  jobs: { 'forget-searches': forgetSearches },
  schedules: { 'forget-old-searches': { cron: '30 3 * * *', job: 'forget-searches', payload: null } },
  fills: fillings,
  hooks: { 'facilities/facility-deleting': refuseLivePatients, 'facilities/concern-asked': seesPatientAt },
  routes(app, scope) {
    patientRoutes(app, scope)
    searchRoutes(app, scope)
    dischargedRoutes(app, scope)
    noteRoutes(app, scope)
    statsRoutes(app, scope)
  },
  demo
})
