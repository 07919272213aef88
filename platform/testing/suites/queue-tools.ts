import { randomBytes } from 'node:crypto'
import type { Test } from 'tap'
import type { Queue, QueueCounts, QueueMessage, RetryPolicy } from '../../../kernel/ports/queue.ts'
import { until } from './tools.ts'

/** One opened gateway and what a test may do to it. */
export interface QueueUnderTest {
  readonly port: Queue
  /** Ways to cut the gateway off (refused, silent, …) by name; the returned function connects it again. */
  readonly outages?: Readonly<Record<string, () => Promise<() => Promise<void>>>>
  /** Ends it as a killed process ends: nothing is given back, nobody is told. */
  kill?(): Promise<void>
  cleanup(): Promise<void>
}

export interface QueueSuiteOptions {
  /** Whether smaller priorities are delivered first. */
  readonly priorities: boolean
  /** Longest a call may take while the broker is away; 11 s unless told. */
  readonly outageMs?: number
}

export const RETRY = { attempts: 3, backoffMs: 40 } as const

/** Messages `m-0`, `m-1`, …, whose body is their number. */
export function messages(count: number, over: Partial<QueueMessage> = {}): QueueMessage[] {
  return Array.from({ length: count }, (_, index) => ({ id: `m-${index}`, body: index, ...over }))
}

/** A queue nobody has used; its name has the signs a name may have. */
export async function fresh(port: Queue, retry: RetryPolicy = RETRY): Promise<string> {
  const name = `suite.${randomBytes(4).toString('hex')}:queue/of%tests`
  await port.declare(name, retry)
  return name
}

/** The counts of a queue nobody works on any more: a handler ends a little before its message is gone. */
export async function counted(
  t: Test,
  port: Queue,
  name: string,
  expected: Partial<QueueCounts>,
  what = 'counts'
): Promise<void> {
  await until(async () => (await port.counts(name)).active === 0)
  t.strictSame(await port.counts(name), { waiting: 0, active: 0, delayed: 0, parked: 0, ...expected }, what)
}
