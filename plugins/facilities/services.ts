import type { ScopeOf } from 'care-kernel'
import { FacilityService } from './facilities.ts'
import type { manifest } from './manifest.ts'

export const services = { facilities: FacilityService }

export type FacilityScope = ScopeOf<typeof manifest, typeof services>
