import { setTimeout as wait } from 'node:timers/promises'
import { stackOf } from '../../kernel/plugin/problems.ts'
import type { Clock } from '../../kernel/ports/clock.ts'
import type { Database } from '../../kernel/ports/database.ts'
import type { Logger } from '../../kernel/ports/logger.ts'
import type { Queue } from '../../kernel/ports/queue.ts'
import type { Outcome } from './attempt.ts'
import { makeConsumer } from './consumer.ts'
import { messageHandlers, type DeclaredJobs, type Scopes } from './handlers.ts'
import { startLoop, type Loop } from './loop.ts'
import { republishLost, runMaintenance } from './maintenance.ts'
import type { Outbox } from './outbox.ts'
import { listenForMessages } from './pg-notify.ts'
import { LOST_CHECK_MS, makeRelay } from './relay.ts'
import { makeScheduler } from './scheduler.ts'

export interface JobRuntimeParts {
  readonly declared: DeclaredJobs
  readonly database: Database
  readonly queue: Queue
  readonly clock: Clock
  readonly logger: Logger
  readonly scopes: Scopes
  readonly outbox: Outbox
  readonly observe: (handler: string, outcome: Outcome, seconds: number) => void
  /** Whether this process relays and consumes messages, and whether it starts schedules. */
  readonly duties: { readonly work: boolean; readonly schedule: boolean }
  /** Nothing runs in the background, only in `settle`: for tests that move the clock. */
  readonly stepped: boolean
}

/** Relay, consumer, maintenance and scheduler of one process. */
export interface JobRuntime {
  /** Runs what is due now, and what that causes, until nothing is due. */
  settle(): Promise<void>
  /** When the next message, lease or schedule is due. */
  nextDue(): Promise<Date | undefined>
  /** Makes due again what the broker should hold and does not, without the usual wait, as after a change of broker. Rejects while it is away. */
  recover(): Promise<void>
  /** Checks of `/health/ready` by name; each rejects while its part fails. */
  readonly health: Readonly<Record<string, () => Promise<void>>>
  /** Cancels attempts that run longer than `graceMs`; their messages are due again. */
  stop(graceMs: number): Promise<void>
}

const POLL_MS = 1000
const TICK_MS = 250
const CONNECT_MS = 5000
const MAINTENANCE_MS = 60_000
const NEXT_DUE = `select (extract(epoch from least((select min(due_at) from kernel_message where state in ('waiting', 'running') and due_at > $1),
  (select min(until) from kernel_lease))) * 1000)::float8 as next`

/** Starts the background loops of this process's duties. */
export function startJobRuntime(parts: JobRuntimeParts): JobRuntime {
  const { declared, database, queue, clock, logger, duties, stepped } = parts
  const { plugins, schedules, root } = declared
  const handlers = messageHandlers(declared)
  const enabled = new Set(plugins.map(({ name }) => name))
  const relay = makeRelay({ database, queue, clock, handlers, enabled })
  const consumer = makeConsumer({ ...parts, handlers })
  const scheduler = makeScheduler({ ...parts, schedules, timeZone: root.timeZone })
  const maintain = () => runMaintenance({ database, queue, clock, handlers, retention: root.work })
  const listener = listenForMessages(database, () => loops.relay?.poke())
  const connect = async () => {
    const isFirst = !consumer.isSubscribed()
    await consumer.subscribe()
    if (isFirst) loops.maintenance?.poke()
    loops.relay?.poke()
    await listener.connect()
  }

  const loop = (name: string, idleMs: number, pass: () => Promise<boolean>): Loop =>
    startLoop({ clock, idleMs, pass, failed: error => logger.error({ part: name, stack: stackOf(error) }, `${name} fails`) })
  const loops: Partial<Record<'relay' | 'connect' | 'maintenance' | 'scheduler', Loop>> = {}
  if (duties.work && !stepped) {
    loops.connect = loop('worker', CONNECT_MS, () => connect().then(() => false))
    // The port refuses messages for queues that are not declared yet.
    loops.relay = loop('relay', POLL_MS, async () => consumer.isSubscribed() && (await relay()) > 0)
    loops.maintenance = loop('maintenance', MAINTENANCE_MS, async () => consumer.isSubscribed() && (await maintain()))
  }
  if (duties.schedule && !stepped) loops.scheduler = loop('scheduler', TICK_MS, async () => (await scheduler.tick()) > 0)
  let maintainedAt = clock.monotonic()

  async function isIdle(): Promise<boolean> {
    const counts = await Promise.all([...handlers.keys()].map(name => queue.counts(name)))
    return counts.every(({ waiting, active }) => waiting + active === 0)
  }

  async function settle(): Promise<void> {
    for (;;) {
      const runs = duties.schedule ? await scheduler.tick() : 0
      if (!duties.work) return
      await consumer.subscribe()
      if (clock.monotonic() - maintainedAt >= MAINTENANCE_MS) {
        maintainedAt = clock.monotonic()
        await maintain()
      }
      const relayed = await relay()
      for (let pause = 1; !(await isIdle()); pause = Math.min(pause * 2, 16)) await wait(pause)
      if (runs + relayed === 0) return
    }
  }

  const check = async (part: string, isHealthy: boolean) => {
    if (!isHealthy && !stepped) throw new Error(`${part} does not work`)
  }
  return {
    settle,
    async nextDue() {
      const { rows } = await database.query<{ next: number | null }>(NEXT_DUE, [clock.now().toISOString()])
      const dates = [rows[0]?.next, duties.schedule ? scheduler.next()?.getTime() : undefined]
      const known = dates.filter(date => typeof date === 'number')
      return known.length > 0 ? new Date(Math.min(...known)) : undefined
    },
    async recover() {
      if (!consumer.isSubscribed()) throw new Error('the queues are not declared yet')
      await republishLost({ database, queue, clock, handlers }, new Date(clock.now().getTime() + LOST_CHECK_MS))
      loops.relay?.poke()
    },
    health: {
      ...(duties.work ? { worker: () => check('worker', loops.relay?.isHealthy() === true && consumer.isSubscribed()) } : {}),
      ...(duties.schedule ? { scheduler: () => check('scheduler', loops.scheduler?.isHealthy() === true) } : {})
    },
    async stop(graceMs) {
      await Promise.all(Object.values(loops).map(one => one.stop()))
      await consumer.stop(graceMs)
      await listener.stop()
    }
  }
}
