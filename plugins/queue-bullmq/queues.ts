import type { Job, JobType, Queue as BullQueue } from 'bullmq'
import { messageOf, type Clock, type Logger, type Queue } from 'care-kernel'
import type { RestingMessage, RetryPolicy } from 'care-kernel/gateway'
import { startConsumer } from './consumer.ts'
import { fromResting, toJob } from './message.ts'
import type { Bull, Server } from './server.ts'

const AT_ONCE = 1000
const PAGE = 100
const RESTING: Record<'waiting' | 'parked', JobType[]> = { waiting: ['waiting', 'prioritized', 'delayed'], parked: ['failed'] }

export interface QueueSettings {
  readonly lockSeconds: number
  readonly clock: Clock
  readonly logger: Logger
}

/** The port on BullMQ's classes. A finished job is removed at once; a parked message is BullMQ's failed job. */
export function makeQueues(server: Server, { lockSeconds, clock, logger }: QueueSettings): Queue {
  const policies = new Map<string, RetryPolicy>()
  const queues = new Map<string, BullQueue<string>>()
  const stops = new Set<() => Promise<void>>()
  let closing: Promise<void> | undefined

  function open(): void {
    if (closing) throw new Error('the queue is closed')
  }

  function policyOf(name: string): RetryPolicy {
    const policy = policies.get(name)
    if (!policy) throw new Error(`the queue ${name} is not declared`)
    return policy
  }

  /** Works with a declared queue of a server that is there. */
  async function on<T>(name: string, work: (queue: BullQueue<string>, bull: Bull) => Promise<T>): Promise<T> {
    open()
    policyOf(name)
    return server.run(bull => {
      const queue = queues.get(name) ?? bull.queue(bullName(name))
      // Whoever asked gets the error.
      if (!queues.has(name)) queue.on('error', () => undefined)
      queues.set(name, queue)
      return work(queue, bull)
    })
  }

  return {
    async declare(name, retry) {
      open()
      policies.set(name, retry)
    },

    async publish(name, messages) {
      policyOf(name)
      const jobs = messages.map(toJob)
      for (let at = 0; at < jobs.length; at += AT_ONCE)
        await on(name, (queue, { batchFrom }) => add(queue, jobs.slice(at, at + AT_ONCE), batchFrom))
    },

    async consume(name, handler, { concurrency }) {
      open()
      policyOf(name)
      if (!(concurrency >= 1)) throw new RangeError('concurrency must be at least 1')
      const policy = () => policyOf(name)
      const end = startConsumer(server, { name: bullName(name), policy, handler, concurrency, lockSeconds }, logger)
      stops.add(end)
      return () => end().finally(() => stops.delete(end))
    },

    counts: name =>
      on(name, async queue => {
        const { waiting = 0, prioritized = 0, active = 0, delayed = 0, failed = 0 } = await queue.getJobCounts()
        return { waiting: waiting + prioritized, active, delayed, parked: failed }
      }),

    async drain(name, from, take) {
      let taken = 0
      for (const type of RESTING[from]) taken += await drainType(name, type, take)
      return taken
    },

    check: () => server.check(),

    close: () =>
      (closing ??= (async () => {
        await Promise.all([...stops].map(stop => stop()))
        await Promise.all([...queues.values()].map(queue => queue.close().catch(() => undefined)))
        await server.close()
      })())
  }

  async function drainType(name: string, type: JobType, take: (message: RestingMessage) => Promise<boolean>): Promise<number> {
    const seen = new Set<string>()
    let taken = 0
    // What left moves the rest up: the next page begins after those that stayed.
    for (let stayed = 0; ;) {
      const page = await on(name, queue => queue.getJobs(type, stayed, stayed + PAGE - 1, true))
      const jobs = page.filter(job => job?.id !== undefined && !seen.has(job.id))
      if (jobs.length === 0) return taken
      for (const job of jobs) {
        seen.add(job.id ?? '')
        if ((await take(fromResting(job, clock.now()))) && (await remove(name, job))) taken++
        else stayed++
      }
    }
  }

  /** False when a consumer was faster. */
  async function remove(name: string, job: Job<string>): Promise<boolean> {
    try {
      await on(name, () => job.remove())
      return true
    } catch (error) {
      if (/locked/.test(messageOf(error))) return false
      throw error
    }
  }
}

/** One after another while they are few, where a batch is dear. */
async function add(queue: BullQueue<string>, jobs: readonly ReturnType<typeof toJob>[], batchFrom: number): Promise<void> {
  if (jobs.length >= batchFrom) await queue.addBulk([...jobs])
  else for (const { name, data, opts } of jobs) await queue.add(name, data, opts)
}

/** BullMQ's names hold no colon. */
function bullName(name: string): string {
  return name.replace(/[%:]/g, sign => `%${sign.charCodeAt(0).toString(16)}`)
}
