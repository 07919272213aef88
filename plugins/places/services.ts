import type { ScopeOf } from 'care-kernel'
import type { manifest } from './manifest.ts'
import { PlaceNames } from './places.ts'

export const services = { placeNames: PlaceNames }

export type PlacesScope = ScopeOf<typeof manifest, typeof services>
