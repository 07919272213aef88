import { defineManifest } from 'care-kernel'
import { authPermissions, USER } from 'care-kernel/contracts/auth-permissions'
import { CONSULTATION, consultations, DAILY_ROUND, DIAGNOSIS, ICD11, SYMPTOM } from 'care-kernel/contracts/consultations'
import { facilities, FACILITY } from 'care-kernel/contracts/facilities'
import { FILE, files } from 'care-kernel/contracts/files'
import { DISEASE, PATIENT, patients } from 'care-kernel/contracts/patients'
import { DISTRICT, places, STATE } from 'care-kernel/contracts/places'
import { Type } from 'typebox'
import { dischargeSummary } from './contract.ts'
import { Settings } from './settings.ts'

export const manifest = defineManifest({
  contract: dischargeSummary,
  version: '1.0.0',
  kernel: '^1.0.0',
  summary: 'The document a patient is handed when a stay ends: made in the background, kept privately, mailed on request',
  requires: [places, authPermissions, facilities, patients, consultations, files],
  reads: [CONSULTATION, DAILY_ROUND, DIAGNOSIS, DISEASE, DISTRICT, FACILITY, FILE, ICD11, PATIENT, STATE, SYMPTOM, USER],
  ports: ['database', 'email'],
  config: Settings,
  payloads: {
    generate: Type.Object({ consultationId: Type.Integer() }),
    email: Type.Object({ file: Type.String({ format: 'uuid' }), to: Type.String() })
  }
})
