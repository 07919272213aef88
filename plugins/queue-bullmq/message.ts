import type { Job } from 'bullmq'
import { serializeBody, type QueueMessage, type RetryPolicy, type StoredMessage } from 'care-kernel/gateway'

/** BullMQ does not accept a colon in a queue's name. */
export function bullName(name: string): string {
  return name.replace(/[%:]/g, sign => `%${sign.charCodeAt(0).toString(16)}`)
}

/**
 * The arguments of BullMQ's `add`. The id becomes the job's name: BullMQ drops a job whose id it has already. The body becomes text: PostgreSQL
 * stores data as jsonb, which does not keep JSON as it was.
 */
export function toJob({ id, body, delayMs = 0, priority = 0 }: QueueMessage) {
  return {
    name: id,
    data: serializeBody(body),
    opts: { ...(delayMs > 0 ? { delay: Math.ceil(delayMs) } : {}), ...(priority > 0 ? { priority } : {}) }
  }
}

/** The message of a running job. */
export function fromJob({ name, data, opts: { priority = 0 } }: Job<string>): QueueMessage {
  return { id: name, body: JSON.parse(data) as unknown, ...(priority > 0 ? { priority } : {}) }
}

/** The message of a job that waits or has failed; `delayMs` is the rest of its delay. */
export function fromStoredJob(job: Job<string>, now: Date): StoredMessage {
  const left = job.delay > 0 ? job.timestamp + job.delay - now.getTime() : 0
  return {
    ...fromJob(job),
    attempts: job.attemptsMade,
    ...(left > 0 ? { delayMs: left } : {}),
    ...(job.failedReason ? { error: job.failedReason } : {})
  }
}

/** Sets the consumer's options on a job it received: they are those of its policy, not of the time of publication. */
export function applyPolicy(job: Job<string>, { attempts }: RetryPolicy): void {
  Object.assign(job.opts, { attempts, backoff: { type: 'port' }, removeOnComplete: true, stackTraceLimit: 0 })
}
