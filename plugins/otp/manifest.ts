import { defineManifest } from 'care-kernel'
import { authPermissions } from 'care-kernel/contracts/auth-permissions'
import { PATIENT, patients } from 'care-kernel/contracts/patients'
import { Type } from 'typebox'
import { otp } from './contract.ts'
import { Settings } from './settings.ts'

export const manifest = defineManifest({
  contract: otp,
  version: '1.0.0',
  kernel: '^1.0.0',
  summary: 'Patients log in by a code sent to their phone, and read their own records',
  requires: [authPermissions, patients],
  reads: [PATIENT],
  ports: ['database', 'sms'],
  config: Settings,
  payloads: { 'send-code': Type.Object({ otpId: Type.Integer() }) }
})
