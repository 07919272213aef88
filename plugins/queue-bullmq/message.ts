import type { Job } from 'bullmq'
import { bodyText, type QueueMessage, type RestingMessage } from 'care-kernel/gateway'

/** A message as a job: its id is the job's name, so that publishing again is never taken for a repeat; its body is text (jsonb alters JSON). */
export function toJob({ id, body, delayMs = 0, priority = 0 }: QueueMessage) {
  return {
    name: id,
    data: bodyText(body),
    opts: { ...(delayMs > 0 ? { delay: Math.ceil(delayMs) } : {}), ...(priority > 0 ? { priority } : {}) }
  }
}

/** The message of a job that runs. */
export function fromJob({ name, data, opts: { priority = 0 } }: Job<string>): QueueMessage {
  return { id: name, body: JSON.parse(data) as unknown, ...(priority > 0 ? { priority } : {}) }
}

/** The message of a job that rests, with what is left of its delay. */
export function fromResting(job: Job<string>, now: Date): RestingMessage {
  const left = job.delay > 0 ? job.timestamp + job.delay - now.getTime() : 0
  return {
    ...fromJob(job),
    attempts: job.attemptsMade,
    ...(left > 0 ? { delayMs: left } : {}),
    ...(job.failedReason ? { error: job.failedReason } : {})
  }
}
