import type { PluginScope } from 'care-kernel'
import type { authPermissions } from 'care-kernel/contracts/auth-permissions'
import type { places } from 'care-kernel/contracts/places'
import type { TSchema } from 'typebox'
import type { facilities } from './contract.ts'
import type { FacilityService } from './facilities.ts'
import type { Settings } from './settings.ts'

/** What the plugin declared. */
export type DeclaredScope = PluginScope<
  typeof facilities,
  'database',
  readonly [typeof places, typeof authPermissions],
  readonly [],
  typeof Settings,
  Record<never, TSchema>
>

/** The same with the plugin's own services. */
export type FacilityScope = DeclaredScope & { readonly facilities: FacilityService }
