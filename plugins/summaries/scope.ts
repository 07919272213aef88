import type { PluginScope } from 'care-kernel'
import type { authPermissions } from 'care-kernel/contracts/auth-permissions'
import type { facilities } from 'care-kernel/contracts/facilities'
import type { patients } from 'care-kernel/contracts/patients'
import type { places } from 'care-kernel/contracts/places'
import type { TSchema } from 'typebox'
import type { summaries } from './contract.ts'
import type { Settings } from './settings.ts'
import type { Summaries } from './summaries.ts'

/** What the plugin declared, with its own service. */
export type SummaryScope = PluginScope<
  typeof summaries,
  'cache' | 'database',
  readonly [typeof places, typeof authPermissions, typeof facilities, typeof patients],
  readonly [],
  typeof Settings,
  Record<never, TSchema>
> & { readonly summaries: Summaries }
