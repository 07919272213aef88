import { definePlugin } from 'care-kernel'
import { authPermissions } from 'care-kernel/contracts/auth-permissions'
import { facilities } from 'care-kernel/contracts/facilities'
import { places } from 'care-kernel/contracts/places'
import { patients } from './contract.ts'
import { fillings, refuseLivePatients } from './fillings.ts'
import {
  Disease,
  HistoricalPatient,
  Patient,
  PatientContact,
  PatientMetaInfo,
  PatientNote,
  PatientNoteEdit,
  PatientStats
} from './models.ts'
import { PatientService } from './patients.ts'
import { patientRules } from './policy.ts'
import { Settings } from './settings.ts'

export default definePlugin({
  contract: patients,
  version: '1.0.0',
  kernel: '^1.0.0',
  summary: 'Patients: registration, search, transfer, notes, and what facilities count by day',
  requires: [places, authPermissions, facilities],
  ports: ['database', 'cache'],
  config: Settings,
  models: [Patient, HistoricalPatient, PatientMetaInfo, Disease, PatientContact, PatientNote, PatientNoteEdit, PatientStats],
  migrations: new URL('../../migrations/patients/', import.meta.url),
  services: { patients: PatientService },
  permissions: { rules: patientRules },
  fills: fillings,
  hooks: { 'facilities/facility-deleting': refuseLivePatients }
})
