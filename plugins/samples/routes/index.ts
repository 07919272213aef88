import type { FastifyInstance } from 'fastify'
import type { SampleScope } from '../services.ts'
import { externalResultRoutes } from './external-results.ts'
import { sampleRoutes } from './samples.ts'

export function routes(app: FastifyInstance, scope: SampleScope): void {
  sampleRoutes(app, scope)
  externalResultRoutes(app, scope)
}
