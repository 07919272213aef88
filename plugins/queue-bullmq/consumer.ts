import { WaitingError, type Job, type Worker } from 'bullmq'
import { messageOf, type Logger } from 'care-kernel'
import { backoff, type Delivery, type RetryPolicy } from 'care-kernel/gateway'
import { fromJob } from './message.ts'
import { inTime, type Bull, type Server } from './server.ts'

/** A process that dies with a message gives it to another; one that dies so often with it is killed by it. */
const DEATHS = 10
const RETRY_MS = 1000

export interface ConsumerInput {
  /** BullMQ's name of the queue. */
  readonly name: string
  /** Asked for with every failure, so that a changed policy holds at once. */
  readonly policy: () => RetryPolicy
  readonly handler: (delivery: Delivery) => Promise<void>
  readonly concurrency: number
  /** How long a process may be silent before what it runs is given to another. */
  readonly lockSeconds: number
}

/** Runs a queue's messages until the returned function is called, which waits for the running ones. Where the server is away it begins later. */
export function startConsumer(server: Server, input: ConsumerInput, logger: Logger): () => Promise<void> {
  const { name, policy, handler, concurrency, lockSeconds } = input
  const running = new Set<Promise<void>>()
  let stopping: Promise<void> | undefined
  let worker: Worker<string> | undefined
  void server.bull.then(bull => {
    if (!stopping) worker = start(bull)
  })
  return () => (stopping ??= stop())

  function start(bull: Bull): Worker<string> {
    const made = bull.worker(name, (job, token, signal) => track(process(job, token ?? '', signal)), {
      concurrency,
      lockDuration: lockSeconds * 1000,
      stalledInterval: lockSeconds * 500,
      maxStalledCount: DEATHS,
      runRetryDelay: RETRY_MS,
      settings: { backoffStrategy: attempt => backoff(policy(), attempt) }
    })
    made.on('error', error => logger.debug({ queue: name, reason: messageOf(error) }, 'a worker of the queue was disturbed'))
    made.on('lockRenewalFailed', ids => {
      for (const id of ids) made.cancelJob(id, 'another process has taken the message over')
    })
    return made
  }

  /**
   * What concerns retrying is the consumer's, so it is set on the job that arrived and does not travel. Errors are made anew: BullMQ
   * reads commands out of those of its own.
   */
  async function process(job: Job<string>, token: string, signal = new AbortController().signal): Promise<void> {
    Object.assign(job.opts, {
      attempts: policy().attempts,
      backoff: { type: 'port' },
      removeOnComplete: true,
      stackTraceLimit: 0
    })
    if (stopping) return giveBack(job, token)
    try {
      await handler({ ...fromJob(job), attempt: job.attemptsMade + 1, signal })
    } catch (error) {
      if (signal.aborted) return giveBack(job, token)
      throw new Error(messageOf(error))
    }
  }

  async function giveBack(job: Job<string>, token: string): Promise<never> {
    await job.moveToWait(token)
    throw new WaitingError()
  }

  function track(work: Promise<void>): Promise<void> {
    running.add(work)
    const done = () => void running.delete(work)
    work.then(done, done)
    return work
  }

  async function stop(): Promise<void> {
    // Where the server never answered nothing was begun.
    if (!worker) return
    worker.cancelAllJobs('the consumer is being stopped')
    const present = await server.check().then(
      () => true,
      () => false
    )
    // From here on it takes no more. Without a server to tell how they ended, BullMQ would wait for ever.
    const closed = worker.close(!present)
    while (running.size > 0) await Promise.allSettled(running)
    await inTime(closed, 'closing a worker').catch(() => worker?.disconnect())
  }
}
