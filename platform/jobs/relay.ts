import { randomUUID } from 'node:crypto'
import { within } from '../../kernel/lifecycle/deadline.ts'
import type { Clock } from '../../kernel/ports/clock.ts'
import type { Database } from '../../kernel/ports/database.ts'
import type { Queue } from '../../kernel/ports/queue.ts'
import { endLease, lease, park, returnExpired, returnLeased, type Leased } from './message-store.ts'
import { pluginOf, type Task, type Tasks } from './handlers.ts'

interface RelayParts {
  readonly database: Database
  readonly queue: Queue
  readonly clock: Clock
  readonly tasks: Tasks
  /** Plugins that are on. */
  readonly enabled: ReadonlySet<string>
}

/** How long a relay has for what it publishes; what it held when it died is due again then. */
const LEASE_MS = 30_000
const BROKER_MS = 10_000
/** A message that nobody has begun this long after it was published is looked for. */
export const DOUBT_MS = 60_000
/** Between two looks for leases of relays that died. */
const EXPIRY_LOOK_MS = 1000

/**
 * Gives one pass of the relay: leases what is due, publishes it to the broker, ends the lease. Run as many as you like. What a relay
 * held when it died is due again when its lease is over. Resolves with how many were due; rejects when the broker took not all.
 */
export function makeRelay({ database, queue, clock, tasks, enabled }: RelayParts): () => Promise<number> {
  const concurrency = new Map([...tasks.values()].map(task => [task.name, task.concurrency]))
  let lookedAt = Number.NEGATIVE_INFINITY

  return async () => {
    if (clock.monotonic() - lookedAt >= EXPIRY_LOOK_MS) {
      await returnExpired(database, clock.now())
      lookedAt = clock.monotonic()
    }
    const leaseId = randomUUID()
    const now = clock.now()
    const after = (ms: number) => new Date(now.getTime() + ms)
    const due = await lease(database, leaseId, concurrency, { now, until: after(LEASE_MS), doubtAt: after(DOUBT_MS) })
    if (due.length === 0) return 0
    const results = await Promise.allSettled(
      [...grouped(due, ({ task }) => task)].map(([name, messages]) => {
        const task = tasks.get(name)
        return task ? publish(task, messages, now) : parkStrange(name, messages)
      })
    )
    await endLease(database, leaseId)
    const failure = results.find(result => result.status === 'rejected')
    if (failure) throw failure.reason
    return due.length
  }

  async function publish(task: Task, messages: readonly Leased[], now: Date): Promise<void> {
    // A broker that remembers ids must not take the second publication of a message that it lost for a repeat of the first.
    const parcels = [...grouped(messages, ({ batch }) => batch)].map(([batch, carried]) => ({
      id: `${batch}.${now.getTime()}`,
      body: carried.map(({ id }) => id),
      priority: carried[0]?.priority ?? 0
    }))
    try {
      await within(queue.publish(task.name, parcels), BROKER_MS, () => new Error('the broker does not answer'))
    } catch (error) {
      await returnLeased(
        database,
        messages.map(({ id }) => id)
      )
      throw error
    }
  }

  async function parkStrange(task: string, messages: readonly Leased[]): Promise<void> {
    const plugin = pluginOf(task)
    const [reason, error] = enabled.has(plugin)
      ? (['unknown', `${plugin} has no ${task.slice(plugin.length + 1)}: it is gone, or not there yet`] as const)
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

function grouped<K>(messages: readonly Leased[], keyOf: (message: Leased) => K): Map<K, Leased[]> {
  const groups = new Map<K, Leased[]>()
  for (const message of messages) {
    const group = groups.get(keyOf(message))
    if (group) group.push(message)
    else groups.set(keyOf(message), [message])
  }
  return groups
}
