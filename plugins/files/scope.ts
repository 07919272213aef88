import type { PluginScope } from 'care-kernel'
import type { authPermissions } from 'care-kernel/contracts/auth-permissions'
import type { consultations } from 'care-kernel/contracts/consultations'
import type { facilities } from 'care-kernel/contracts/facilities'
import type { patients } from 'care-kernel/contracts/patients'
import type { TInteger, TObject } from 'typebox'
import type { files } from './contract.ts'
import type { FileService } from './files.ts'
import type { Owners } from './owners.ts'
import type { Settings } from './settings.ts'
import type { Store } from './store.ts'

/** What the plugin declared. */
export type DeclaredScope = PluginScope<
  typeof files,
  'database' | 'storage',
  readonly [typeof authPermissions, typeof facilities],
  readonly [typeof patients, typeof consultations],
  typeof Settings,
  { readonly 'clear-abandoned': TObject<{ after: TInteger }> }
>

/** The same with the plugin's own services. */
export type FileScope = DeclaredScope & { readonly files: FileService; readonly owners: Owners; readonly store: Store }
