import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Actor } from '../../kernel/plugin/actor.ts'
import { causedBy, currentCause, type Cause } from '../data/request-context.ts'
import { unauthenticated } from './errors.ts'
import { hookWrites } from './route-hooks.ts'

/**
 * Remembers the writing request for whatever it calls, until it is answered, whether or not the client is still there: an audit can tell
 * who writes, a job who asked. Reads pay nothing.
 */
export function rememberWriters(app: FastifyInstance): void {
  const answered = new WeakMap<FastifyRequest, () => void>()
  hookWrites(app, {
    onRequest(request, reply, done) {
      const isOver = new Promise<void>(resolve => answered.set(request, resolve))
      void causedBy(new RequestCause(request), () => {
        done()
        return isOver
      })
    },
    onSend(request, reply, payload, done) {
      answered.get(request)?.()
      done(null, payload)
    }
  })
}

/** The writing request this code runs for; undefined in reads, jobs and commands. */
export function writingRequest(): FastifyRequest | undefined {
  return currentCause()?.request
}

/** Knows the actor as soon as the guard does. */
class RequestCause implements Cause {
  readonly request: FastifyRequest

  constructor(request: FastifyRequest) {
    this.request = request
  }

  get requestId(): string {
    return this.request.id
  }

  get actor(): number | null {
    return this.request.actor?.id ?? null
  }
}

/** Who asks, on a route that is not public: the guard has refused everybody else. */
export function actorOf({ actor }: FastifyRequest): Actor {
  if (!actor) throw unauthenticated()
  return actor
}
