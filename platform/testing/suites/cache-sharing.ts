import { setTimeout as wait } from 'node:timers/promises'
import type { Test } from 'tap'
import type { Cache } from '../../../kernel/ports/cache.ts'
import { testing, until } from './tools.ts'
import type { CacheSuiteOptions, CacheUnderTest } from './under-test.ts'

/** The part of the cache suite about messages, several processes, closing and outages. */
export function cacheSharingTests(t: Test, open: () => Promise<CacheUnderTest>, options: CacheSuiteOptions): void {
  const within = options.outageMs ?? 400
  const using = testing(t, open)

  using('messages reach every subscriber of the channel, in order, once', async (t, { port }) => {
    const heard: Record<string, string[]> = { a: [], b: [], other: [] }
    const stopA = await port.subscribe('news', message => heard.a?.push(message))
    const stopB = await port.subscribe('news', message => heard.b?.push(message))
    await port.subscribe('other news', message => heard.other?.push(message))
    const messages = ['one', '', 'two\nlines', 'മൂന്ന് 🏥', '{"four":4}', 'x'.repeat(100_000)]
    for (const message of messages) await port.publish('news', message)
    await until(() => heard.a?.length === messages.length && heard.b?.length === messages.length)
    t.strictSame(heard, { a: messages, b: messages, other: [] })
    await stopA()
    await stopA()
    await port.publish('news', 'after')
    await until(() => heard.b?.length === messages.length + 1)
    t.equal(heard.a?.length, messages.length, 'the unsubscriber ends one subscription')
    await stopB()
    await port.publish('news', 'without subscriber')
    const again: string[] = []
    await port.subscribe('news', message => again.push(message))
    await port.publish('news', 'again')
    await until(() => again.length > 0)
    t.strictSame(again, ['again'])
    t.equal(heard.b?.length, messages.length + 1)
  })

  using('the same function subscribed twice is two subscriptions', async (t, { port }) => {
    let heard = 0
    const listener = () => void heard++
    const stop = await port.subscribe('twice', listener)
    await port.subscribe('twice', listener)
    await port.publish('twice', '')
    await until(() => heard === 2)
    await stop()
    await port.publish('twice', '')
    await until(() => heard === 3)
    await wait(50)
    t.equal(heard, 3)
  })

  using('a subscriber that throws does not disturb the others', async (t, { port }) => {
    const heard: string[] = []
    await port.subscribe('rough', () => {
      throw new Error('thrown by a subscriber')
    })
    await port.subscribe('rough', message => heard.push(message))
    await port.publish('rough', 'one')
    await port.publish('rough', 'two')
    await until(() => heard.length === 2)
    t.strictSame(heard, ['one', 'two'])
  })

  if (options.shared) {
    using('two processes see one cache', async (t, { port }) => {
      const other = await another(t)
      await port.set('seen', { by: 'both' }, 60)
      t.strictSame(await other.get('seen'), { by: 'both' })
      await other.delete('seen')
      t.equal(await port.get('seen'), undefined)
      const heard: string[] = []
      await other.subscribe('between', message => heard.push(`other ${message}`))
      await port.subscribe('between', message => heard.push(`own ${message}`))
      await port.publish('between', 'hello')
      await until(() => heard.length === 2)
      t.strictSame(heard.sort(), ['other hello', 'own hello'])
    })
  }

  using('closing is safe twice, and nothing hangs after it', async (t, { port }) => {
    await port.set('gone', 1, 60)
    await port.subscribe('gone', () => undefined)
    await Promise.all([port.close(), port.close()])
    await port.close()
    t.equal(await port.get('gone'), undefined)
    await port.set('gone', 1, 60)
    await port.delete('gone')
    await t.rejects(port.increment('gone', 60))
    await t.rejects(port.publish('gone', ''))
    await t.rejects(port.check())
  })

  void t.test('an outage looks like a miss and ends by itself', async t => {
    const { outages = {}, cleanup } = await open()
    await cleanup()
    if (Object.keys(outages).length === 0) t.pass('nothing can be cut off')
    for (const kind of Object.keys(outages)) await t.test(kind, t => outage(t, kind))
  })

  async function outage(t: Test, kind: string): Promise<void> {
    const under = await open()
    t.teardown(() => under.cleanup())
    const { port } = under
    const heard: string[] = []
    await port.subscribe('outage', message => heard.push(message))
    await port.set('kept', 'value', 60)
    const restore = await under.outages?.[kind]?.()
    const quick = async <T>(name: string, call: () => Promise<T>): Promise<T> => {
      const from = performance.now()
      try {
        return await call()
      } finally {
        const took = performance.now() - from
        t.ok(took < within, `${name} took ${Math.round(took)} ms`)
      }
    }
    for (const round of ['first', 'second']) {
      t.equal(await quick(`${round} get`, () => port.get('kept')), undefined)
      await quick(`${round} set`, () => port.set('lost', 1, 60))
      await quick(`${round} delete`, () => port.delete('kept'))
      await quick(`${round} increment`, () => t.rejects(port.increment('count', 60)))
      await quick(`${round} publish`, () => t.rejects(port.publish('outage', 'lost')))
      await quick(`${round} check`, () => t.rejects(port.check()))
    }
    const stop = await port.subscribe('late', message => heard.push(`late ${message}`))
    await restore?.()
    await until(() =>
      port.check().then(
        () => true,
        () => false
      )
    )
    t.equal(await port.get('kept'), 'value', 'what was kept before is there')
    t.equal(await port.get('lost'), undefined)
    t.equal(await port.increment('count', 60), 1)
    await until(async () => {
      await port.publish('outage', 'again')
      await port.publish('late', 'too')
      await wait(20)
      return heard.includes('again') && heard.includes('late too')
    })
    t.notOk(heard.includes('lost'), 'messages of the outage are lost')
    await stop()
  }

  async function another(t: Test): Promise<Cache> {
    const { port, cleanup } = await open()
    t.teardown(cleanup)
    return port
  }
}
