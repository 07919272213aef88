import { defineManifest } from 'care-kernel'
import { authPermissions, USER } from 'care-kernel/contracts/auth-permissions'
import { CONSULTATION, consultations, SYMPTOM } from 'care-kernel/contracts/consultations'
import { dischargeSummary } from 'care-kernel/contracts/discharge-summary'
import { facilities, FACILITY } from 'care-kernel/contracts/facilities'
import { files } from 'care-kernel/contracts/files'
import { CONTACT, DISEASE, PATIENT, patients } from 'care-kernel/contracts/patients'
import { DISTRICT, LOCAL_BODY, places, STATE, WARD } from 'care-kernel/contracts/places'
import { summaries } from 'care-kernel/contracts/summaries'
import { samples } from './contract.ts'

export const manifest = defineManifest({
  contract: samples,
  version: '1.0.0',
  kernel: '^1.0.0',
  summary: 'Samples sent to laboratories, and external results that laboratories upload',
  requires: [places, authPermissions, facilities, patients, consultations],
  extends: [files, dischargeSummary, summaries],
  reads: [CONSULTATION, CONTACT, DISEASE, DISTRICT, FACILITY, LOCAL_BODY, PATIENT, STATE, SYMPTOM, USER, WARD],
  ports: ['database']
})
