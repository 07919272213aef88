import { within } from '../deadline.ts'
import type { Clock } from '../ports/clock.ts'
import type { Database } from '../ports/database.ts'
import type { Queue } from '../ports/queue.ts'
import { confirm, lease, park, returnLease, type Batch, type Leased } from './messages.ts'
import { pluginOf, type Task, type Tasks } from './task.ts'

interface RelayParts {
  readonly database: Database
  readonly queue: Queue
  readonly clock: Clock
  readonly tasks: Tasks
  /** Plugins that are on. */
  readonly enabled: ReadonlySet<string>
}

/** How long a relay has for what it publishes; what it held when it died is due again then. */
export const LEASE_MS = 30_000
const BROKER_MS = 10_000
/** A message that nobody has begun this long after it was published is looked for. */
export const DOUBT_MS = 60_000

/**
 * Gives one pass of the relay: leases what is due, publishes it to the broker, says so. Run as many as you like. What a relay held
 * when it died is due again when its lease is over. Resolves with how many were due; rejects when the broker took not all.
 */
export function makeRelay({ database, queue, clock, tasks, enabled }: RelayParts): () => Promise<number> {
  return async () => {
    const leasedUntil = new Date(clock.now().getTime() + LEASE_MS)
    const due = await lease(database, clock.now(), leasedUntil)
    const results = await Promise.allSettled(
      [...grouped(due, ({ task }) => task)].map(([name, messages]) => {
        const task = tasks.get(name)
        return task ? publish(task, messages, leasedUntil) : parkStrange(name, messages)
      })
    )
    const failure = results.find(result => result.status === 'rejected')
    if (failure) throw failure.reason
    return due.length
  }

  async function publish(task: Task, messages: readonly Leased[], leasedUntil: Date): Promise<void> {
    // A broker that remembers ids must not take the second publication of a message that it lost for a repeat of the first.
    const publication = leasedUntil.getTime()
    const parcels = [...grouped(messages, ({ priority }) => priority)].flatMap(([priority, group]) =>
      inBatches(group, task.concurrency).map(body => ({ id: `${body[0]}.${publication}`, body, priority }))
    )
    const batches = parcels.map(({ body }) => body)
    try {
      await within(queue.publish(task.name, parcels), BROKER_MS, () => new Error('the broker does not answer'))
    } catch (error) {
      await returnLease(database, batches.flat(), leasedUntil)
      throw error
    }
    await confirm(database, batches, leasedUntil, new Date(clock.now().getTime() + DOUBT_MS))
  }

  async function parkStrange(task: string, messages: readonly Leased[]): Promise<void> {
    const plugin = pluginOf(task)
    const [reason, error] = enabled.has(plugin)
      ? (['unknown', `${plugin} has no ${task.slice(plugin.length + 1)}: it is gone, or not there yet`] as const)
      : (['off', `${plugin} is off`] as const)
    await park(
      database,
      messages.map(({ id }) => id),
      'waiting',
      reason,
      error,
      clock.now()
    )
  }
}

/** As many in one as one process handles at once: so nobody waits for one that another process could begin. */
function inBatches(messages: readonly Leased[], most: number): Batch[] {
  const ids = messages.map(({ id }) => id)
  return Array.from(
    { length: Math.ceil(ids.length / most) },
    (_, at) => ids.slice(at * most, (at + 1) * most) as [string, ...string[]]
  )
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
