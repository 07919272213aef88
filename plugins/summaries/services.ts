import type { ScopeOf } from 'care-kernel'
import type { manifest } from './manifest.ts'
import { Summaries } from './summaries.ts'

export const services = { summaries: Summaries }

export type SummaryScope = ScopeOf<typeof manifest, typeof services>
