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
let begun = 0

/**
 * Runs `work` so that it, and all it calls until it has ended, knows its cause. While none is running the storage is off: on Node 20 it
 * costs every promise of the process, those of reads too (a tenth of a list's time).
 */
export async function causedBy<T>(cause: Cause, work: () => Promise<T>): Promise<T> {
  begun++
  try {
    return await running.run(cause, work)
  } finally {
    if (--begun === 0) running.disable()
  }
}

/** The cause of the running code; undefined in reads and commands. */
export function currentCause(): Cause | undefined {
  return running.getStore()
}
