import type { Job, JobType, Queue as BullQueue } from 'bullmq'
import { messageOf, type Clock, type Logger, type Queue } from 'care-kernel'
import type { RetryPolicy, StoredMessage } from 'care-kernel/gateway'
import type { BullClasses, Connection } from './connection.ts'
import { startConsumer } from './consumer.ts'
import { bullName, fromStoredJob, toJob } from './message.ts'

const PUBLISHED_AT_ONCE = 1000
const PAGE = 100
const JOB_TYPES: Record<'waiting' | 'parked', JobType[]> = {
  waiting: ['waiting', 'prioritized', 'delayed'],
  parked: ['failed']
}

export interface QueueSettings {
  readonly lockSeconds: number
  readonly clock: Clock
  readonly logger: Logger
}

/** The port `queue` on BullMQ. Completed jobs are removed at once; a parked message is a failed job. */
export function makeQueue(connection: Connection, { lockSeconds, clock, logger }: QueueSettings): Queue {
  const policies = new Map<string, RetryPolicy>()
  const queues = new Map<string, BullQueue<string>>()
  const stops = new Set<() => Promise<void>>()
  let closing: Promise<void> | undefined

  function assertOpen(): void {
    if (closing) throw new Error('the queue is closed')
  }

  function policyOf(name: string): RetryPolicy {
    const policy = policies.get(name)
    if (!policy) throw new Error(`the queue ${name} is not declared`)
    return policy
  }

  /** Runs `work` with a declared queue. Rejects while the server is away. */
  async function withQueue<T>(name: string, work: (queue: BullQueue<string>, bull: BullClasses) => Promise<T>): Promise<T> {
    assertOpen()
    policyOf(name)
    return connection.run(bull => {
      const queue = queues.get(name) ?? bull.queue(bullName(name))
      // The caller gets the error; without a listener the event would end the process.
      if (!queues.has(name)) queue.on('error', () => undefined)
      queues.set(name, queue)
      return work(queue, bull)
    })
  }

  return {
    async declare(name, retry) {
      assertOpen()
      policies.set(name, retry)
    },

    async publish(name, messages) {
      policyOf(name)
      const jobs = messages.map(toJob)
      for (let at = 0; at < jobs.length; at += PUBLISHED_AT_ONCE)
        await withQueue(name, (queue, { bulkFrom }) => addJobs(queue, jobs.slice(at, at + PUBLISHED_AT_ONCE), bulkFrom))
    },

    async consume(name, handler, { concurrency }) {
      assertOpen()
      policyOf(name)
      if (!(concurrency >= 1)) throw new RangeError('concurrency must be at least 1')
      const settings = { name, policy: () => policyOf(name), handler, concurrency, lockSeconds }
      const stop = startConsumer(connection, settings, logger)
      stops.add(stop)
      return () => stop().finally(() => stops.delete(stop))
    },

    counts: name =>
      withQueue(name, async queue => {
        const { waiting = 0, prioritized = 0, active = 0, delayed = 0, failed = 0 } = await queue.getJobCounts()
        return { waiting: waiting + prioritized, active, delayed, parked: failed }
      }),

    async drain(name, from, take) {
      let taken = 0
      for (const type of JOB_TYPES[from]) taken += await drainType(name, type, take)
      return taken
    },

    check: () => connection.check(),

    close: () =>
      (closing ??= (async () => {
        await Promise.all([...stops].map(stop => stop()))
        await Promise.all([...queues.values()].map(queue => queue.close().catch(() => undefined)))
        await connection.close()
      })())
  }

  async function drainType(name: string, type: JobType, take: (message: StoredMessage) => Promise<boolean>): Promise<number> {
    const seen = new Set<string>()
    let taken = 0
    // Removed jobs move the others up, so the next page begins after those that were kept.
    for (let kept = 0; ;) {
      const page = await withQueue(name, queue => queue.getJobs(type, kept, kept + PAGE - 1, true))
      const jobs = page.filter(job => job?.id !== undefined && !seen.has(job.id))
      if (jobs.length === 0) return taken
      for (const job of jobs) {
        seen.add(job.id ?? '')
        if ((await take(fromStoredJob(job, clock.now()))) && (await remove(name, job))) taken++
        else kept++
      }
    }
  }

  /** False when a consumer has the job by now. */
  async function remove(name: string, job: Job<string>): Promise<boolean> {
    try {
      await withQueue(name, () => job.remove())
      return true
    } catch (error) {
      if (/locked/.test(messageOf(error))) return false
      throw error
    }
  }
}

async function addJobs(queue: BullQueue<string>, jobs: readonly ReturnType<typeof toJob>[], bulkFrom: number): Promise<void> {
  if (jobs.length >= bulkFrom) await queue.addBulk([...jobs])
  else for (const { name, data, opts } of jobs) await queue.add(name, data, opts)
}
