import { within } from '../deadline.ts'
import type { Clock } from '../ports/clock.ts'
import type { Database } from '../ports/database.ts'
import type { Queue } from '../ports/queue.ts'
import { confirm, lease, park, returnLease, type Leased } from './messages.ts'
import { pluginOf, type Tasks } from './task.ts'

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
      [...groupByTask(due)].map(([task, messages]) =>
        tasks.has(task) ? publish(task, messages, leasedUntil) : parkStrange(task, messages)
      )
    )
    const failure = results.find(result => result.status === 'rejected')
    if (failure) throw failure.reason
    return due.length
  }

  async function publish(task: string, messages: readonly Leased[], leasedUntil: Date): Promise<void> {
    const ids = messages.map(({ id }) => id)
    // A broker that remembers ids must not take the second publication of a message that it lost for a repeat of the first.
    const publication = leasedUntil.getTime()
    try {
      await within(
        queue.publish(
          task,
          messages.map(({ id, priority }) => ({ id: `${id}.${publication}`, body: id, priority }))
        ),
        BROKER_MS,
        () => new Error('the broker does not answer')
      )
    } catch (error) {
      await returnLease(database, ids, leasedUntil)
      throw error
    }
    await confirm(database, ids, leasedUntil, new Date(clock.now().getTime() + DOUBT_MS))
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

function groupByTask(messages: readonly Leased[]): Map<string, Leased[]> {
  const groups = new Map<string, Leased[]>()
  for (const message of messages) {
    const group = groups.get(message.task)
    if (group) group.push(message)
    else groups.set(message.task, [message])
  }
  return groups
}
