import { setMaxListeners } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import pLimit, { type LimitFunction } from 'p-limit'
import { runWithContext } from '../data/request-context.ts'
import { stackOf } from '../../kernel/plugin/problems.ts'
import type { Clock } from '../../kernel/ports/clock.ts'
import type { Database } from '../../kernel/ports/database.ts'
import type { Logger } from '../../kernel/ports/logger.ts'
import { backoff, type Delivery, type Queue } from '../../kernel/ports/queue.ts'
import { Refusal } from '../../kernel/ports/refusal.ts'
import { isUuid } from '../rest/resource.ts'
import { makeClaims, type Claims } from './claims.ts'
import { finish, giveBack, keepResult, park, retryAt, standingOf, type Claimed, type Reason } from './message-store.ts'
import { makeProgress } from './progress.ts'
import { makeMisfit, type Scopes, type Task, type Tasks } from './handlers.ts'

export type Outcome = 'done' | 'repeat' | 'retried' | 'parked' | 'given back'

interface ConsumerParts {
  readonly database: Database
  readonly queue: Queue
  readonly clock: Clock
  readonly logger: Logger
  readonly tasks: Tasks
  readonly scopes: Scopes
  readonly observe: (task: string, outcome: Outcome, seconds: number) => void
}

export interface Consumer {
  /** Takes messages of every task; again after a failure, where it had come to. */
  subscribe(): Promise<void>
  isSubscribed(): boolean
  /** Messages in hand. */
  running(): number
  /** Takes no more, lets what runs end, calls it off after `graceMs`: it is given back. */
  stop(graceMs: number): Promise<void>
}

/** A process that ends during an attempt is seldom the message's fault; so many are. */
const CRASHES = 5
const AWAY_MS = 1000
/** Pauses before somebody else's message is asked for again: the relay's for a moment, a dead worker's until PostgreSQL notices. */
const IN_OTHER_HANDS_MS = [5, 50, 250, 1000, 3000]
/** Brokers retry only what could not even be begun or ended here; everything else is decided by the row. */
const BROKER_RETRY = { attempts: 20, backoffMs: 1000 } as const

/** Nothing that is seen: the time of a handling is no longer watched. */
const OVER = new Error('over')

/** Thrown into a handling that is called off. */
class CalledOff extends Error {
  readonly why: 'timeout' | 'stopping'

  constructor(why: 'timeout' | 'stopping') {
    super(why)
    this.name = why === 'timeout' ? 'Timeout' : 'Stopping'
    this.why = why
  }
}

