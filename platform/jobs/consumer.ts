import { setMaxListeners } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import pLimit, { type LimitFunction } from 'p-limit'
import { stackOf } from '../../kernel/plugin/problems.ts'
import type { Clock } from '../../kernel/ports/clock.ts'
import type { Database } from '../../kernel/ports/database.ts'
import type { Logger } from '../../kernel/ports/logger.ts'
import type { Delivery, Queue } from '../../kernel/ports/queue.ts'
import { isUuid } from '../rest/resource.ts'
import { makeAttempt, type Outcome } from './attempt.ts'
import type { MessageHandler, MessageHandlers, Scopes } from './handlers.ts'
import { claim, claimStatus, type ClaimedMessage } from './message-store.ts'

interface ConsumerParts {
  readonly database: Database
  readonly queue: Queue
  readonly clock: Clock
  readonly logger: Logger
  readonly handlers: MessageHandlers
  readonly scopes: Scopes
  readonly observe: (handler: string, outcome: Outcome, seconds: number) => void
}

export interface Consumer {
  /** Declares and consumes the queue of every handler. After a rejection, call it again: it continues with the queue that failed. */
  subscribe(): Promise<void>
  isSubscribed(): boolean
  /** Consumes no more and waits for running attempts. Those that run longer than `graceMs` are cancelled; their messages are due again. */
  stop(graceMs: number): Promise<void>
}

const DATABASE_RETRY_MS = 1000
/** Pauses before a message that cannot be claimed is tried again: a relay holds it for a moment, a dead worker until PostgreSQL notices. */
const CLAIM_RETRY_MS = [5, 50, 250, 1000, 3000]
/** The broker repeats only a delivery whose messages could be neither claimed nor finished; retries of attempts are rows with a `due_at`. */
const BROKER_RETRY = { attempts: 20, backoffMs: 1000 } as const

/** Runs each message that a delivery of the broker names, exactly once as far as its effect goes; `message-store.ts` has the steps. */
export function makeConsumer(parts: ConsumerParts): Consumer {
  const { database, queue, clock, logger, handlers, observe } = parts
  const subscriptions = new Map<string, () => Promise<void>>()
  const stopping = new AbortController()
  // Every running attempt and pause listens to it.
  setMaxListeners(0, stopping.signal)
  const attempt = makeAttempt({ ...parts, stopping: stopping.signal })
  const alone = pLimit(1)

  /** Runs all messages of a delivery. Rejects when the worker stops before all of them have begun: the broker delivers them again. */
  async function deliver(
    handler: MessageHandler,
    claims: Claims,
    limit: LimitFunction,
    { body, signal }: Delivery
  ): Promise<void> {
    const ids = [body].flat().filter(id => typeof id === 'string' && isUuid(id)) as string[]
    const ends = await Promise.allSettled(
      ids.map(id =>
        limit(() => {
          signal.throwIfAborted()
          return consume(handler, claims, id)
        })
      )
    )
    const failed = ends.find(end => end.status === 'rejected')
    if (failed) throw failed.reason
  }

  /** Runs one message. Suspects run one at a time in this process, so that the next crash shows which of them is at fault. */
  async function consume(handler: MessageHandler, { claim, claimSuspect }: Claims, id: string): Promise<void> {
    for (const pause of [0, ...CLAIM_RETRY_MS]) {
      if (pause > 0) await wait(pause, undefined, { signal: stopping.signal })
      if (await runClaimed(handler, () => claim(id))) return
      const status = await retryWhileAway(() => claimStatus(database, id))
      if (status === 'over') return
      if (status === 'suspect' && (await alone(() => runClaimed(handler, () => claimSuspect(id))))) return
    }
  }

  /** False when the message could not be claimed. */
  async function runClaimed(handler: MessageHandler, claim: () => Promise<ClaimedMessage | undefined>): Promise<boolean> {
    const message = await retryWhileAway(claim)
    if (!message) return false
    const from = clock.monotonic()
    const outcome = await retryWhileAway(() => attempt(handler, message))
    observe(handler.name, outcome, (clock.monotonic() - from) / 1000)
    return true
  }

  /** Holds the delivery while the database is away: the next one would fail as well. Rejects when the worker stops. */
  async function retryWhileAway<T>(step: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await step()
      } catch (error) {
        logger.warn({ stack: stackOf(error) }, 'the state of a message cannot be written, will be tried again')
        await wait(DATABASE_RETRY_MS, undefined, { signal: stopping.signal })
      }
    }
  }

  return {
    async subscribe() {
      for (const handler of handlers.values()) {
        const { name, concurrency } = handler
        if (subscriptions.has(name) || stopping.signal.aborted) continue
        await queue.declare(name, BROKER_RETRY)
        const claims = makeClaims(database, clock, handler)
        const limit = pLimit(concurrency)
        const stop = await queue.consume(name, delivery => deliver(handler, claims, limit, delivery), { concurrency })
        subscriptions.set(name, stop)
      }
    },
    isSubscribed: () => subscriptions.size === handlers.size,
    async stop(graceMs) {
      const ended = Promise.allSettled([...subscriptions.values()].map(stop => stop()))
      const grace = setTimeout(() => stopping.abort(), graceMs)
      await ended
      clearTimeout(grace)
      stopping.abort()
    }
  }
}

/** How long after a handler's timeout another worker may claim its message. */
const CLAIM_GRACE_MS = 10_000

/** Undefined where the message cannot be claimed now. */
interface Claims {
  /** Messages that are no suspects. Requests made while a statement runs share the next one, so that many claims cost one commit. */
  claim(id: string): Promise<ClaimedMessage | undefined>
  /** Messages that were in an attempt when processes ended, twice or more. */
  claimSuspect(id: string): Promise<ClaimedMessage | undefined>
}

interface ClaimRequest {
  readonly id: string
  resolve(message: ClaimedMessage | undefined): void
  reject(error: unknown): void
}

function makeClaims(database: Database, clock: Clock, { name, timeoutSeconds }: MessageHandler): Claims {
  let requests: ClaimRequest[] = []
  let isRunning = false

  function claimAll(ids: readonly string[], suspects: boolean): Promise<ClaimedMessage[]> {
    const now = clock.now()
    const until = new Date(now.getTime() + timeoutSeconds * 1000 + CLAIM_GRACE_MS)
    return claim(database, ids, name, { now, until }, suspects)
  }

  async function answerAll(): Promise<void> {
    isRunning = true
    while (requests.length > 0) {
      const answered = requests
      requests = []
      await answer(answered)
    }
    isRunning = false
  }

  async function answer(answered: readonly ClaimRequest[]): Promise<void> {
    try {
      const claimed = await claimAll(
        answered.map(({ id }) => id),
        false
      )
      const messages = new Map(claimed.map(message => [message.id, message]))
      for (const { id, resolve } of answered) {
        resolve(messages.get(id))
        // A second delivery of the same message gets none.
        messages.delete(id)
      }
    } catch (error) {
      for (const { reject } of answered) reject(error)
    }
  }

  return {
    claim: id =>
      new Promise((resolve, reject) => {
        requests.push({ id: id.toLowerCase(), resolve, reject })
        if (!isRunning) void answerAll()
      }),
    claimSuspect: async id => (await claimAll([id], true))[0]
  }
}
