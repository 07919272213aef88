import type { ScopeOf } from 'care-kernel'
import type { manifest } from './manifest.ts'
import { PatientService } from './patients.ts'
import { Registration } from './registration.ts'

export const services = { patients: PatientService, registration: Registration }

export type PatientScope = ScopeOf<typeof manifest, typeof services>
