import { defineManifest } from 'care-kernel'
import { authPermissions, USER } from 'care-kernel/contracts/auth-permissions'
import { DISTRICT, LOCAL_BODY, places, STATE, WARD } from 'care-kernel/contracts/places'
import { facilities } from './contract.ts'
import { Settings } from './settings.ts'

export const manifest = defineManifest({
  contract: facilities,
  version: '1.0.0',
  kernel: '^1.0.0',
  summary: 'Facilities, their beds and doctors, who works there, hubs and spokes',
  requires: [places, authPermissions],
  reads: [DISTRICT, LOCAL_BODY, STATE, USER, WARD],
  ports: ['database'],
  config: Settings
})
