import type { ScopeOf } from 'care-kernel'
import { Codes } from './codes.ts'
import type { manifest } from './manifest.ts'
import { PatientTokens } from './patient-tokens.ts'

export const services = { codes: Codes, patientTokens: PatientTokens }

export type OtpScope = ScopeOf<typeof manifest, typeof services>
