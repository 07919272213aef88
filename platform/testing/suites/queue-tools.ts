import { randomBytes } from 'node:crypto'
import type { Test } from 'tap'
import type { Queue, QueueCounts, QueueMessage, RetryPolicy } from '../../../kernel/ports/queue.ts'
import { until } from './tools.ts'

export const RETRY = { attempts: 3, backoffMs: 40 } as const

/** Messages `m-0`, `m-1`, …, whose body is their number. */
export function messages(count: number, over: Partial<QueueMessage> = {}): QueueMessage[] {
  return Array.from({ length: count }, (_, index) => ({ id: `m-${index}`, body: index, ...over }))
}

/** Declares a new queue, whose name has every special character a name may have. */
export async function fresh(port: Queue, retry: RetryPolicy = RETRY): Promise<string> {
  const name = `suite.${randomBytes(4).toString('hex')}:queue/of%tests`
  await port.declare(name, retry)
  return name
}

/** Compares the counts once no message is active: a handler ends a little before its message is removed. */
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
