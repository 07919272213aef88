import type { PluginScope } from 'care-kernel'
import type { authPermissions } from 'care-kernel/contracts/auth-permissions'
import type { consultations } from 'care-kernel/contracts/consultations'
import type { facilities } from 'care-kernel/contracts/facilities'
import type { patients } from 'care-kernel/contracts/patients'
import type { TSchema } from 'typebox'
import type { shifting } from './contract.ts'
import type { Settings } from './settings.ts'
import type { ShiftService } from './shifts.ts'

/** What the plugin declared. */
export type DeclaredScope = PluginScope<
  typeof shifting,
  'database',
  readonly [typeof authPermissions, typeof facilities, typeof patients],
  readonly [typeof consultations],
  typeof Settings,
  Record<never, TSchema>
>

/** The same with the plugin's own services. */
export type ShiftScope = DeclaredScope & { readonly shifts: ShiftService }
