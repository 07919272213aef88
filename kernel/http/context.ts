import { AsyncLocalStorage } from 'node:async_hooks'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Actor } from '../actor.ts'
import { unauthenticated } from './errors.ts'

// What is stored belongs to one request, so kernels that share this never meet.
const running = new AsyncLocalStorage<FastifyRequest>()

/** Remembers the writing request for whatever it calls, so that an audit can tell who writes. Reads pay nothing. */
export function rememberWriters(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => (request.method === 'GET' ? done() : running.run(request, done)))
}

/** The writing request this code runs for; undefined in reads, jobs and commands. */
export function writingRequest(): FastifyRequest | undefined {
  return running.getStore()
}

/** Who asks, on a route that is not public: the guard has refused everybody else. */
export function actorOf({ actor }: FastifyRequest): Actor {
  if (!actor) throw unauthenticated()
  return actor
}
