import type { FastifyInstance } from 'fastify'
import { publicKeys } from '../jwks.ts'
import type { AuthScope } from '../services.ts'

const SECONDS = 86_400

/** `/.well-known/jwks.json` (docs/api/auth-users.md §1.14), and `/middleware/verify`, which answers a middleware's own pseudo user. */
export function middlewareRoutes(app: FastifyInstance, { signingKeys }: AuthScope): void {
  app.get('/.well-known/jwks.json', { config: { permission: 'public' } }, async (request, reply) =>
    reply.header('cache-control', `max-age=${SECONDS}`).send(await publicKeys(await signingKeys.keys()))
  )

  app.get('/middleware/verify', { config: { permission: 'authenticated', scheme: 'middleware' } }, async ({ actor }) => ({
    id: null,
    username: actor?.username,
    last_login: null
  }))
}
