import type { PluginScope } from 'care-kernel'
import type { authPermissions } from 'care-kernel/contracts/auth-permissions'
import type { consultations } from 'care-kernel/contracts/consultations'
import type { facilities } from 'care-kernel/contracts/facilities'
import type { files } from 'care-kernel/contracts/files'
import type { patients } from 'care-kernel/contracts/patients'
import type { TInteger, TObject, TString } from 'typebox'
import type { dischargeSummary } from './contract.ts'
import type { Settings } from './settings.ts'
import type { Summaries } from './summaries.ts'
import type { Typesetter } from './typesetter.ts'

/** Payloads of the plugin's jobs. */
export type Jobs = {
  readonly generate: TObject<{ consultationId: TInteger }>
  readonly email: TObject<{ file: TString; to: TString }>
}

/** What the plugin declared. */
export type DeclaredScope = PluginScope<
  typeof dischargeSummary,
  'database' | 'email',
  readonly [typeof authPermissions, typeof facilities, typeof patients, typeof consultations, typeof files],
  readonly [],
  typeof Settings,
  Jobs
>

/** The same with the plugin's own services. */
export type SummaryScope = DeclaredScope & { readonly summaries: Summaries; readonly typesetter: Typesetter }
