import type { PluginScope } from 'care-kernel'
import type { authPermissions } from 'care-kernel/contracts/auth-permissions'
import type { consultations } from 'care-kernel/contracts/consultations'
import type { facilities } from 'care-kernel/contracts/facilities'
import type { patients } from 'care-kernel/contracts/patients'
import type { places } from 'care-kernel/contracts/places'
import type { TSchema } from 'typebox'
import type { samples } from './contract.ts'

/** What the plugin declared. */
export type SampleScope = PluginScope<
  typeof samples,
  'database',
  readonly [typeof places, typeof authPermissions, typeof facilities, typeof patients, typeof consultations],
  readonly [],
  TSchema,
  Record<never, TSchema>
>
