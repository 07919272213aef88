import { setTimeout as wait } from 'node:timers/promises'
import type { Test } from 'tap'
import type { Delivery } from '../../../kernel/ports/queue.ts'
import { queueRetryTests } from './queue-retries.ts'
import { queueSharingTests } from './queue-sharing.ts'
import { counted, fresh, messages } from './queue-tools.ts'
import { testing, until } from './tools.ts'
import type { QueueSuiteOptions, QueueUnderTest } from './under-test.ts'

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

/** Declares the tests of the port `queue` in `t` (tap) for one gateway. `open` is called once per simulated process; all must use the same broker. */
export function queueSuite(t: Test, open: () => Promise<QueueUnderTest>, options: QueueSuiteOptions): void {
  const using = testing(t, open)

  using('a published message is delivered once, unchanged', async (t, { port }) => {
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
    await counted(t, port, name, {}, 'nothing of it is left')
    await port.check()
  })

  using('messages published before a consumer starts wait, and are delivered in order', async (t, { port }) => {
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

  using('a huge body, and one that is not JSON', async (t, { port }) => {
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
    await t.rejects(port.publish('undeclared', messages(1)), /undeclared is not declared/)
    await t.rejects(port.publish('undeclared', []), /undeclared is not declared/)
    await t.rejects(
      port.consume('undeclared', async () => undefined, { concurrency: 1 }),
      /undeclared is not declared/
    )
    await t.rejects(port.counts('undeclared'), /undeclared is not declared/)
    await t.rejects(
      port.drain('undeclared', 'waiting', async () => true),
      /undeclared is not declared/
    )
    const name = await fresh(port)
    await t.rejects(
      port.consume(name, async () => undefined, { concurrency: 0 }),
      /concurrency/
    )
  })

  using('a delayed message does not hold up the ones behind it', async (t, { port }) => {
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
    await counted(t, port, name, { delayed: 1 })
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

  using('never more than `concurrency` at a time, and never less when there is enough', async (t, { port }) => {
    const name = await fresh(port)
    let [running, most, done] = [0, 0, 0]
    // Handlers wait until the broker counts as many, so that a slow machine does not matter.
    let release: () => void = () => undefined
    const held = new Promise<void>(resolve => (release = resolve))
    await port.consume(
      name,
      async () => {
        most = Math.max(most, ++running)
        await held
        await wait(5)
        running--
        done++
      },
      { concurrency: 3 }
    )
    await port.publish(name, messages(30))
    await until(async () => running === 3 && (await port.counts(name)).active === 3)
    release()
    await until(() => done === 30)
    t.equal(most, 3)
  })

  queueRetryTests(t, open, options)
  queueSharingTests(t, open, options)
}
