import { defineManifest } from 'care-kernel'
import { authPermissions, USER } from 'care-kernel/contracts/auth-permissions'
import { CAPACITY, facilities, FACILITY, MEMBER } from 'care-kernel/contracts/facilities'
import { NOTE, PATIENT, patients } from 'care-kernel/contracts/patients'
import { places } from 'care-kernel/contracts/places'
import { consultations } from './contract.ts'
import { Settings } from './settings.ts'

export const manifest = defineManifest({
  contract: consultations,
  version: '1.0.0',
  kernel: '^1.0.0',
  summary: 'Consultations: diagnoses, symptoms, daily rounds, what changed, consents; ICD-11',
  requires: [places, authPermissions, facilities, patients],
  reads: [CAPACITY, FACILITY, MEMBER, NOTE, PATIENT, USER],
  ports: ['database', 'cache'],
  config: Settings
})