/** Turns deliveries of the broker into effects, each once: see `messages.ts` for the steps. */
export function makeConsumer({ database, queue, clock, logger, tasks, scopes, observe }: ConsumerParts): Consumer {
  const subscriptions = new Map<string, () => Promise<void>>()
  const handlings = new Set<AbortController>()
  const stopping = new AbortController()
  // Every message in hand listens to it.
  setMaxListeners(0, stopping.signal)
  const misfit = makeMisfit()
  const alone = pLimit(1)

  /** All of a batch. Those that were not begun when the worker stops go back to the broker, with the batch. */
  async function deliver(task: Task, claims: Claims, limit: LimitFunction, { body, signal }: Delivery): Promise<void> {
    const ids = [body].flat().filter(id => typeof id === 'string' && isUuid(id)) as string[]
    const ends = await Promise.allSettled(
      ids.map(id =>
        limit(() => {
          signal.throwIfAborted()
          return work(task, claims, id)
        })
      )
    )
    const left = ends.find(end => end.status === 'rejected')
    if (left) throw left.reason
  }

  /**
   * One message. What may be ending processes is begun when no other suspect is in hand here: so the one at fault stands out, and takes
   * with it only those that are then begun alone in their turn.
   */
  async function work(task: Task, { claim, claimSuspect }: Claims, id: string): Promise<void> {
    for (const pause of [0, ...IN_OTHER_HANDS_MS]) {
      if (pause > 0) await wait(pause, undefined, { signal: stopping.signal })
      if (await begun(task, () => claim(id))) return
      const standing = await patiently(() => standingOf(database, id))
      if (standing === 'over') return
      if (standing === 'suspect' && (await alone(() => begun(task, () => claimSuspect(id))))) return
    }
  }

  /** Runs what could be claimed. */
  async function begun(task: Task, claimed: () => Promise<Claimed | undefined>): Promise<boolean> {
    const message = await patiently(claimed)
    if (message) await run(task, message)
    return message !== undefined
  }

  async function run(task: Task, message: Claimed): Promise<void> {
    const from = clock.monotonic()
    const outcome = await patiently(() => handle(task, message))
    observe(task.name, outcome, (clock.monotonic() - from) / 1000)
  }

  /** Nothing is won by taking the next message while the database is away. Rejects when the worker stops meanwhile. */
  async function patiently<T>(step: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await step()
      } catch (error) {
        logger.warn({ stack: stackOf(error) }, 'the state of a message cannot be written, will be tried again')
        await wait(AWAY_MS, undefined, { signal: stopping.signal })
      }
    }
  }

  async function handle(task: Task, message: Claimed): Promise<Outcome> {
    if (message.crashes >= CRASHES)
      return parked(task, message, 'crashed', `the process ended during ${message.crashes} attempts`)
    const wrong = misfit(task.payload, message.payload)
    if (wrong) return parked(task, message, 'payload', `the payload does not fit: ${wrong}`)
    try {
      return (await attempt(task, message)) ? 'done' : 'repeat'
    } catch (error) {
      if (error instanceof CalledOff && error.why === 'stopping') {
        await giveBack(database, message)
        return 'given back'
      }
      return failed(task, message, error)
    }
  }

  /** The effect and the mark that it is there, in one transaction. False when it was there already. */
  async function attempt(task: Task, message: Claimed): Promise<boolean> {
    const { id, request_id: requestId, actor_id: actor, scheduled_for: scheduledFor, attempts } = message
    const context = { requestId: requestId ?? id, actor }
    const calling = new AbortController()
    const called = new Promise<never>((_, reject) =>
      calling.signal.addEventListener('abort', () => reject(calling.signal.reason as Error), { once: true })
    )
    called.catch(() => undefined)
    handlings.add(calling)
    if (stopping.signal.aborted) calling.abort(new CalledOff('stopping'))
    const over = new AbortController()
    clock.sleep(task.timeoutSeconds * 1000, over.signal).then(
      () => calling.abort(new CalledOff('timeout')),
      () => undefined
    )
    const progress = makeProgress(database, clock, id)
    try {
      return await database.transaction(async tx => {
        if (!(await finish(tx, id, clock.now()))) return false
        const handling = {
          ...context,
          id,
          tx,
          signal: calling.signal,
          attempt: attempts,
          scheduledFor: scheduledFor === null ? null : new Date(scheduledFor),
          progress
        }
        const work = runWithContext(context, async () => task.run(message.payload, handling, scopes.get(task.plugin) ?? {}))
        const result = await Promise.race([work, called])
        if (result !== undefined) await keepResult(tx, id, result)
        return true
      })
    } finally {
      over.abort(OVER)
      handlings.delete(calling)
    }
  }

  async function failed(task: Task, message: Claimed, error: unknown): Promise<Outcome> {
    const reason = error instanceof CalledOff ? 'timeout' : 'failed'
    const text = reason === 'timeout' ? `took longer than ${task.timeoutSeconds} s` : stackOf(error)
    const { attempts, backoffSeconds, backoffAtMostSeconds } = task
    const failures = message.attempts - message.crashes
    if (error instanceof Refusal || failures >= attempts) return parked(task, message, reason, text)
    const policy = { attempts, backoffMs: backoffSeconds * 1000, atMostMs: backoffAtMostSeconds * 1000 }
    const pause = backoff(policy, failures)
    await retryAt(database, message, new Date(clock.now().getTime() + pause), text)
    tell('warn', task, message, text, 'failed, will be tried again')
    return 'retried'
  }

  async function parked(task: Task, message: Claimed, reason: Reason, text: string): Promise<Outcome> {
    await park(database, [message.id], 'running', reason, text, clock.now())
    tell('error', task, message, text, `parked: ${reason}`)
    return 'parked'
  }

  function tell(
    level: 'warn' | 'error',
    task: Task,
    { id, attempts, request_id: requestId }: Claimed,
    error: string,
    what: string
  ) {
    logger[level]({ task: task.name, message: id, requestId, attempt: attempts, error }, what)
  }

  return {
    async subscribe() {
      for (const task of tasks.values()) {
        if (subscriptions.has(task.name) || stopping.signal.aborted) continue
        await queue.declare(task.name, BROKER_RETRY)
        const { concurrency } = task
        const claims = makeClaims(database, clock, task)
        const limit = pLimit(concurrency)
        const stop = await queue.consume(task.name, delivery => deliver(task, claims, limit, delivery), { concurrency })
        subscriptions.set(task.name, stop)
      }
    },
    isSubscribed: () => subscriptions.size === tasks.size,
    running: () => handlings.size,
    async stop(graceMs) {
      const ended = Promise.allSettled([...subscriptions.values()].map(stop => stop()))
      const grace = setTimeout(() => {
        stopping.abort(new CalledOff('stopping'))
        for (const calling of handlings) calling.abort(new CalledOff('stopping'))
      }, graceMs)
      await ended
      clearTimeout(grace)
      stopping.abort(new CalledOff('stopping'))
    }
  }
}
