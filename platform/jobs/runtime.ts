import { setTimeout as wait } from 'node:timers/promises'
import type { Composition } from '../../kernel/lifecycle/compose.ts'
import { stackOf } from '../../kernel/plugin/problems.ts'
import type { Clock } from '../../kernel/ports/clock.ts'
import type { Database } from '../../kernel/ports/database.ts'
import type { Logger } from '../../kernel/ports/logger.ts'
import type { Queue } from '../../kernel/ports/queue.ts'
import { makeConsumer, type Outcome } from './consumer.ts'
import { startLoop, type Loop } from './loop.ts'
import type { Outbox } from './outbox.ts'
import { DOUBT_MS, makeRelay } from './relay.ts'
import { makeScheduler } from './scheduler.ts'
import { tasksOf, type Scopes } from './handlers.ts'
import { findLost, keepUp } from './maintenance.ts'
import { listenForWakeUps } from './pg-notify.ts'

export interface JobRuntimeParts {
  readonly composition: Composition
  readonly database: Database
  readonly queue: Queue
  readonly clock: Clock
  readonly logger: Logger
  readonly scopes: Scopes
  readonly outbox: Outbox
  readonly observe: (task: string, outcome: Outcome, seconds: number) => void
  /** Whether this process relays and consumes, and whether it starts schedules. */
  readonly duties: { readonly work: boolean; readonly schedule: boolean }
  /** Nothing runs by itself, only in `settle`: for tests that move the clock. */
  readonly stepped: boolean
}

/** The durable work of one process. */
export interface JobRuntime {
  /** Does all that is due now, and all that comes of it. */
  settle(): Promise<void>
  /** When something is due that is not due yet. */
  nextDue(): Promise<Date | undefined>
  /** Publishes again what this broker does not have, however lately: it may be another one than it was. Rejects while it is away. */
  recover(): Promise<void>
  /** By part: resolves when it is well. */
  readonly health: Readonly<Record<string, () => Promise<void>>>
  /** Ends in order: what runs may end within `graceMs`, then it is given back. */
  stop(graceMs: number): Promise<void>
}

const POLL_MS = 1000
const TICK_MS = 250
const CONNECT_MS = 5000
const UPKEEP_MS = 60_000
const NEXT = `select (extract(epoch from least((select min(due_at) from kernel_message where state in ('waiting', 'running') and due_at > $1),
  (select min(until) from kernel_lease))) * 1000)::float8 as next`

/** Starts relay, consumers, upkeep and scheduler, as far as they are this process's duties. */
export function startJobRuntime(parts: JobRuntimeParts): JobRuntime {
  const { composition, database, queue, clock, logger, duties, stepped } = parts
  const { plugins, schedules, root } = composition
  const tasks = tasksOf(composition)
  const enabled = new Set(plugins.map(({ name }) => name))
  const relay = makeRelay({ database, queue, clock, tasks, enabled })
  const consumer = makeConsumer({ ...parts, tasks })
  const scheduler = makeScheduler({ ...parts, schedules, timeZone: root.timeZone })
  const upkeep = () => keepUp({ database, queue, clock, tasks, keeping: root.work })
  const listener = listenForWakeUps(database, () => loops.relay?.poke())
  const connect = async () => {
    const isFirst = !consumer.isSubscribed()
    await consumer.subscribe()
    if (isFirst) loops.upkeep?.poke()
    loops.relay?.poke()
    await listener.keep()
  }

  const loop = (name: string, idleMs: number, pass: () => Promise<boolean>): Loop =>
    startLoop({ clock, idleMs, pass, failed: error => logger.error({ part: name, stack: stackOf(error) }, `${name} fails`) })
  const loops: Partial<Record<'relay' | 'connect' | 'upkeep' | 'scheduler', Loop>> = {}
  if (duties.work && !stepped) {
    loops.connect = loop('worker', CONNECT_MS, () => connect().then(() => false))
    // Before every queue is declared the broker would refuse what is published.
    loops.relay = loop('relay', POLL_MS, async () => consumer.isSubscribed() && (await relay()) > 0)
    loops.upkeep = loop('upkeep', UPKEEP_MS, async () => consumer.isSubscribed() && (await upkeep()))
  }
  if (duties.schedule && !stepped) loops.scheduler = loop('scheduler', TICK_MS, async () => (await scheduler.tick()) > 0)
  let upkeptAt = clock.monotonic()

  async function isQuiet(): Promise<boolean> {
    const counts = await Promise.all([...tasks.keys()].map(task => queue.counts(task)))
    return counts.every(({ waiting, active }) => waiting + active === 0)
  }

  async function settle(): Promise<void> {
    for (;;) {
      const runs = duties.schedule ? await scheduler.tick() : 0
      if (!duties.work) return
      await consumer.subscribe()
      if (clock.monotonic() - upkeptAt >= UPKEEP_MS) {
        upkeptAt = clock.monotonic()
        await upkeep()
      }
      const relayed = await relay()
      for (let pause = 1; !(await isQuiet()); pause = Math.min(pause * 2, 16)) await wait(pause)
      if (runs + relayed === 0) return
    }
  }

  const well = async (what: string, isWell: boolean) => {
    if (!isWell) throw new Error(`${what} does not work`)
  }
  return {
    settle,
    async nextDue() {
      const { rows } = await database.query<{ next: number | null }>(NEXT, [clock.now().toISOString()])
      const dates = [rows[0]?.next, duties.schedule ? scheduler.next()?.getTime() : undefined]
      const known = dates.filter(date => typeof date === 'number')
      return known.length > 0 ? new Date(Math.min(...known)) : undefined
    },
    async recover() {
      if (!consumer.isSubscribed()) throw new Error('the queues are not declared yet')
      await findLost({ database, queue, clock, tasks }, new Date(clock.now().getTime() + DOUBT_MS))
      loops.relay?.poke()
    },
    health: {
      ...(duties.work
        ? { worker: () => well('worker', stepped || (loops.relay?.isWell() === true && consumer.isSubscribed())) }
        : {}),
      ...(duties.schedule ? { scheduler: () => well('scheduler', stepped || loops.scheduler?.isWell() === true) } : {})
    },
    async stop(graceMs) {
      await Promise.all(Object.values(loops).map(one => one.stop()))
      await consumer.stop(graceMs)
      await listener.stop()
    }
  }
}
