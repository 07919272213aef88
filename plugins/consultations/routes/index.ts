import type { FastifyInstance } from 'fastify'
import type { ConsultationScope } from '../services.ts'
import { consentRoutes } from './consents.ts'
import { consultationRoutes } from './consultations.ts'
import { diagnosisRoutes } from './diagnoses.ts'
import { eventRoutes } from './events.ts'
import { icdRoutes } from './icd.ts'
import { roundRoutes } from './rounds.ts'
import { symptomRoutes } from './symptoms.ts'

export function routes(app: FastifyInstance, scope: ConsultationScope): void {
  consultationRoutes(app, scope)
  diagnosisRoutes(app, scope)
  symptomRoutes(app, scope)
  roundRoutes(app, scope)
  eventRoutes(app, scope)
  consentRoutes(app, scope)
  icdRoutes(app, scope)
}
