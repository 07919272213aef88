import type { FastifyInstance, FastifyRequest } from 'fastify'
import { currentContext, runWithContext, type RequestContext } from '../data/request-context.ts'
import { hookWrites } from './route-hooks.ts'

/**
 * Runs each writing request in its request context until it is answered, also after the client has disconnected, so that audit entries
 * and jobs know the request and its actor. Reads have no context: it would cost them time.
 */
export function rememberWriters(app: FastifyInstance): void {
  const answered = new WeakMap<FastifyRequest, () => void>()
  hookWrites(app, {
    onRequest(request, reply, done) {
      const isOver = new Promise<void>(resolve => answered.set(request, resolve))
      void runWithContext(new HttpRequestContext(request), () => {
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
  return currentContext()?.request
}

/** Reads the actor late: the request has none before it is authenticated. */
class HttpRequestContext implements RequestContext {
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
