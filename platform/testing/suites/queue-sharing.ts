import { setTimeout as wait } from 'node:timers/promises'
import type { Test } from 'tap'
import { fresh, messages, RETRY } from './queue-tools.ts'
import { testing, until } from './tools.ts'
import type { QueueSuiteOptions, QueueUnderTest } from './under-test.ts'

/** The part of the queue suite about several processes, stopping, dying and outages. */
export function queueSharingTests(t: Test, open: () => Promise<QueueUnderTest>, options: QueueSuiteOptions): void {
  const within = options.outageMs ?? 11_000
  const using = testing(t, open)

  using('two processes share the work, each message runs once', async (t, { port }) => {
    const other = await another(t)
    const name = await fresh(port)
    await other.port.declare(name, RETRY)
    const heard: Record<string, string[]> = { one: [], other: [] }
    const handler =
      (by: string) =>
      async ({ id }: { id: string }) => {
        heard[by]?.push(id)
        await wait(5)
      }
    await port.consume(name, handler('one'), { concurrency: 2 })
    await other.port.consume(name, handler('other'), { concurrency: 2 })
    await port.publish(name, messages(50))
    await other.port.publish(
      name,
      messages(50).map(message => ({ ...message, id: `other ${message.id}` }))
    )
    const all = () => [...(heard.one ?? []), ...(heard.other ?? [])]
    await until(() => all().length >= 100)
    await wait(100)
    t.equal(all().length, 100)
    t.equal(new Set(all()).size, 100)
    t.ok(
      (heard.one?.length ?? 0) > 10 && (heard.other?.length ?? 0) > 10,
      `${heard.one?.length ?? 0} and ${heard.other?.length ?? 0}`
    )
  })

  using('stopping waits for the running ones, and the rest waits for others', async (t, { port }) => {
    const other = await another(t)
    const name = await fresh(port)
    await other.port.declare(name, RETRY)
    const begun: string[] = []
    const done: string[] = []
    const stop = await port.consume(
      name,
      async ({ id }) => {
        begun.push(id)
        await wait(300)
        done.push(id)
      },
      { concurrency: 2 }
    )
    await port.publish(name, messages(8))
    await until(() => begun.length === 2)
    await stop()
    await stop()
    const finished = done.length
    t.ok(finished >= 2 && finished < 8, `${finished} ran`)
    t.equal(begun.length, finished, 'they are finished')
    await wait(400)
    t.equal(begun.length, finished, 'and no other was begun')
    await until(async () => (await port.counts(name)).waiting === 8 - finished)
    await other.port.consume(name, async ({ id, attempt }) => void done.push(`${id} ${attempt}`), { concurrency: 2 })
    await until(() => done.length === 8)
    t.equal(done.filter(id => id.endsWith(' 1')).length, 8 - finished, 'others begin with the first attempt')
  })

  using('closing does the same, and another process goes on', async (t, { port }) => {
    const other = await another(t)
    const name = await fresh(port)
    await other.port.declare(name, RETRY)
    let begun = 0
    const done: string[] = []
    await port.consume(
      name,
      async ({ id }) => {
        begun++
        await wait(200)
        done.push(id)
      },
      { concurrency: 1 }
    )
    await port.publish(name, messages(5))
    await until(() => begun === 1)
    await Promise.all([port.close(), port.close()])
    t.ok(begun === done.length && begun < 5, `${begun} were begun and finished`)
    await t.rejects(port.publish(name, messages(1)), /closed|away/)
    await t.rejects(port.counts(name))
    await t.rejects(port.check())
    await t.rejects(port.declare(name, RETRY))
    await port.close()
    await other.port.consume(name, async ({ id }) => void done.push(id), { concurrency: 1 })
    await until(() => done.length === 5)
    t.strictSame(
      done,
      messages(5).map(({ id }) => id)
    )
  })

  using('a handler that gives up when it is stopped loses no attempt', async (t, { port }) => {
    const other = await another(t)
    const name = await fresh(port)
    await other.port.declare(name, RETRY)
    let begun = false
    const stop = await port.consume(
      name,
      async ({ signal }) => {
        begun = true
        await wait(60_000, undefined, { signal })
      },
      { concurrency: 1 }
    )
    await port.publish(name, messages(1))
    await until(() => begun)
    const from = performance.now()
    await stop()
    t.ok(performance.now() - from < 3000, 'the signal aborted at once')
    const attempts: number[] = []
    await other.port.consume(name, async ({ attempt }) => void attempts.push(attempt), { concurrency: 1 })
    await until(() => attempts.length > 0)
    t.strictSame(attempts, [1])
  })

  void t.test('a process that dies with a message gives it to another', async t => {
    const dying = await open()
    let release = () => undefined as void
    const held = new Promise<void>(resolve => {
      release = resolve
    })
    t.teardown(async () => {
      release()
      await dying.cleanup()
    })
    if (!dying.kill) return t.pass('nothing can be killed')
    const other = await another(t)
    const name = await fresh(dying.port)
    await other.port.declare(name, RETRY)
    let begun = false
    await dying.port.consume(
      name,
      async () => {
        begun = true
        await held
      },
      { concurrency: 1 }
    )
    await dying.port.publish(name, messages(1))
    await until(() => begun)
    await dying.kill()
    const heard: string[] = []
    await other.port.consume(name, async ({ id, attempt }) => void heard.push(`${id} ${attempt}`), { concurrency: 1 })
    await until(() => heard.length > 0)
    t.strictSame(heard, ['m-0 1'])
    await until(async () => (await other.port.counts(name)).active === 0)
  })

  void t.test('an outage loses nothing and ends by itself', async t => {
    const { outages = {}, cleanup } = await open()
    await cleanup()
    if (Object.keys(outages).length === 0) t.pass('nothing can be cut off')
    for (const kind of Object.keys(outages)) await t.test(kind, t => outage(t, kind))
  })

  async function outage(t: Test, kind: string): Promise<void> {
    const under = await open()
    t.teardown(() => under.cleanup())
    const { port } = under
    const name = await fresh(port)
    const heard: string[] = []
    let release = () => undefined as void
    const held = new Promise<void>(resolve => {
      release = resolve
    })
    await port.consume(
      name,
      async ({ id }) => {
        if (id === 'held') await held
        heard.push(id)
      },
      { concurrency: 2 }
    )
    await port.publish(name, [{ id: 'held', body: 1 }])
    await until(async () => (await port.counts(name)).active === 1)
    const restore = await under.outages?.[kind]?.()
    const quick = async <T>(what: string, call: () => Promise<T>): Promise<T> => {
      const from = performance.now()
      try {
        return await call()
      } finally {
        const took = performance.now() - from
        t.ok(took < within, `${what} took ${Math.round(took)} ms`)
      }
    }
    for (const round of ['first', 'second']) {
      await quick(`${round} publish`, () => t.rejects(port.publish(name, [{ id: `lost ${round}`, body: 1 }])))
      await quick(`${round} check`, () => t.rejects(port.check()))
      await quick(`${round} counts`, () => t.rejects(port.counts(name)))
    }
    const late = await quick('declare', () => fresh(port))
    await quick('consume', () => port.consume(late, async ({ id }) => void heard.push(`late ${id}`), { concurrency: 1 }))
    release()
    await restore?.()
    await until(() =>
      port.check().then(
        () => true,
        () => false
      )
    )
    await until(() =>
      port.publish(name, [{ id: 'after', body: 1 }]).then(
        () => true,
        () => false
      )
    )
    await until(() =>
      port.publish(late, [{ id: 'after', body: 1 }]).then(
        () => true,
        () => false
      )
    )
    await untilLong(() => heard.includes('held') && heard.includes('after') && heard.includes('late after'))
    await untilLong(async () => Object.values(await port.counts(name)).every(count => count === 0))
    t.pass('what ran, what came and what was consumed meanwhile are done')
  }

  async function another(t: Test): Promise<QueueUnderTest> {
    const under = await open()
    t.teardown(() => under.cleanup())
    return under
  }
}

/** What died silently is taken over when its lock has run out. */
async function untilLong(holds: () => boolean | Promise<boolean>): Promise<void> {
  await until(holds)
    .catch(() => until(holds))
    .catch(() => until(holds))
}
