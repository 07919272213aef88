import { WaitingError, type Job, type Worker } from 'bullmq'
import { messageOf, type Logger } from 'care-kernel'
import { backoff, type Delivery, type RetryPolicy } from 'care-kernel/gateway'
import { withinAnswerTime, type BullClasses, type Connection } from './connection.ts'
import { applyPolicy, bullName, fromJob } from './message.ts'

/** A message whose process died is run by another one; after so many deaths BullMQ parks it. */
const DEATHS = 10
const RETRY_MS = 1000

export interface ConsumerSettings {
  /** The port's name of the queue. */
  readonly name: string
  /** Read for each delivery and failure, so that a changed policy takes effect at once. */
  readonly policy: () => RetryPolicy
  readonly handler: (delivery: Delivery) => Promise<void>
  readonly concurrency: number
  /** After how long without a sign of this process another one takes over its messages. */
  readonly lockSeconds: number
}

/**
 * Consumes a queue until the returned function is called, which resolves when the running handlers have ended. Starts when the server answers for
 * the first time.
 */
export function startConsumer(connection: Connection, settings: ConsumerSettings, logger: Logger): () => Promise<void> {
  const { name, policy, handler, concurrency, lockSeconds } = settings
  const queue = bullName(name)
  const running = new Set<Promise<void>>()
  let stopping: Promise<void> | undefined
  let worker: Worker<string> | undefined
  void connection.bull.then(bull => {
    if (!stopping) worker = start(bull)
  })
  return () => (stopping ??= stop())

  function start(bull: BullClasses): Worker<string> {
    const started = bull.worker(queue, (job, token, signal) => track(process(job, token ?? '', signal)), {
      concurrency,
      lockDuration: lockSeconds * 1000,
      stalledInterval: lockSeconds * 500,
      maxStalledCount: DEATHS,
      runRetryDelay: RETRY_MS,
      settings: { backoffStrategy: attempt => backoff(policy(), attempt) }
    })
    started.on('error', error => logger.debug({ queue, reason: messageOf(error) }, 'a worker of the queue was disturbed'))
    started.on('lockRenewalFailed', ids => {
      for (const id of ids) started.cancelJob(id, 'another process has taken the message over')
    })
    return started
  }

  async function process(job: Job<string>, token: string, signal = new AbortController().signal): Promise<void> {
    applyPolicy(job, policy())
    if (stopping) return returnToQueue(job, token)
    try {
      await handler({ ...fromJob(job), attempt: job.attemptsMade + 1, signal })
    } catch (error) {
      if (signal.aborted) return returnToQueue(job, token)
      // A new error: BullMQ treats those of its own classes as commands.
      throw new Error(messageOf(error))
    }
  }

  async function returnToQueue(job: Job<string>, token: string): Promise<never> {
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
    if (!worker) return
    worker.cancelAllJobs('the consumer is being stopped')
    const isPresent = await connection.check().then(
      () => true,
      () => false
    )
    // Takes no more from here on. `close` waits for the server to confirm the end of running jobs, for ever while it is away.
    const closed = worker.close(!isPresent)
    while (running.size > 0) await Promise.allSettled(running)
    await withinAnswerTime(closed, 'closing a worker').catch(() => worker?.disconnect())
  }
}
