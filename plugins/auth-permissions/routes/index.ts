import type { FastifyInstance } from 'fastify'
import type { AuthScope } from '../services.ts'
import { loginRoutes } from './login.ts'
import { middlewareRoutes } from './middleware.ts'
import { passwordRoutes } from './passwords.ts'
import { skillRoutes } from './skills.ts'
import { userRoutes } from './users.ts'

export function routes(app: FastifyInstance, scope: AuthScope): void {
  loginRoutes(app, scope)
  passwordRoutes(app, scope)
  userRoutes(app, scope)
  skillRoutes(app, scope)
  middlewareRoutes(app, scope)
}
