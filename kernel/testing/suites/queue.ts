import { setTimeout as wait } from 'node:timers/promises'
import type { Test } from 'tap'
import type { Delivery, Queue, QueueMessage, RestingMessage } from '../../ports/queue.ts'
import { queueSharingTests } from './queue-sharing.ts'
import { testing, until } from './tools.ts'

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
const BODIES: readonly unknown[] = [
  null,
  true,
  0,
  -1.5,
  '',
  'text',
  'മലയാളം हिन्दी 🏥 \u2028 \0 \ud800',
  [],
  [1, [2, [3]]],
  {},
  { b: 1, a: { c: [null, 'd'] }, नाम: 'x' }
]

/** Messages `m-0`, `m-1`, …, whose body is their number. */
export function messages(count: number, over: Partial<QueueMessage> = {}): QueueMessage[] {
  return Array.from({ length: count }, (_, index) => ({ id: `m-${index}`, body: index, ...over }))
}

/** Every promise of the port `queue`, against one gateway. `open` is called once per process that is played; all see one broker. */
export function queueSuite(t: Test, open: () => Promise<QueueUnderTest>, options: QueueSuiteOptions): void {
  const using = testing(t, open)
  let count = 0
  /** A queue nobody has used. */
  const fresh = async (port: Queue, retry: { attempts: number; backoffMs: number } = RETRY): Promise<string> => {
    const name = `suite.${count++}:queue/of%tests`
    await port.declare(name, retry)
    return name
  }
  const resting = async (port: Queue, name: string, from: 'waiting' | 'parked') => {
    const found: RestingMessage[] = []
    await port.drain(name, from, async message => {
      found.push(message)
      return false
    })
    return found
  }

  using('what is published arrives, once, as it was', async (t, { port }) => {
    const name = await fresh(port)
    const heard: Delivery[] = []
    await port.consume(name, async delivery => void heard.push(delivery), { concurrency: 2 })
    const sent = BODIES.map((body, index) => ({ id: `odd ${index} :%`, body }))
    await port.publish(name, sent)
    await until(() => heard.length >= sent.length)
    await wait(100)
    t.strictSame(
      heard
        .map(({ id, body, attempt }) => ({ id, body, attempt }))
        .sort((a, b) => sent.findIndex(({ id }) => id === a.id) - sent.findIndex(({ id }) => id === b.id)),
      sent.map(message => ({ ...message, attempt: 1 }))
    )
    t.equal(JSON.stringify(heard.find(({ id }) => id === 'odd 10 :%')?.body), JSON.stringify(BODIES[10]), 'keys keep their order')
    t.notOk(heard[0]?.signal.aborted)
    t.strictSame(await port.counts(name), { waiting: 0, active: 0, delayed: 0, parked: 0 }, 'nothing of it is left')
    await port.check()
  })

  using('what was published before somebody consumes waits, and is delivered in order', async (t, { port }) => {
    const name = await fresh(port)
    await port.publish(name, messages(20))
    await until(async () => (await port.counts(name)).waiting === 20)
    const heard: unknown[] = []
    await port.consume(name, async ({ body }) => void heard.push(body), { concurrency: 1 })
    await until(() => heard.length === 20)
    t.strictSame(
      heard,
      messages(20).map(({ body }) => body)
    )
  })

  using('a batch of 1,000, and an empty one', async (t, { port }) => {
    const name = await fresh(port)
    const heard = new Set<string>()
    await port.consume(name, async ({ id }) => void heard.add(id), { concurrency: 20 })
    await port.publish(name, [])
    await port.publish(name, messages(1000))
    await until(() => heard.size === 1000)
    t.equal((await port.counts(name)).parked, 0)
  })

  using('a huge body, and one that JSON cannot say', async (t, { port }) => {
    const name = await fresh(port)
    const heard: unknown[] = []
    await port.consume(name, async ({ body }) => void heard.push(body), { concurrency: 1 })
    const text = '🏥x'.repeat(1_000_000)
    await t.rejects(
      port.publish(name, [
        { id: 'a', body: 1 },
        { id: 'b', body: undefined }
      ]),
      TypeError
    )
    await t.rejects(port.publish(name, [{ id: 'c', body: 1n }]), TypeError)
    await port.publish(name, [{ id: 'd', body: { text } }])
    await until(() => heard.length > 0)
    t.ok((heard[0] as { text: string }).text === text, 'five megabytes arrive whole, and nothing of the refused batch')
  })

  using('a queue that was not declared', async (t, { port }) => {
    await t.rejects(port.publish('nobody', messages(1)), /nobody is not declared/)
    await t.rejects(port.publish('nobody', []), /nobody is not declared/)
    await t.rejects(
      port.consume('nobody', async () => undefined, { concurrency: 1 }),
      /nobody is not declared/
    )
    await t.rejects(port.counts('nobody'), /nobody is not declared/)
    await t.rejects(
      port.drain('nobody', 'waiting', async () => true),
      /nobody is not declared/
    )
    const name = await fresh(port)
    await t.rejects(
      port.consume(name, async () => undefined, { concurrency: 0 }),
      /concurrency/
    )
  })

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

  using('a delay holds a message back, and nobody behind it', async (t, { port }) => {
    const name = await fresh(port)
    const heard: string[] = []
    const at: Record<string, number> = {}
    await port.consume(
      name,
      async ({ id }) => {
        heard.push(id)
        at[id] = performance.now()
      },
      { concurrency: 1 }
    )
    const from = performance.now()
    await port.publish(name, [
      { id: 'far', body: 0, delayMs: 3_600_000 },
      { id: 'late', body: 0, delayMs: 900 },
      { id: 'soon', body: 0, delayMs: 300.5 },
      { id: 'now', body: 0, delayMs: 0 }
    ])
    await until(async () => heard.length === 1 && (await port.counts(name)).delayed === 3)
    await until(() => heard.length === 3)
    t.strictSame(heard, ['now', 'soon', 'late'])
    for (const [id, delay] of [
      ['soon', 300],
      ['late', 900]
    ] as const) {
      const took = (at[id] ?? 0) - from
      t.ok(took >= delay - 5 && took < delay + 600, `${id} took ${Math.round(took)} ms`)
    }
    t.strictSame(await port.counts(name), { waiting: 0, active: 0, delayed: 1, parked: 0 })
  })

  if (options.priorities)
    using('smaller priorities first, equal ones in order', async (t, { port }) => {
      const name = await fresh(port)
      await port.publish(name, [
        { id: 'low 1', body: 0, priority: 1_000_000 },
        { id: 'middle', body: 0, priority: 5 },
        { id: 'low 2', body: 0, priority: 1_000_000 },
        { id: 'first', body: 0 },
        { id: 'second', body: 0, priority: 1 }
      ])
      const heard: Delivery[] = []
      await port.consume(name, async delivery => void heard.push(delivery), { concurrency: 1 })
      await until(() => heard.length === 5)
      t.strictSame(
        heard.map(({ id }) => id),
        ['first', 'second', 'middle', 'low 1', 'low 2']
      )
      t.equal(heard[2]?.priority, 5)
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
    const [parked, ...more] = await resting(port, name, 'parked')
    t.equal(more.length, 0)
    t.match(parked, { id: 'poison', body: { a: 1 }, attempts: 4, error: 'refused 4' })
    t.equal((await port.counts(name)).parked, 1, 'looking changes nothing')
    await port.publish(name, [{ id: 'once', body: 1 }])
    await until(() => at.length === 6)
    await wait(100)
    t.strictSame(await port.counts(name), { waiting: 0, active: 0, delayed: 0, parked: 1 })
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
    const errors = (await resting(port, name, 'parked')).map(({ error }) => error)
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
      (await resting(port, name, 'parked')).map(({ id }) => id),
      ['m-2']
    )
    t.strictSame(await port.counts(name), { waiting: 0, active: 0, delayed: 0, parked: 1 })
  })

  using('what waits can be moved elsewhere', async (t, { port }) => {
    const [from, to] = [await fresh(port), await fresh(port)]
    await port.publish(from, messages(150))
    await port.publish(from, [{ id: 'later', body: { a: [1] }, delayMs: 60_000, priority: 3 }])
    await until(async () => (await port.counts(from)).waiting === 150)
    t.equal((await resting(port, from, 'waiting')).length, 151, 'looking shows all of it')
    t.strictSame(await port.counts(from), { waiting: 150, active: 0, delayed: 1, parked: 0 }, 'and changes nothing')
    await t.rejects(
      port.drain(from, 'waiting', async () => {
        throw new Error('the other side is away')
      }),
      /other side/
    )
    const found: RestingMessage[] = []
    const left = await port.drain(from, 'waiting', async message => {
      found.push(message)
      await port.publish(to, [message])
      return true
    })
    t.equal(left, 151)
    await until(async () => (await port.counts(to)).waiting === 150)
    t.strictSame(await port.counts(from), { waiting: 0, active: 0, delayed: 0, parked: 0 })
    t.strictSame(await port.counts(to), { waiting: 150, active: 0, delayed: 1, parked: 0 })
    const later = found.find(({ id }) => id === 'later')
    t.match(later, { body: { a: [1] }, attempts: 0 })
    t.ok((later?.delayMs ?? 0) > 50_000 && (later?.delayMs ?? 0) <= 60_000, `${later?.delayMs ?? 0} ms of its delay are left`)
    if (options.priorities) t.equal(later?.priority, 3)
    t.strictSame(new Set(found.map(({ id }) => id)), new Set([...messages(150).map(({ id }) => id), 'later']))
  })

  using('never more than `concurrency` at a time, and never less when there is enough', async (t, { port }) => {
    const name = await fresh(port)
    let [running, most, done] = [0, 0, 0]
    await port.consume(
      name,
      async () => {
        most = Math.max(most, ++running)
        await wait(30)
        running--
        done++
      },
      { concurrency: 3 }
    )
    await port.publish(name, messages(30))
    await until(async () => running === 3 && (await port.counts(name)).active === 3)
    await until(() => done === 30)
    t.equal(most, 3)
  })

  queueSharingTests(t, { open, fresh, options })
}
