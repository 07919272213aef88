import { defineManifest, type ScopeOf } from 'care-kernel'
import { authPermissions, USER } from 'care-kernel/contracts/auth-permissions'
import { facilities, FACILITY } from 'care-kernel/contracts/facilities'
import { resources } from './contract.ts'

export const manifest = defineManifest({
  contract: resources,
  version: '1.0.0',
  kernel: '^1.0.0',
  summary: 'Requests for oxygen and supplies from facility to facility',
  requires: [authPermissions, facilities],
  reads: [FACILITY, USER],
  ports: ['database']
})

export type ResourceScope = ScopeOf<typeof manifest>
