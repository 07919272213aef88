import { AsyncLocalStorage } from 'node:async_hooks'
import type { FastifyRequest } from 'fastify'

/** Why code runs: the writing request, or the message that is handled. Travels with what is emitted and enqueued on the way. */
export interface Cause {
  readonly requestId: string
  /** The user's id, or null for the system. */
  readonly actor: number | null
  readonly request?: FastifyRequest
}

// What is stored belongs to one request or message, so kernels that share this never meet.
const running = new AsyncLocalStorage<Cause>()

/** Runs `work` so that it, and all it calls, knows its cause. */
export function causedBy<T>(cause: Cause, work: () => T): T {
  return running.run(cause, work)
}

/** The cause of the running code; undefined in reads and commands. */
export function currentCause(): Cause | undefined {
  return running.getStore()
}
