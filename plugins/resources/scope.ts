import type { PluginScope } from 'care-kernel'
import type { authPermissions } from 'care-kernel/contracts/auth-permissions'
import type { facilities } from 'care-kernel/contracts/facilities'
import type { TSchema } from 'typebox'
import type { resources } from './contract.ts'

/** What the plugin declared. */
export type ResourceScope = PluginScope<
  typeof resources,
  'database',
  readonly [typeof authPermissions, typeof facilities],
  readonly [],
  TSchema,
  Record<never, TSchema>
>
