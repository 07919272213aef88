import { setTimeout as wait } from 'node:timers/promises'
import type { Test } from 'tap'
import type { Delivery, Queue, StoredMessage } from '../../../kernel/ports/queue.ts'
import { counted, fresh, messages, RETRY } from './queue-tools.ts'
import { testing, until } from './tools.ts'
import type { QueueSuiteOptions, QueueUnderTest } from './under-test.ts'

/** Tests of failures, parked and waiting messages. */
export function queueRetryTests(t: Test, open: () => Promise<QueueUnderTest>, options: QueueSuiteOptions): void {
  const using = testing(t, open)

  using('declaring again is harmless, and the last policy holds', async (t, { port }) => {
    const name = await fresh(port, { attempts: 9, backoffMs: 40 })
    await port.publish(name, messages(1))
    await Promise.all([port.declare(name, RETRY), port.declare(name, RETRY)])
    const attempts: number[] = []
    await port.consume(
      name,
      async ({ attempt }) => {
        attempts.push(attempt)
        throw new Error('always')
      },
      { concurrency: 1 }
    )
    await until(async () => (await port.counts(name)).parked === 1)
    t.strictSame(attempts, [1, 2, 3])
  })

  using('a failure is tried again after the back-off; the last one parks', async (t, { port }) => {
    const name = await fresh(port, { attempts: 4, backoffMs: 100 })
    const at: number[] = []
    await port.consume(
      name,
      async ({ id, attempt }) => {
        if (id === 'fine') return
        at.push(performance.now())
        if (id === 'poison' || attempt < 2) throw new Error(`refused ${attempt}`)
      },
      { concurrency: 2 }
    )
    await port.publish(name, [{ id: 'poison', body: { a: 1 }, priority: 7 }, ...messages(1).map(() => ({ id: 'fine', body: 1 }))])
    await until(async () => (await port.counts(name)).parked === 1)
    t.equal(at.length, 4)
    const pauses = at.slice(1).map((time, index) => time - (at[index] ?? 0))
    for (const [index, pause] of pauses.entries()) {
      const most = 100 * 2 ** index
      t.ok(pause >= most / 2 - 5 && pause < most + 600, `pause ${index + 1} was ${Math.round(pause)} ms`)
    }
    const [parked, ...more] = await stored(port, name, 'parked')
    t.equal(more.length, 0)
    t.match(parked, { id: 'poison', body: { a: 1 }, attempts: 4, error: 'refused 4' })
    t.equal((await port.counts(name)).parked, 1, 'looking changes nothing')
    await port.publish(name, [{ id: 'once', body: 1 }])
    await until(() => at.length === 6)
    await wait(100)
    await counted(t, port, name, { parked: 1 })
  })

  using('whatever is thrown is a failure', async (t, { port }) => {
    const name = await fresh(port, { attempts: 1, backoffMs: 1 })
    const thrown: unknown[] = ['text', undefined, Object.assign(new Error('posing'), { name: 'DelayedError' })]
    await port.consume(
      name,
      async ({ body }) => {
        throw thrown[body as number]
      },
      { concurrency: 1 }
    )
    await port.publish(name, messages(3))
    await until(async () => (await port.counts(name)).parked === 3)
    const errors = (await stored(port, name, 'parked')).map(({ error }) => error)
    t.ok(errors.includes('text') && errors.includes('posing'), `${errors.join(', ')}`)
  })

  using('parked messages can be dropped and tried again', async (t, { port }) => {
    const name = await fresh(port, { attempts: 1, backoffMs: 1 })
    let broken = true
    const heard: Delivery[] = []
    await port.consume(
      name,
      async delivery => {
        if (broken) throw new Error('broken')
        heard.push(delivery)
      },
      { concurrency: 1 }
    )
    await port.publish(name, messages(3))
    await until(async () => (await port.counts(name)).parked === 3)
    broken = false
    t.equal(await port.drain(name, 'parked', async ({ id }) => id === 'm-0'), 1, 'one is dropped')
    const again = await port.drain(name, 'parked', async message => {
      if (message.id !== 'm-1') return false
      await port.publish(name, [message])
      return true
    })
    t.equal(again, 1)
    await until(() => heard.length === 1)
    t.match(heard[0], { id: 'm-1', body: 1, attempt: 1 }, 'it begins anew')
    t.strictSame(
      (await stored(port, name, 'parked')).map(({ id }) => id),
      ['m-2']
    )
    await counted(t, port, name, { parked: 1 })
  })

  using('what waits can be moved elsewhere', async (t, { port }) => {
    const [from, to] = [await fresh(port), await fresh(port)]
    await port.publish(from, messages(150))
    await port.publish(from, [{ id: 'later', body: { a: [1] }, delayMs: 60_000, priority: 3 }])
    await until(async () => (await port.counts(from)).waiting === 150)
    t.equal((await stored(port, from, 'waiting')).length, 151, 'looking shows all of it')
    await counted(t, port, from, { waiting: 150, delayed: 1 }, 'and changes nothing')
    await t.rejects(
      port.drain(from, 'waiting', async () => {
        throw new Error('the other side is away')
      }),
      /other side/
    )
    const found: StoredMessage[] = []
    const left = await port.drain(from, 'waiting', async message => {
      found.push(message)
      await port.publish(to, [message])
      return true
    })
    t.equal(left, 151)
    await until(async () => (await port.counts(to)).waiting === 150)
    await counted(t, port, from, {})
    await counted(t, port, to, { waiting: 150, delayed: 1 })
    const later = found.find(({ id }) => id === 'later')
    t.match(later, { body: { a: [1] }, attempts: 0 })
    t.ok((later?.delayMs ?? 0) > 50_000 && (later?.delayMs ?? 0) <= 60_000, `${later?.delayMs ?? 0} ms of its delay are left`)
    if (options.priorities) t.equal(later?.priority, 3)
    t.strictSame(new Set(found.map(({ id }) => id)), new Set([...messages(150).map(({ id }) => id), 'later']))
  })
}

async function stored(port: Queue, name: string, from: 'waiting' | 'parked'): Promise<StoredMessage[]> {
  const found: StoredMessage[] = []
  await port.drain(name, from, async message => {
    found.push(message)
    return false
  })
  return found
}
