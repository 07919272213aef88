import type { ScopeOf } from 'care-kernel'
import type { manifest } from './manifest.ts'
import { SampleService } from './samples.ts'

export const services = { samples: SampleService }

export type SampleScope = ScopeOf<typeof manifest, typeof services>
