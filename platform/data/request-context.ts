import { AsyncLocalStorage } from 'node:async_hooks'
import type { FastifyRequest } from 'fastify'

/** For which request or message code runs. What that code emits and enqueues carries it on. */
export interface RequestContext {
  readonly requestId: string
  /** The user's id, or null for the system. */
  readonly actor: number | null
  /** Only while a writing request is answered; absent in message handlers. */
  readonly request?: FastifyRequest
}

/**
 * The storage is disabled while no context runs: on Node 20 an enabled one costs every promise of the process, those of reads too (a tenth
 * of a list's time).
 */
class ContextStorage {
  readonly #storage = new AsyncLocalStorage<RequestContext>()
  #running = 0

  async run<T>(context: RequestContext, work: () => Promise<T>): Promise<T> {
    this.#running++
    try {
      return await this.#storage.run(context, work)
    } finally {
      if (--this.#running === 0) this.#storage.disable()
    }
  }

  current(): RequestContext | undefined {
    return this.#storage.getStore()
  }
}

// One storage for the process: a context belongs to one request or message, so several kernels can share it.
const contexts = new ContextStorage()

/** Runs `work` and all that it calls, until it has settled, with `context` as the current one. */
export function runWithContext<T>(context: RequestContext, work: () => Promise<T>): Promise<T> {
  return contexts.run(context, work)
}

/** The context of the running code; undefined in reads and commands. */
export function currentContext(): RequestContext | undefined {
  return contexts.current()
}
