import { stackOf } from '../../kernel/plugin/problems.ts'
import type { Clock } from '../../kernel/ports/clock.ts'
import type { Database } from '../../kernel/ports/database.ts'
import type { Logger } from '../../kernel/ports/logger.ts'
import { backoff } from '../../kernel/ports/queue.ts'
import { Refusal } from '../../kernel/ports/refusal.ts'
import { runWithContext } from '../data/request-context.ts'
import { makePayloadValidator, type MessageHandler, type Scopes } from './handlers.ts'
import { finish, park, returnClaimed, saveResult, scheduleRetry, type ClaimedMessage, type Reason } from './message-store.ts'

/** How an attempt ended; `repeat`: another attempt had finished the message already. A label of the metric `care_job_seconds`. */
export type Outcome = 'done' | 'repeat' | 'retried' | 'parked' | 'given back'

interface AttemptParts {
  readonly database: Database
  readonly clock: Clock
  readonly logger: Logger
  readonly scopes: Scopes
  /** Cancels all running attempts. */
  readonly stopping: AbortSignal
}

/** A crash of the process is seldom the message's fault; so many are. */
const CRASHES_AT_MOST = 5
const PROGRESS_EVERY_MS = 500

/** Thrown into a handler whose time is over or whose worker stops. */
class Cancelled extends Error {
  readonly why: 'timeout' | 'stopping'

  constructor(why: 'timeout' | 'stopping') {
    super(why)
    this.name = why === 'timeout' ? 'Timeout' : 'Stopping'
    this.why = why
  }
}

/** Makes the function that runs a claimed message once and writes down how it ended. Rejects only when that cannot be written. */
export function makeAttempt({ database, clock, logger, scopes, stopping }: AttemptParts) {
  const validate = makePayloadValidator()

  return async function attempt(handler: MessageHandler, message: ClaimedMessage): Promise<Outcome> {
    const { crashes, payload } = message
    if (crashes >= CRASHES_AT_MOST)
      return parkRunning(handler, message, 'crashed', `the process ended during ${crashes} attempts`)
    const invalid = validate(handler.payload, payload)
    if (invalid) return parkRunning(handler, message, 'payload', `the payload does not fit: ${invalid}`)
    try {
      return (await execute(handler, message)) ? 'done' : 'repeat'
    } catch (error) {
      if (error instanceof Cancelled && error.why === 'stopping') {
        await returnClaimed(database, message)
        return 'given back'
      }
      return retryOrPark(handler, message, error)
    }
  }

  /** Marks the message done and runs the handler, in one transaction. False when the message is not running any more. */
  async function execute(handler: MessageHandler, message: ClaimedMessage): Promise<boolean> {
    const { id, payload, request_id: requestId, actor_id: actor, scheduled_for: scheduledFor, attempts } = message
    const context = { requestId: requestId ?? id, actor }
    const { signal, cancelled, release } = cancellation(handler.timeoutSeconds)
    try {
      return await database.transaction(async tx => {
        if (!(await finish(tx, id, clock.now()))) return false
        const handling = {
          ...context,
          id,
          tx,
          signal,
          attempt: attempts,
          scheduledFor: scheduledFor === null ? null : new Date(scheduledFor),
          progress: makeProgress(database, clock, id)
        }
        const work = runWithContext(context, async () => handler.run(payload, handling, scopes.get(handler.plugin) ?? {}))
        const result = await Promise.race([work, cancelled])
        if (result !== undefined) await saveResult(tx, id, result)
        return true
      })
    } finally {
      release()
    }
  }

  /** A signal that aborts after `timeoutSeconds` or when the worker stops, and a promise that rejects with it. */
  function cancellation(timeoutSeconds: number) {
    const controller = new AbortController()
    const { signal } = controller
    const cancelled = new Promise<never>((_, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
    )
    cancelled.catch(() => undefined)
    const stop = () => controller.abort(new Cancelled('stopping'))
    if (stopping.aborted) stop()
    else stopping.addEventListener('abort', stop)
    const timer = new AbortController()
    clock.sleep(timeoutSeconds * 1000, timer.signal).then(
      () => controller.abort(new Cancelled('timeout')),
      () => undefined
    )
    const release = () => {
      stopping.removeEventListener('abort', stop)
      timer.abort(ENDED)
    }
    return { signal, cancelled, release }
  }

  async function retryOrPark(handler: MessageHandler, message: ClaimedMessage, error: unknown): Promise<Outcome> {
    const { attempts, backoffSeconds, backoffAtMostSeconds, timeoutSeconds } = handler
    const isTimeout = error instanceof Cancelled
    const text = isTimeout ? `took longer than ${timeoutSeconds} s` : stackOf(error)
    const failures = message.attempts - message.crashes
    if (error instanceof Refusal || failures >= attempts)
      return parkRunning(handler, message, isTimeout ? 'timeout' : 'failed', text)
    const policy = { attempts, backoffMs: backoffSeconds * 1000, atMostMs: backoffAtMostSeconds * 1000 }
    await scheduleRetry(database, message, new Date(clock.now().getTime() + backoff(policy, failures)), text)
    log('warn', handler, message, text, 'failed, will be tried again')
    return 'retried'
  }

  async function parkRunning(handler: MessageHandler, message: ClaimedMessage, reason: Reason, text: string): Promise<Outcome> {
    await park(database, [message.id], 'running', reason, text, clock.now())
    log('error', handler, message, text, `parked: ${reason}`)
    return 'parked'
  }

  function log(level: 'warn' | 'error', { name: task }: MessageHandler, message: ClaimedMessage, error: string, text: string) {
    const { id, attempts, request_id: requestId } = message
    logger[level]({ task, message: id, requestId, attempt: attempts, error }, text)
  }
}

/** Made once: an error made for every timer would cost its stack. */
const ENDED = new Error('the attempt has ended')

/** Stores the percentage outside the handler's transaction, where others see it, at most twice a second: a handler may call it at will. */
function makeProgress(database: Database, clock: Clock, id: string): (percent: number) => Promise<void> {
  let writtenAt = Number.NEGATIVE_INFINITY
  return async percent => {
    const now = clock.monotonic()
    if (percent < 100 && now - writtenAt < PROGRESS_EVERY_MS) return
    writtenAt = now
    await database.query(
      'insert into kernel_progress (id, percent) values ($1, $2) on conflict (id) do update set percent = excluded.percent',
      [id, Math.round(Math.min(100, Math.max(0, percent)))]
    )
  }
}
