import { defineManifest } from 'care-kernel'
import { authPermissions, USER } from 'care-kernel/contracts/auth-permissions'
import { consultations } from 'care-kernel/contracts/consultations'
import { facilities, FACILITY, MEMBER } from 'care-kernel/contracts/facilities'
import { files } from 'care-kernel/contracts/files'
import { patients } from 'care-kernel/contracts/patients'
import { shifting } from 'care-kernel/contracts/shifting'
import { Type } from 'typebox'
import { notifications } from './contract.ts'
import { Settings } from './settings.ts'

export const manifest = defineManifest({
  contract: notifications,
  version: '1.0.0',
  kernel: '^1.0.0',
  summary: 'Notifications of users: in the application, by web push; SMS about shifting requests',
  requires: [authPermissions, facilities],
  optional: [patients, consultations, shifting, files],
  reads: [FACILITY, MEMBER, USER],
  ports: ['database', 'sms'],
  config: Settings,
  payloads: {
    message: Type.Object({ facilityId: Type.Integer(), userId: Type.Integer(), message: Type.String() }),
    push: Type.Object({ notification: Type.String({ format: 'uuid' }) }),
    'text-of-shift': Type.Object({ shiftId: Type.Integer(), to: Type.String() }),
    purge: Type.Null()
  }
})
