import { randomUUID } from 'node:crypto'
import { within } from '../../kernel/lifecycle/deadline.ts'
import type { Clock } from '../../kernel/ports/clock.ts'
import type { Database } from '../../kernel/ports/database.ts'
import type { Queue } from '../../kernel/ports/queue.ts'
import { pluginOf, type MessageHandler, type MessageHandlers } from './handlers.ts'
import { endLease, lease, park, returnExpiredLeases, returnLeased, type LeasedMessage } from './message-store.ts'

interface RelayParts {
  readonly database: Database
  readonly queue: Queue
  readonly clock: Clock
  readonly handlers: MessageHandlers
  /** Names of the enabled plugins. */
  readonly enabled: ReadonlySet<string>
}

/** Longer than a pass takes, the broker's time limit included. */
const LEASE_MS = 30_000
const BROKER_MS = 10_000
const EXPIRY_CHECK_MS = 1000
/** A message that no consumer has claimed this long after its publication may be lost; maintenance asks the broker. */
export const LOST_CHECK_MS = 60_000

/**
 * Makes the function that runs one pass of the relay: leases what is due, publishes it to the broker, ends the lease. Any number of relays may
 * run; what one of them held when it died is due again when its lease expires. Resolves with how many messages were due; rejects when the broker
 * did not accept all of them.
 */
export function makeRelay({ database, queue, clock, handlers, enabled }: RelayParts): () => Promise<number> {
  const concurrency = new Map([...handlers.values()].map(handler => [handler.name, handler.concurrency]))
  let expiryCheckedAt = Number.NEGATIVE_INFINITY

  return async () => {
    if (clock.monotonic() - expiryCheckedAt >= EXPIRY_CHECK_MS) {
      await returnExpiredLeases(database, clock.now())
      expiryCheckedAt = clock.monotonic()
    }
    const leaseId = randomUUID()
    const now = clock.now()
    const after = (ms: number) => new Date(now.getTime() + ms)
    const times = { now, until: after(LEASE_MS), lostCheckAt: after(LOST_CHECK_MS) }
    const due = await lease(database, leaseId, concurrency, times)
    if (due.length === 0) return 0
    const results = await Promise.allSettled(
      [...groupBy(due, ({ handler }) => handler)].map(([name, messages]) => {
        const handler = handlers.get(name)
        return handler ? publish(handler, messages, now) : parkUnhandled(name, messages)
      })
    )
    await endLease(database, leaseId)
    const failure = results.find(result => result.status === 'rejected')
    if (failure) throw failure.reason
    return due.length
  }

  async function publish(handler: MessageHandler, messages: readonly LeasedMessage[], now: Date): Promise<void> {
    // The time keeps a broker that removes duplicates by id from dropping the second publication of a message that it lost.
    const queueMessages = [...groupBy(messages, ({ batch }) => batch)].map(([batch, carried]) => ({
      id: `${batch}.${now.getTime()}`,
      body: carried.map(({ id }) => id),
      priority: carried[0]?.priority ?? 0
    }))
    try {
      await within(queue.publish(handler.name, queueMessages), BROKER_MS, () => new Error('the broker does not answer'))
    } catch (error) {
      await returnLeased(
        database,
        messages.map(({ id }) => id)
      )
      throw error
    }
  }

  async function parkUnhandled(handler: string, messages: readonly LeasedMessage[]): Promise<void> {
    const plugin = pluginOf(handler)
    const [reason, error] = enabled.has(plugin)
      ? (['unknown', `${plugin} has no ${handler.slice(plugin.length + 1)}: it is gone, or not there yet`] as const)
      : (['off', `${plugin} is off`] as const)
    await park(
      database,
      messages.map(({ id }) => id),
      'queued',
      reason,
      error,
      clock.now()
    )
  }
}

function groupBy<K>(messages: readonly LeasedMessage[], keyOf: (message: LeasedMessage) => K): Map<K, LeasedMessage[]> {
  const groups = new Map<K, LeasedMessage[]>()
  for (const message of messages) {
    const group = groups.get(keyOf(message))
    if (group) group.push(message)
    else groups.set(keyOf(message), [message])
  }
  return groups
}
