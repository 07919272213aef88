import type { FastifyInstance } from 'fastify'
import type { PatientScope } from '../services.ts'
import { noteRoutes } from './notes.ts'
import { patientRoutes } from './patients.ts'
import { searchRoutes } from './search.ts'
import { statsRoutes } from './stats.ts'

export function routes(app: FastifyInstance, scope: PatientScope): void {
  patientRoutes(app, scope)
  searchRoutes(app, scope)
  noteRoutes(app, scope)
  statsRoutes(app, scope)
}
