import { defineManifest } from 'care-kernel'
import { DISTRICT, LOCAL_BODY, places, STATE, WARD } from 'care-kernel/contracts/places'
import { Type } from 'typebox'
import { authPermissions } from './contract.ts'
import { Settings } from './settings.ts'

export const manifest = defineManifest({
  contract: authPermissions,
  version: '1.0.0',
  kernel: '^1.0.0',
  summary: 'Login, users, skills, flags and the policy',
  requires: [places],
  reads: [DISTRICT, LOCAL_BODY, STATE, WARD],
  ports: ['database', 'cache', 'email'],
  config: Settings,
  payloads: { 'send-password-reset': Type.Object({ userId: Type.Integer() }) }
})
