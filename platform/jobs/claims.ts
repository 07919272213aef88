import type { Clock } from '../../kernel/ports/clock.ts'
import type { Database } from '../../kernel/ports/database.ts'
import { claim, type Claimed } from './message-store.ts'
import type { Task } from './handlers.ts'

/** After the task's time is over, before somebody else may take the message. */
const GRACE_AFTER_TIMEOUT_MS = 10_000

/** Begins attempts of messages; undefined where there is nothing to do about one now. */
export interface Claims {
  /** Together with others; not one that is suspected of ending processes. */
  claim(id: string): Promise<Claimed | undefined>
  /** Only one that is. */
  claimSuspect(id: string): Promise<Claimed | undefined>
}

interface Asked {
  readonly id: string
  resolve(message: Claimed | undefined): void
  reject(error: unknown): void
}

/**
 * Claims of one task. Those asked for while a statement is on its way go together in the next one: one commit for many where there are many, no delay where there is one.
 */
export function makeClaims(database: Database, clock: Clock, task: Task): Claims {
  let asked: Asked[] = []
  let working = false

  async function work(): Promise<void> {
    working = true
    while (asked.length > 0) {
      const batch = asked
      asked = []
      await begin(batch)
    }
    working = false
  }

  async function claimed(ids: readonly string[], suspects: boolean): Promise<Claimed[]> {
    const now = clock.now()
    const until = new Date(now.getTime() + task.timeoutSeconds * 1000 + GRACE_AFTER_TIMEOUT_MS)
    return claim(database, ids, task.name, now, until, suspects)
  }

  async function begin(batch: readonly Asked[]): Promise<void> {
    try {
      const ids = batch.map(({ id }) => id)
      const messages = new Map((await claimed(ids, false)).map(message => [message.id, message]))
      for (const { id, resolve } of batch) {
        resolve(messages.get(id))
        // A second delivery of the same message has not begun it.
        messages.delete(id)
      }
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }

  return {
    claim: id =>
      new Promise((resolve, reject) => {
        asked.push({ id: id.toLowerCase(), resolve, reject })
        if (!working) void work()
      }),
    claimSuspect: async id => (await claimed([id], true))[0]
  }
}
