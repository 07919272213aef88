import type { ScopeOf } from 'care-kernel'
import { ChangeLog } from './change-log.ts'
import { ConsultationService } from './consultations.ts'
import type { manifest } from './manifest.ts'

export const services = { changeLog: ChangeLog, consultations: ConsultationService }

export type ConsultationScope = ScopeOf<typeof manifest, typeof services>
