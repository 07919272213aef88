import type { PluginScope } from 'care-kernel'
import type { authPermissions } from 'care-kernel/contracts/auth-permissions'
import type { facilities } from 'care-kernel/contracts/facilities'
import type { patients } from 'care-kernel/contracts/patients'
import type { places } from 'care-kernel/contracts/places'
import type { TSchema } from 'typebox'
import type { ChangeLog } from './change-log.ts'
import type { ConsultationService } from './consultations.ts'
import type { consultations } from './contract.ts'
import type { Settings } from './settings.ts'

/** What the plugin declared. */
export type DeclaredScope = PluginScope<
  typeof consultations,
  'database' | 'cache',
  readonly [typeof places, typeof authPermissions, typeof facilities, typeof patients],
  readonly [],
  typeof Settings,
  Record<never, TSchema>
>

/** The same with the plugin's own services. */
export type ConsultationScope = DeclaredScope & {
  readonly changeLog: ChangeLog
  readonly consultations: ConsultationService
}
