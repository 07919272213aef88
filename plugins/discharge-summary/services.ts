import type { ScopeOf } from 'care-kernel'
import type { manifest } from './manifest.ts'
import { Summaries } from './summaries.ts'
import { Typesetter } from './typesetter.ts'

export const services = { summaries: Summaries, typesetter: Typesetter }

export type SummaryScope = ScopeOf<typeof manifest, typeof services>
