import { defineManifest } from 'care-kernel'
import { authPermissions } from 'care-kernel/contracts/auth-permissions'
import { consultations } from 'care-kernel/contracts/consultations'
import { facilities, FACILITY } from 'care-kernel/contracts/facilities'
import { PATIENT, patients } from 'care-kernel/contracts/patients'
import { shifting } from './contract.ts'
import { Settings } from './settings.ts'

export const manifest = defineManifest({
  contract: shifting,
  version: '1.0.0',
  kernel: '^1.0.0',
  summary: 'Requests to shift patients to another facility: statuses, comments, the transfer',
  requires: [authPermissions, facilities, patients],
  optional: [consultations],
  reads: [FACILITY, PATIENT],
  ports: ['database'],
  config: Settings
})
