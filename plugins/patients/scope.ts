import type { PluginScope } from 'care-kernel'
import type { authPermissions } from 'care-kernel/contracts/auth-permissions'
import type { facilities } from 'care-kernel/contracts/facilities'
import type { places } from 'care-kernel/contracts/places'
import type { TSchema } from 'typebox'
import type { patients } from './contract.ts'
import type { PatientService } from './patients.ts'
import type { Registration } from './registration.ts'
import type { Settings } from './settings.ts'

/** What the plugin declared. */
export type DeclaredScope = PluginScope<
  typeof patients,
  'database',
  readonly [typeof places, typeof authPermissions, typeof facilities],
  readonly [],
  typeof Settings,
  Record<never, TSchema>
>

/** The same with the plugin's own services. */
export type PatientScope = DeclaredScope & { readonly patients: PatientService; readonly registration: Registration }
