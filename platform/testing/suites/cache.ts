import { setTimeout as wait } from 'node:timers/promises'
import type { Test } from 'tap'
import { cacheSharingTests } from './cache-sharing.ts'
import { testing } from './tools.ts'
import type { CacheSuiteOptions, CacheUnderTest } from './under-test.ts'

const ODD_KEYS = [
  'plain',
  'a:b:c',
  'with space',
  'नमस्ते',
  '🏥',
  'quote"\'`',
  'line\nbreak',
  'tab\tand\0nul',
  '*?[a-z]{1}',
  '../etc',
  '__proto__',
  'constructor',
  'k'.repeat(2000),
  ' ',
  '%2F'
]
const VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1.5,
  Number.MAX_SAFE_INTEGER,
  '',
  'text',
  '12',
  'null',
  'മലയാളം हिन्दी 🏥 \u2028 \0',
  [],
  [1, [2, [3]]],
  {},
  { a: { b: [null, 'c'] }, नाम: 'x', __proto: 1 },
  [{ id: 1 }, { id: 2 }]
]

/**
 * Declares the tests of the port `cache` in `t` (tap) for one gateway. `open` is called once per test, and twice for tests with two processes:
 * both must then use the same cache where `options.shared`.
 */
export function cacheSuite(t: Test, open: () => Promise<CacheUnderTest>, options: CacheSuiteOptions): void {
  const using = testing(t, open)
  const pass = (under: CacheUnderTest, seconds: number) => (under.advance ? under.advance(seconds) : wait(seconds * 1000 + 50))

  using('what was never set is undefined', async (t, { port }) => {
    t.equal(await port.get('never'), undefined)
    await port.delete('never', 'neither')
    await port.delete()
    await port.check()
  })

  using('values come back as JSON does, unicode included', async (t, { port }) => {
    for (const [index, value] of VALUES.entries()) {
      await port.set(`value-${index}`, value, 60)
      t.strictSame(await port.get(`value-${index}`), value, `value ${index}`)
    }
    await port.set('dated', { at: new Date(0), gone: undefined }, 60)
    t.strictSame(await port.get('dated'), { at: '1970-01-01T00:00:00.000Z' }, 'what JSON cannot say is lost as in JSON')
  })

  using('values are copies', async (t, { port }) => {
    const value = { list: [1] }
    await port.set('own', value, 60)
    value.list.push(2)
    const first = await port.get<{ list: number[] }>('own')
    t.strictSame(first, { list: [1] }, 'a later change of the given object does not show')
    first?.list.push(3)
    t.strictSame(await port.get('own'), { list: [1] }, 'nor does one of the object that was got')
  })

  using('a value that is not JSON rejects and changes nothing', async (t, { port }) => {
    const circular: Record<string, unknown> = {}
    circular.self = circular
    await port.set('kept', 1, 60)
    await t.rejects(port.set('kept', circular, 60))
    await t.rejects(port.set('kept', 1n, 60))
    t.equal(await port.get('kept'), 1)
    await port.set('kept', undefined, 60)
    t.equal(await port.get('kept'), undefined, 'undefined is as good as absent')
  })

  using('odd keys are keys like others', async (t, { port }) => {
    for (const key of ODD_KEYS) await port.set(key, { key }, 60)
    for (const key of ODD_KEYS) t.strictSame(await port.get(key), { key }, JSON.stringify(key).slice(0, 40))
    await port.delete(...ODD_KEYS)
    for (const key of ODD_KEYS) t.equal(await port.get(key), undefined)
    t.equal(await port.get('toString'), undefined)
  })

  using('huge values', async (t, { port }) => {
    const value = { text: '🏥x'.repeat(1_000_000) }
    await port.set('huge', value, 60)
    t.ok((await port.get<typeof value>('huge'))?.text === value.text, 'five megabytes come back whole')
  })

  using('the last set holds, delete forgets', async (t, { port }) => {
    await port.set('a', 1, 60)
    await port.set('a', 2, 60)
    await port.set('b', 3, 60)
    await port.set('c', 4, 60)
    t.equal(await port.get('a'), 2)
    await port.delete('a', 'b')
    t.strictSame([await port.get('a'), await port.get('b'), await port.get('c')], [undefined, undefined, 4])
  })

  using('values expire, not sooner', async (t, under) => {
    const { port } = under
    await port.set('short', 1, 1)
    await port.set('long', 2, 60)
    await port.set('renewed', 3, 1)
    await port.set('renewed', 4, 60)
    await port.set('fraction', 5, 0.4)
    await port.set('none', 6, 60)
    await port.set('none', 6, 0)
    t.strictSame([await port.get('short'), await port.get('long'), await port.get('renewed')], [1, 2, 4])
    t.equal(await port.get('none'), undefined, 'zero seconds keep nothing')
    await pass(under, 0.5)
    t.strictSame([await port.get('short'), await port.get('fraction')], [1, undefined])
    await pass(under, 0.6)
    t.strictSame([await port.get('short'), await port.get('long'), await port.get('renewed')], [undefined, 2, 4])
  })

  using('a counter counts, and lives from its first increment', async (t, under) => {
    const { port } = under
    t.equal(await port.increment('count', 1), 1)
    t.equal(await port.increment('other', 60), 1)
    t.equal(await port.increment('count', 1), 2)
    t.equal(await port.get('count'), 2, 'it can be read')
    await pass(under, 0.6)
    t.equal(await port.increment('count', 1), 3, 'a later increment')
    await pass(under, 0.5)
    t.equal(await port.get('count'), undefined, 'does not prolong it')
    t.equal(await port.increment('count', 1), 1, 'and a new one begins')
    t.equal(await port.get('other'), 1)
    await port.delete('other')
    t.equal(await port.increment('other', 60), 1, 'deleting starts over')
  })

  using('a counter over something else rejects', async (t, { port }) => {
    await port.set('text', 'abc', 60)
    await t.rejects(port.increment('text', 60))
    t.equal(await port.get('text'), 'abc')
  })

  using('100 concurrent increments count to 100, each number once', async (t, under) => {
    const other = options.shared ? await open() : under
    if (other !== under) t.teardown(() => other.cleanup())
    const ports = [under.port, other.port]
    const counts = await Promise.all(
      Array.from({ length: 100 }, (_, index) => (ports[index % 2] ?? under.port).increment('busy', 60))
    )
    t.strictSame(
      counts.sort((a, b) => a - b),
      Array.from({ length: 100 }, (_, index) => index + 1)
    )
  })

  cacheSharingTests(t, open, options)
}
