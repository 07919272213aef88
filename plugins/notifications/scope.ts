import type { PluginScope } from 'care-kernel'
import type { authPermissions } from 'care-kernel/contracts/auth-permissions'
import type { consultations } from 'care-kernel/contracts/consultations'
import type { facilities } from 'care-kernel/contracts/facilities'
import type { patients } from 'care-kernel/contracts/patients'
import type { shifting } from 'care-kernel/contracts/shifting'
import type { TNull, TObject, TString, TInteger } from 'typebox'
import type { notifications } from './contract.ts'
import type { Notices } from './notices.ts'
import type { WebPush } from './web-push.ts'
import type { Settings } from './settings.ts'

/** Payloads of the plugin's jobs. */
export type Jobs = {
  readonly message: TObject<{ facilityId: TInteger; userId: TInteger; message: TString }>
  readonly push: TObject<{ notification: TString }>
  readonly 'text-of-shift': TObject<{ shiftId: TInteger; to: TString }>
  readonly purge: TNull
}

/** What the plugin declared. */
export type DeclaredScope = PluginScope<
  typeof notifications,
  'database' | 'sms',
  readonly [typeof authPermissions, typeof facilities],
  readonly [typeof patients, typeof consultations, typeof shifting],
  typeof Settings,
  Jobs
>

/** The same with the plugin's own services. */
export type NotificationScope = DeclaredScope & { readonly notices: Notices; readonly webPush: WebPush }
