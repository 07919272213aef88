import type { ScopeOf } from 'care-kernel'
import type { manifest } from './manifest.ts'
import { ShiftService } from './shifts.ts'

export const services = { shifts: ShiftService }

export type ShiftScope = ScopeOf<typeof manifest, typeof services>
