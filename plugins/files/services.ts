import type { ScopeOf } from 'care-kernel'
import { FileService } from './files.ts'
import type { manifest } from './manifest.ts'
import { Owners } from './owners.ts'
import { Store } from './store.ts'

export const services = { files: FileService, owners: Owners, store: Store }

export type FileScope = ScopeOf<typeof manifest, typeof services>
