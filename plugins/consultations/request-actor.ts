import type { FastifyRequest } from 'fastify'
import { unauthenticated, type Actor } from 'care-kernel'

/** Who asks, on a route that is not public: the guard has refused everybody else. */
export function actorOf({ actor }: FastifyRequest): Actor {
  if (!actor) throw unauthenticated()
  return actor
}
