import { AsyncLocalStorage } from 'node:async_hooks'
import type { FastifyRequest } from 'fastify'

/** Why code runs: the writing request, or the message that is handled. Travels with what is emitted and enqueued on the way. */
export interface Cause {
  readonly requestId: string
  /** The user's id, or null for the system. */
  readonly actor: number | null
  readonly request?: FastifyRequest
}

/** The storage is off while nobody uses it: on Node 20 it costs every promise of the process, those of reads too (a tenth of a list's time). */
class Running {
  readonly #storage = new AsyncLocalStorage<Cause>()
  #begun = 0

  get cause(): Cause | undefined {
    return this.#storage.getStore()
  }

  async by<T>(cause: Cause, work: () => Promise<T>): Promise<T> {
    this.#begun++
    try {
      return await this.#storage.run(cause, work)
    } finally {
      if (--this.#begun === 0) this.#storage.disable()
    }
  }
}

// What is stored belongs to one request or message, so kernels that share this never meet.
const running = new Running()

/** Runs `work` so that it, and all it calls until it has ended, knows its cause. */
export function causedBy<T>(cause: Cause, work: () => Promise<T>): Promise<T> {
  return running.by(cause, work)
}

/** The cause of the running code; undefined in reads and commands. */
export function currentCause(): Cause | undefined {
  return running.cause
}
