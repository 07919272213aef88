import { defineManifest } from 'care-kernel'
import { authPermissions, USER } from 'care-kernel/contracts/auth-permissions'
import { CONSENT, CONSULTATION, consultations } from 'care-kernel/contracts/consultations'
import { facilities, FACILITY } from 'care-kernel/contracts/facilities'
import { PATIENT, patients } from 'care-kernel/contracts/patients'
import { Type } from 'typebox'
import { files } from './contract.ts'
import { Settings } from './settings.ts'

export const manifest = defineManifest({
  contract: files,
  version: '1.0.0',
  kernel: '^1.0.0',
  summary: 'Files about patients and consultations, pictures of facilities and users',
  requires: [authPermissions, facilities],
  optional: [patients, consultations],
  reads: [CONSENT, CONSULTATION, FACILITY, PATIENT, USER],
  ports: ['database', 'storage'],
  config: Settings,
  payloads: { 'clear-abandoned': Type.Object({ after: Type.Integer() }) }
})
