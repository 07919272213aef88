import { defineManifest } from 'care-kernel'
import { authPermissions, USER } from 'care-kernel/contracts/auth-permissions'
import { facilities, FACILITY } from 'care-kernel/contracts/facilities'
import { DISTRICT, LOCAL_BODY, places, STATE, WARD } from 'care-kernel/contracts/places'
import { Type } from 'typebox'
import { patients } from './contract.ts'
import { Settings } from './settings.ts'

export const manifest = defineManifest({
  contract: patients,
  version: '1.0.0',
  kernel: '^1.0.0',
  summary: 'Patients: registration, search, transfer, notes, and what facilities count by day',
  requires: [places, authPermissions, facilities],
  reads: [DISTRICT, FACILITY, LOCAL_BODY, STATE, USER, WARD],
  ports: ['database'],
  config: Settings,
  payloads: { 'forget-searches': Type.Null() }
})
