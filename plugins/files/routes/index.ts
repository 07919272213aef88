import type { FastifyInstance } from 'fastify'
import type { FileScope } from '../services.ts'
import { fileRoutes } from './files.ts'
import { pictureRoutes } from './pictures.ts'

export function routes(app: FastifyInstance, scope: FileScope): void {
  fileRoutes(app, scope)
  pictureRoutes(app, scope)
}
