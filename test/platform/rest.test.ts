import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { testKernel, type Answer } from 'care-kernel/testing'
import { BOUNDS, CODES, COLUMNS, KINDS, ORDERS, TABLES, toolkit, type Item } from './rest-plugin.ts'

interface Page {
  readonly count: number
  readonly next: string | null
  readonly previous: string | null
  readonly results: readonly { readonly id: string }[]
}
type Body = Readonly<Record<string, unknown>>

/** Statements that the toolkit ran. */
const texts: string[] = []
const kernel = await testKernel(t, { plugins: [toolkit(texts)] })
for (const table of TABLES) await kernel.sql(table)

const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
const OWNERS = ['North', 'south 100%', 'East_West', 'Deleted'].map((name, at) => ({
  id: at + 1,
  external_id: uuid(at + 1),
  name
}))
await kernel.sql(
  `insert into toolkit_owner (id, external_id, name, deleted) select id, external_id, name, name = 'Deleted'
  from jsonb_populate_recordset(null::toolkit_owner, $1::jsonb)`,
  [JSON.stringify(OWNERS)]
)

/** Texts that a spreadsheet, a LIKE pattern, CSV or JSON could misread. */
const TITLES = [
  null, '', 'a', 'A', 'ab', '100%', '100_', 'a\\b', '50% off', 'x_y', "O'Brien", 'two words', 'comma, semi', '=1+1', '@cmd',
  '+919876543210', '\ttab', '\rreturn', 'quote "q"', 'line\nbreak', 'ünïcode', '😀', ' lead', '-2+3', 'a%b', "'quoted'"
] // prettier-ignore
/** The last and first instants of days in Asia/Kolkata and in UTC. */
const INSTANTS = [
  null, '2024-02-28T18:29:59.999999Z', '2024-02-28T18:30:00Z', '2024-02-28T23:59:59.999999Z', '2024-02-29T00:00:00Z',
  '2024-02-29T12:00:00.123Z', '2024-02-29T18:29:59.999999Z', '2024-02-29T18:30:00Z', '2024-12-31T18:30:00Z', '0099-01-01T00:00:00Z'
] // prettier-ignore
const DAYS = [null, '2024-02-28', '2024-02-29', '2024-03-01', '2023-12-31', '0001-01-01', '9999-12-31']
const RANKS = [null, 0, 1, 1, 2, -1, 2, 2_147_483_647, -2_147_483_648]
const BIGS = [null, '0', '1', '9223372036854775807', '-9223372036854775808', '9007199254740993']
const SCORES = [null, '0.0000', '1.5000', '-1.5000', '999999.9999']
const RATIOS = [null, 0, 1.5, -1e-7, 1e300]
const FLAGS = [null, true, false]
const STORED_KINDS = [null, 1, 2, 3, 9]
const STORED_CODES = [null, 'A', 'B', 'zz']
const DATA = [null, {}, [1, 'a', null], 'text', { deep: { list: [{ a: 1.5 }] }, 'ü"\\': '\u2028' }]

const ITEMS: readonly Item[] = Array.from({ length: 90 }, (_, n) => {
  const pick = <T>(from: readonly T[], step = 1) => from[Math.floor(n / step) % from.length] as T
  return {
    id: n + 1,
    external_id: uuid(1000 + ((n * 37) % 90)),
    owner_id: pick([null, 1, 2, 3, 4, 1]),
    deleted: n % 11 === 10,
    title: pick(TITLES),
    rank: pick(RANKS),
    big: pick(BIGS),
    score: pick(SCORES),
    ratio: pick(RATIOS),
    flag: pick(FLAGS, 2),
    kind: pick(STORED_KINDS),
    code: pick(STORED_CODES, 3),
    day: pick(DAYS),
    at: pick(INSTANTS),
    ref: pick([null, uuid(7), uuid(8)], 5),
    data: pick(DATA)
  }
})
await kernel.sql('insert into toolkit_item select * from jsonb_populate_recordset(null::toolkit_item, $1::jsonb)', [
  JSON.stringify(ITEMS)
])
await kernel.sql(`select setval(pg_get_serial_sequence('toolkit_item', 'id'), 1000)`)
await kernel.sql('update toolkit_item set data = null where data = $1::jsonb', ['null'])
await kernel.sql(
  `insert into toolkit_many (part, rank)
  select part, n % 7 from (values (1, 10), (2, 19), (3, 20), (4, 21), (5, 399), (6, 400), (7, 401), (8, 500), (9, 501)) p(part, size),
  generate_series(1, size) n`
)
const LIVE = ITEMS.filter(({ deleted }) => !deleted)

const runs = (numRuns: number) => ({ numRuns, seed: 20_240_229 })
type Pairs = [string, string][]
const queryOf = (query: Readonly<Record<string, string | number | undefined>>) =>
  new URLSearchParams(
    Object.entries(query).flatMap(([name, value]): Pairs => (value === undefined ? [] : [[name, String(value)]]))
  ).toString()
const pageOf = async (path: string, headers?: Record<string, string>): Promise<Page> => {
  const answer = await kernel.get(path, headers)
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text.slice(0, 300)}`)
  return answer.body as Page
}
const pathOf = (address: string) => address.replace(/^https?:\/\/[^/]*/, '')
const idsOf = ({ results }: Pick<Page, 'results'>) => results.map(({ id }) => id)
const sorted = (ids: readonly unknown[]) => [...ids].sort()
const form = (body: Readonly<Record<string, unknown>>) => {
  const written = (value: unknown) =>
    value === null ? '' : value === true ? 'on' : value === false ? 'off' : `${value as string}`
  const pairs = Object.entries(body).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((part): Pairs[number] => [name, written(part)])
  )
  return new URLSearchParams(pairs).toString()
}
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

/** Values of every input field with the value that they are stored as and shown as again. */
const text = fc
  .string({ unit: 'grapheme', maxLength: 12 })
  .map(value => value.replaceAll('\0', ''))
  .map(value => [value, value.trim()] as const)
const decimal = fc
  .tuple(fc.integer({ min: -999_999, max: 999_999 }), fc.integer({ min: 0, max: 9999 }))
  .map(([whole, part]) => `${whole}.${String(part).padStart(4, '0')}`)
const day = fc
  .date({ min: new Date('0001-01-02T00:00:00Z'), max: new Date('9999-12-30T00:00:00Z'), noInvalidDate: true })
  .map(date => date.toISOString().slice(0, 10))
const kolkata = (instant: string) => {
  const [seconds = '', micro = '000000'] = instant.slice(0, -1).split('.')
  const local = new Date(new Date(`${seconds}Z`).getTime() + 19_800_000).toISOString().slice(0, 19)
  return `${local}${micro === '000000' ? '' : `.${micro.padEnd(6, '0')}`}+05:30`
}
const instant = fc
  .tuple(
    fc.date({ min: new Date('1950-01-01T00:00:00Z'), max: new Date('2200-01-01T00:00:00Z'), noInvalidDate: true }),
    fc.integer({ min: 0, max: 999_999 }),
    fc.constantFrom('Z', 'z', '+05:30', '-0800', '+14', '')
  )
  .map(([date, micro, offset]) => {
    const text = `${date.toISOString().slice(0, 19)}.${String(micro).padStart(6, '0')}`
    const [, sign = '+', hours = '0', minutes = '0'] = /^([+-])(\d\d):?(\d\d)?$/.exec(offset || '+05:30') ?? []
    const shift = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -60_000 : 60_000)
    const utc = new Date(new Date(`${date.toISOString().slice(0, 19)}Z`).getTime() - shift).toISOString().slice(0, 19)
    return [`${text}${offset}`, kolkata(`${utc}.${String(micro).padStart(6, '0')}Z`)] as const
  })
const same = <T>(of: fc.Arbitrary<T>) => of.map(value => [value, value] as const)
const labelled = (labels: Readonly<Record<string, string>>) =>
  fc
    .constantFrom(...Object.entries(labels))
    .chain(([value, label]) => fc.constantFrom([value, label] as const, [label, label] as const))
const VALUES: Readonly<Record<string, fc.Arbitrary<readonly [unknown, unknown]>>> = {
  title: text,
  rank: fc
    .integer({ min: -2_147_483_648, max: 2_147_483_647 })
    .chain(value => fc.constantFrom([value, value] as const, [` ${value}.00 `, value] as const)),
  score: decimal.map(value => [value, value.startsWith('-0.') && /^-0\.0*$/.test(value) ? value.slice(1) : value] as const),
  ratio: same(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(value => (value === 0 || Math.abs(value) < 1e-300 ? 0 : value))
  ),
  flag: fc
    .boolean()
    .chain(value =>
      fc.constantFrom([value, value] as const, [value ? 'Yes' : 'OFF', value] as const, [value ? 't' : '0', value] as const)
    ),
  kind: labelled(KINDS),
  code: labelled(CODES),
  day: same(day),
  at: instant,
  ref: fc
    .uuid()
    .chain(value => fc.constantFrom([value, value] as const, [value.toUpperCase().replaceAll('-', ''), value] as const)),
  owner: fc.constantFrom(...OWNERS.slice(0, 3)).map(({ external_id, name }) => [external_id, { id: external_id, name }] as const)
}
const json = same(
  fc.jsonValue({ maxDepth: 3, stringUnit: 'grapheme' }).filter(value => !JSON.stringify(value).includes('\\u0000'))
)

t.test('what goes in comes out', async t => {
  const bodies = (fields: Readonly<Record<string, fc.Arbitrary<readonly [unknown, unknown]>>>) =>
    fc.record(
      Object.fromEntries(
        Object.entries(fields).map(([name, of]) => [name, fc.option(of, { nil: [null, null] as const, freq: 6 })])
      ),
      { requiredKeys: [] }
    )
  const split = (given: Readonly<Record<string, readonly [unknown, unknown] | undefined>>, at: 0 | 1) =>
    Object.fromEntries(Object.entries(given).map(([name, pair]) => [name, pair?.[at]]))
  const ABSENT = Object.fromEntries([...Object.keys(VALUES), 'data'].map(name => [name, null]))
  const check = (answer: Answer, expected: Body) => {
    if (answer.status !== 201) throw new Error(`${answer.status} ${answer.text}`)
    const body = answer.body as Record<string, unknown>
    const shown = Object.fromEntries(Object.keys(expected).map(name => [name, body[name]]))
    if (!isDeepStrictEqual(shown, expected)) throw new Error(`${JSON.stringify(shown)} instead of ${JSON.stringify(expected)}`)
  }
  await t.test('as JSON', async () => {
    await fc.assert(
      fc.asyncProperty(bodies({ ...VALUES, data: json }), async given =>
        check(await kernel.post('/items/', split(given, 0)), { ...ABSENT, ...split(given, 1) })
      ),
      runs(150)
    )
  })
  await t.test('as a form, where nothing is null, a text is blank and an absent box is not checked', async () => {
    await fc.assert(
      fc.asyncProperty(bodies(VALUES), async given => {
        const expected: Record<string, unknown> = { ...ABSENT, flag: false, ...split(given, 1) }
        if ('title' in given && given.title?.[0] === null) expected.title = ''
        check(await kernel.post('/items/', form(split(given, 0)), FORM), expected)
      }),
      runs(150)
    )
  })
  await t.test('PATCH reads what is given and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(bodies(VALUES), fc.boolean(), async (given, asForm) => {
        const sent = split(given, 0)
        const { status, body } = await (asForm
          ? kernel.patch('/read/item/', form(sent), FORM)
          : kernel.patch('/read/item/', sent))
        if (status !== 200 || sorted(Object.keys(body as Body)).join() !== sorted(Object.keys(given)).join())
          throw new Error(JSON.stringify([given, body]))
      }),
      runs(60)
    )
  })
  await kernel.sql('delete from toolkit_item where id > 1000')
  t.end()
})

/** Valid values of `strict`, and invalid ones with their messages. */
const STRICT: Readonly<Record<string, readonly [valid: unknown, stored: unknown, ...invalid: (readonly [unknown, unknown])[]]>> = {
  name: [' ab ', 'ab', ['', ['This field may not be blank.']], [' ', ['This field may not be blank.']], [null, ['This field may not be null.']],
    [true, ['Not a valid string.']], [['ab'], ['Not a valid string.']], [{}, ['Not a valid string.']], ['a', ['Ensure this field has at least 2 characters.']],
    ['A', ['Not A.', 'Ensure this field has at least 2 characters.']], ['abcdefghijk', ['Ensure this field has no more than 10 characters.']],
    ['a\0b', ['Not a\0b.', 'Null characters are not allowed.']], ['ab\ud800', ['Not ab\ud800.', 'Surrogate characters are not allowed: U+D800.']]],
  raw: [' x ', ' x ', ['', ['This field may not be blank.']]],
  count: ['7.0', 7, [0, ['Ensure this value is greater than or equal to 1.']], [11, ['Ensure this value is less than or equal to 10.']],
    [1.5, ['A valid integer is required.']], ['', ['A valid integer is required.']], [true, ['A valid integer is required.']], [[1], ['A valid integer is required.']],
    ['9'.repeat(1001), ['String value too large.']]],
  ratio: ['-1e0', -1, [1.0001, ['Ensure this value is less than or equal to 1.']], ['nan', ['A valid number is required.']], ['', ['A valid number is required.']],
    ['1e999', ['A valid number is required.']], [false, ['A valid number is required.']]],
  price: [12.5, '12.5', [1000, ['Ensure that there are no more than 3 digits before the decimal point.']], ['1.234', ['Ensure that there are no more than 2 decimal places.']],
    ['1234.56', ['Ensure that there are no more than 5 digits in total.']], [-1, ['Ensure this value is greater than or equal to 0.']],
    ['x', ['A valid number is required.']], ['', ['A valid number is required.']], [null, ['This field may not be null.']]],
  sure: ['Y', true, ['maybe', ['Must be a valid boolean.']], [2, ['Must be a valid boolean.']], [[], ['Must be a valid boolean.']], ['', ['Must be a valid boolean.']]],
  day: ['2024-2-9', '2024-2-9', ['2023-02-29', ['Date has wrong format. Use one of these formats instead: YYYY-MM-DD.']],
    ['2024-02-29T00:00', ['Date has wrong format. Use one of these formats instead: YYYY-MM-DD.']], [20240229, ['Date has wrong format. Use one of these formats instead: YYYY-MM-DD.']]],
  at: ['2024-02-29', '2024-02-28T18:30:00.000000Z', ['2024-02-29T24:00', ['Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].']],
    ['9999-12-31T23:59-05:00', ['Datetime value out of range.']], ['0001-01-01T00:00', ['Datetime value out of range.']]],
  ref: [uuid(1).toUpperCase(), uuid(1), ['x', ['Must be a valid UUID.']], [1, ['Must be a valid UUID.']]],
  mail: ['a@b.co', 'a@b.co', ['a@b', ['Enter a valid email address.']], ['a b@c.de', ['Enter a valid email address.']]],
  site: ['https://a.example/x', 'https://a.example/x', ['a.example', ['Enter a valid URL.']]],
  colour: ['3', 3, ['Red', ['"Red" is not a valid choice.']], [true, ['"True" is not a valid choice.']], ['', ['"" is not a valid choice.']]],
  kind: ['Two', 2, ['Four', ['"None" is not a valid choice.']], [9, ['"9" is not a valid choice.']], ['9', ['"9" is not a valid choice.']], [null, ['This field may not be null.']]],
  letters: [['a', 'b', 'a'], ['a', 'b', 'a'], ['a', ['Expected a list of items but got type "str".']], [{}, ['Expected a list of items but got type "dict".']],
    [['a', 'c', null], { 1: ['"c" is not a valid choice.'], 2: ['This field may not be null.'] }]],
  uuids: [[], [], ['a', { non_field_errors: ['Expected a list of items but got type "str".'] }], [['x', uuid(1)], [['Must be a valid UUID.'], {}]]],
  data: ['\\u0000', '\\u0000', ['\0', ['Null characters are not allowed.']], [{ a: ['\udc00'] }, ['Surrogate characters are not allowed: U+DC00.']],
    [{ '\0': 1 }, ['Null characters are not allowed.']]]
} // prettier-ignore
const DEFAULTS = { counted: 7, made: 'made' }

t.test('every invalid field is reported, in the order of declaration', async t => {
  const valid = Object.fromEntries(Object.entries(STRICT).map(([name, [given]]) => [name, given]))
  const stored = Object.fromEntries(Object.entries(STRICT).map(([name, [, value]]) => [name, value]))
  t.strictSame((await kernel.post('/read/strict/', valid)).body, { ...stored, ...DEFAULTS })
  const { letters, uuids, ...scalars } = valid
  const asForm = await kernel.post('/read/strict/', form({ ...scalars, letters, uuids: [uuid(1)] }), FORM)
  t.strictSame(asForm.body, { ...stored, uuids: [uuid(1)], ...DEFAULTS }, 'a form has the same values')
  t.same(uuids, [])
  for (const [name, [, , ...invalid]] of Object.entries(STRICT))
    for (const [given, messages] of invalid) {
      const { status, body } = await kernel.post('/read/strict/', { ...valid, [name]: given })
      t.strictSame([status, body], [400, { [name]: messages }], `${name}: ${JSON.stringify(given)?.slice(0, 60)}`)
    }
  const empty = await kernel.post('/read/strict/', {})
  t.strictSame(
    Object.entries(empty.body as object),
    Object.keys(STRICT).map(name => [name, ['This field is required.']])
  )
  t.strictSame((await kernel.patch('/read/strict/', {})).body, {}, 'PATCH requires nothing and sets no defaults')
  for (const [given, name] of [
    [[], 'list'],
    ['x', 'str'],
    [1.5, 'float'],
    [true, 'bool']
  ] as const)
    t.strictSame((await kernel.post('/read/strict/', JSON.stringify(given), { 'content-type': 'application/json' })).body, {
      non_field_errors: [`Invalid data. Expected a dictionary, but got ${name}.`]
    })
  const wrong = fc.record(
    Object.fromEntries(Object.entries(STRICT).map(([name, [, , ...invalid]]) => [name, fc.constantFrom(...invalid)])),
    { requiredKeys: [] }
  )
  await fc.assert(
    fc.asyncProperty(wrong, fc.subarray(Object.keys(STRICT)), fc.boolean(), async (given, absent, partial) => {
      const names = Object.keys(STRICT)
      const body = Object.fromEntries(
        fc
          .sample(fc.shuffledSubarray(names, { minLength: names.length }), { numRuns: 1, seed: absent.length })[0]
          ?.flatMap(name => (name in given ? [[name, given[name]?.[0]]] : absent.includes(name) ? [] : [[name, valid[name]]])) ??
          []
      )
      const expected = names.flatMap(name =>
        name in given
          ? [[name, given[name]?.[1]]]
          : absent.includes(name) && !partial
            ? [[name, ['This field is required.']]]
            : []
      )
      const { status, body: errors } = await (partial ? kernel.patch('/read/strict/', body) : kernel.post('/read/strict/', body))
      if (status !== (expected.length > 0 ? 400 : 200)) throw new Error(`${status} ${JSON.stringify(errors)}`)
      if (status === 400 && JSON.stringify(Object.entries(errors as object)) !== JSON.stringify(expected))
        throw new Error(`${JSON.stringify(errors)} instead of ${JSON.stringify(expected)}`)
    }),
    runs(100)
  )
  for (const [at, read] of [
    ['0099-12-31T23:59:59.5Z', '0099-12-31T23:59:59.500000Z'],
    ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59.000000Z']
  ])
    t.strictSame((await kernel.patch('/read/item/', { at })).body, { at: read })
  t.strictSame((await kernel.post('/read/checked/', { from: 2, to: 1 })).body, { non_field_errors: ['from is after to'] })
  t.strictSame((await kernel.post('/read/checked/', { from: 'x', to: 1 })).body, { from: ['A valid integer is required.'] })
})

t.test('an accepted decimal is stored as it is', async () => {
  const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 8 })
  const number = fc
    .tuple(fc.constantFrom('', '-', '+'), digits, fc.constantFrom('', '.'), digits, fc.constantFrom('', 'e0', 'E2', 'e-3', 'e+1'))
    .map(parts => parts.join(''))
  await fc.assert(
    fc.asyncProperty(number, async given => {
      const { status, text } = await kernel.post('/items/', { score: given })
      if (status === 400) return
      const [row] = await kernel.sql<{ same: boolean }>('select $1::numeric = $2::numeric as same', [
        given || '0',
        (JSON.parse(text) as { score: string | null }).score ?? '0'
      ])
      if (status !== 201 || !row?.same) throw new Error(`${given}: ${status} ${text}`)
    }),
    runs(200)
  )
  await kernel.sql('delete from toolkit_item where id > 1000')
})

t.test('references are looked up in one statement, each missing one is reported at its place', async t => {
  const [known, deleted, missing] = [uuid(1), uuid(4), uuid(99)]
  const NOT_FOUND = ['object with this id not found']
  /** An external id as sent, as read, or its message. */
  const external = fc.constantFrom(
    { given: known, value: 1, message: undefined, looked: true },
    { given: uuid(2), value: 2, message: undefined, looked: true },
    { given: missing, message: NOT_FOUND, looked: true },
    { given: deleted, message: NOT_FOUND, looked: true },
    { given: 'x', message: ['invalid uuid'], looked: false }
  )
  const key = fc.constantFrom(
    { given: 1, value: 1, message: undefined, looked: true },
    { given: ' 2 ', value: 2, message: undefined, looked: true },
    { given: 4, value: 4, message: undefined, looked: true },
    { given: 99, message: ['Invalid pk "99" - object does not exist.'], looked: true },
    { given: -1e20, message: ['Invalid pk "-100000000000000000000" - object does not exist.'], looked: false },
    { given: 'x', message: ['Incorrect type. Expected pk value, received str.'], looked: false }
  )
  interface Case {
    readonly given: unknown
    readonly value?: unknown
    readonly message?: unknown
    readonly looked: boolean
  }
  const note = fc.constantFrom<Case>(
    { given: 'short', value: 'short', looked: false },
    { given: 'too long', message: ['Ensure this field has no more than 5 characters.'], looked: false }
  )
  const object = (of: Readonly<Record<string, fc.Arbitrary<Case>>>, requiredKeys: string[]): fc.Arbitrary<Case> =>
    (fc.record(of, { requiredKeys }) as unknown as fc.Arbitrary<Record<string, Case>>).map(cases => {
      const found = Object.keys(of).flatMap(name => (cases[name] ? [[name, cases[name]] as const] : []))
      const messages = found.filter(([, { message }]) => message !== undefined).map(([name, { message }]) => [name, message])
      return {
        given: Object.fromEntries(found.map(([name, { given }]) => [name, given])),
        value: Object.fromEntries(found.map(([name, { value }]) => [name, value])),
        message: messages.length > 0 ? (Object.fromEntries(messages) as unknown) : undefined,
        looked: found.some(([, { looked }]) => looked)
      }
    })
  const list = (of: fc.Arbitrary<Case>, array: boolean): fc.Arbitrary<Case> =>
    fc.array(of, { maxLength: 4 }).map(cases => {
      const isWrong = cases.some(({ message }) => message !== undefined)
      const byIndex = cases.flatMap(({ message }, at) => (message === undefined ? [] : [[at, message]]))
      return {
        given: cases.map(({ given }) => given),
        value: cases.map(({ value }) => value),
        message: !isWrong
          ? undefined
          : array
            ? cases.map(({ message }) => message ?? {})
            : (Object.fromEntries(byIndex) as unknown),
        looked: cases.some(({ looked }) => looked)
      }
    })
  const part = object({ owner: external, note }, ['owner'])
  const body = object(
    {
      key: key,
      owner: external,
      note,
      part,
      parts: list(part, true),
      owners: list(external, false),
      keys: list(key, true)
    },
    []
  )
  await fc.assert(
    fc.asyncProperty(body, async ({ given, value, message, looked }) => {
      texts.length = 0
      const answer = await kernel.post('/read/references/', given)
      const expected = message ? [400, message] : [200, value]
      if (JSON.stringify([answer.status, answer.body]) !== JSON.stringify(expected))
        throw new Error(`${answer.status} ${answer.text} instead of ${JSON.stringify(expected)}`)
      if (texts.length !== (looked ? 1 : 0)) throw new Error(`${texts.length} statements`)
    }),
    runs(200)
  )
  t.strictSame((await kernel.post('/read/references/', { part: null, key: null, owner: null })).body, {
    key: null,
    owner: null,
    part: null
  })
  t.strictSame((await kernel.post('/read/references/', { part: [], parts: {} })).body, {
    part: { non_field_errors: ['Invalid data. Expected a dictionary, but got list.'] },
    parts: { non_field_errors: ['Expected a list of items but got type "dict".'] }
  })
})

t.test('outputs are the stored values', async t => {
  const { results } = await pageOf('/items/?limit=1000')
  t.equal(results.length, LIVE.length)
  for (const item of LIVE) {
    const owner = OWNERS.find(({ id }) => id === item.owner_id)
    t.strictSame(
      results.find(({ id }) => id === item.external_id),
      {
        id: item.external_id,
        title: item.title,
        rank: item.rank,
        big: item.big,
        score: item.score,
        ratio: item.ratio,
        flag: item.flag,
        kind: item.kind === null ? null : (KINDS[item.kind as 1] ?? String(item.kind)),
        code: item.code === null ? null : (CODES[item.code as 'A'] ?? item.code),
        day: item.day,
        at: item.at && localTime(item.at),
        at_utc: item.at && utcTime(item.at),
        ref: item.ref,
        data: item.data,
        digits: [...String(item.rank ?? '').replace('-', '')],
        owner: owner ? { id: owner.external_id, name: owner.name } : null,
        keys: { id: item.id },
        siblings: owner
          ? LIVE.filter(other => other.owner_id === item.owner_id)
              .map(({ id }) => ({ id }))
              .reverse()
          : []
      },
      `row ${item.id}`
    )
  }
})

const micro = (instant: string) => (instant.includes('.') ? `.${instant.slice(20, -1).padEnd(6, '0')}` : '')
const utcTime = (instant: string) => `${instant.slice(0, 19)}${micro(instant)}Z`
function localTime(instant: string): string {
  // Before 1906 the zone had other offsets.
  if (instant.startsWith('0099')) return '0099-01-01T05:53:28+05:53'
  return `${new Date(Date.parse(`${instant.slice(0, 19)}Z`) + 19_800_000).toISOString().slice(0, 19)}${micro(instant)}+05:30`
}

type Matches = (item: Item) => boolean | null
interface Asked {
  readonly text: string
  /** Which rows match; undefined where the text is no condition. */
  readonly matches?: Matches | undefined
  /** Message where the text is refused. */
  readonly error?: string
}
const ascii = (text: string) => text.replace(/[A-Z]/g, letter => letter.toLowerCase())
const includes = (text: string | null, part: string) => text !== null && ascii(text).includes(ascii(part))
const dayIn = (instant: string | null) => instant && localTime(instant).slice(0, 10)
const microseconds = (instant: string) =>
  BigInt(Date.parse(`${instant.slice(0, 19)}Z`)) * 1000n + BigInt(micro(instant).slice(1) || 0)

const none = fc.constantFrom<Asked>({ text: '' }, { text: ' ' })
const refused = (error: string, ...texts: string[]) => fc.constantFrom(...texts.map(text => ({ text, error })))
const number = (matches: (value: number) => Matches) =>
  fc.oneof(
    fc
      .constantFrom('0', '1', '2', '-1', '1.5', '+1', '.5', '-0', '2147483647', '-2147483648', '99999999999999999999', '1.')
      .map(text => ({ text, matches: matches(Number(text)) })),
    refused('Enter a number.', 'x', '1e3', '0x1', '--1', '.')
  )
const uuids = (matches: (value: string) => Matches) =>
  fc.oneof(
    fc
      .constantFrom(uuid(7), uuid(8), uuid(1), uuid(2), uuid(4), uuid(99))
      .chain(value =>
        fc
          .constantFrom(value, ` ${value.toUpperCase()} `, value.replaceAll('-', ''))
          .map(text => ({ text, matches: matches(value) }))
      ),
    refused('Enter a valid UUID.', 'x', `${uuid(7)}0`)
  )
const part = fc
  .oneof(
    fc.constantFrom('%', '_', '\\', "'", '"', 'a', 'A', '100', '% ', 'ü', '😀', ' w', 'Q', ', ', '\\_', '%%', "O'b", 'line\nb'),
    fc
      .constantFrom(...TITLES.filter(title => title !== null))
      .chain(title =>
        fc.tuple(fc.nat(title.length), fc.nat(title.length)).map(([a, b]) => title.slice(Math.min(a, b), Math.max(a, b)))
      )
  )
  .filter(text => text.isWellFormed())
const days = fc.constantFrom(
  '2024-02-28',
  '2024-02-29',
  '2024-3-1',
  '2023-12-31',
  '2024-12-31',
  '2025-01-01',
  '0001-01-01',
  '9999-12-31'
)
const full = (day: string) => day.replace(/-(\d)\b/g, '-0$1')
const moments = fc.constantFrom(
  ['2024-02-28T18:29:59.999999Z', '2024-02-28T18:29:59.999999Z'], ['2024-02-29 00:00', '2024-02-28T18:30:00Z'],
  ['2024-02-29', '2024-02-28T18:30:00Z'], ['2024-02-29T12:00:00.123+00:00', '2024-02-29T12:00:00.123Z'],
  ['2024-02-29T18:29:59.999999+0000', '2024-02-29T18:29:59.999999Z'], ['2024-2-29T0:00:00,5Z', '2024-02-29T00:00:00.5Z'],
  ['2024-03-01T00:00 +05:30', '2024-02-29T18:30:00Z'], ['2024-03-01T18:29+23:59', '2024-02-29T18:30:00Z']
) // prettier-ignore
const flags = fc.oneof(
  fc.constantFrom(['true', true], ['1', true], ['True', true], ['false', false], ['0', false], ['FALSE', false]),
  fc.constantFrom(['yes', undefined], ['2', undefined])
) as fc.Arbitrary<readonly [string, boolean | undefined]>
const flagged = (of: (item: Item) => boolean | null) =>
  flags.map(([text, value]): Asked => ({ text, matches: value === undefined ? undefined : item => of(item) === value }))
const ownerOf = (item: Item) => OWNERS.find(({ id }) => id === item.owner_id)
const terms = fc.array(
  fc.constantFrom('a', 'A', '100%', '_', 'two words', 'comma, semi', 'zz', "O'Brien", '\\', 'quote', ' lead', 'off'),
  { minLength: 1, maxLength: 3 }
)

/** Each filter with texts for it, and what rows they should match by the rules of docs/api/auth-users.md §1.8. */
const FILTERS: Readonly<Record<string, fc.Arbitrary<Asked>>> = {
  number: fc.oneof(
    fc.constantFrom('0', '1', '9223372036854775807', '-9223372036854775808', '9223372036854775808', '9007199254740993', '1.0', '1.5', '-0').map(text => ({
      text,
      matches: ({ big }: Item) => big !== null && big === (text === '1.0' ? '1' : text === '-0' ? '0' : text)
    })),
    refused('Enter a number.', 'x')
  ),
  rank: number(value => ({ rank }) => rank !== null && rank === value),
  min: number(value => ({ rank }) => rank !== null && rank >= value),
  max: number(value => ({ rank }) => rank !== null && rank <= value),
  score_min: number(value => ({ score }) => score !== null && Number(score) >= value),
  score_max: number(value => ({ score }) => score !== null && Number(score) <= value),
  ref: uuids(value => ({ ref }) => ref === value),
  loose: uuids(value => ({ ref }) => ref === value).filter(asked => !('error' in asked)),
  owner: uuids(value => item => ownerOf(item)?.external_id === value),
  title: part.map(text => ({ text, matches: text.trim() ? ({ title }: Item) => title === text.trim() : undefined })),
  has: part.map(text => ({ text, matches: text.trim() ? ({ title }: Item) => includes(title, text.trim()) : undefined })),
  flag: flagged(({ flag }) => flag),
  kind: fc.oneof(
    fc.constantFrom(...Object.entries(KINDS)).map(([value, text]) => ({ text, matches: ({ kind }: Item) => kind === Number(value) })),
    fc.constantFrom<Asked>({ text: '1' }, { text: 'one' }, { text: 'toString' })
  ),
  code: fc.oneof(
    fc.constantFrom<Asked>({ text: 'Alpha', matches: ({ code }) => code === 'A' }, { text: 'Beta', matches: ({ code }) => code === 'B' }),
    fc.constantFrom('A', 'alpha', 'toString').map(text => ({ text, error: `Select a valid choice. ${text} is not one of the available choices.` }))
  ),
  day_after: days.map(text => ({ text, matches: ({ day }) => day !== null && day >= full(text) })),
  day_before: days.map(text => ({ text, matches: ({ day }) => day !== null && day <= full(text) })),
  at_after: fc.oneof(
    days.map(text => ({ text, matches: ({ at }: Item) => at !== null && String(dayIn(at)) >= full(text) })),
    refused('Enter a valid date.', '2023-02-29', 'x', '2024-02-29T00:00')
  ),
  at_before: days.map(text => ({ text, matches: ({ at }) => at !== null && String(dayIn(at)) <= full(text) })),
  moment_after: fc.oneof(
    moments.map(([text = '', from = '']) => ({ text, matches: ({ at }: Item) => at !== null && microseconds(at) >= microseconds(from) })),
    refused('Enter a valid date/time.', '2024-02-29T24:00', 'x')
  ),
  moment_before: moments.map(([text = '', to = '']) => ({ text, matches: ({ at }) => at !== null && microseconds(at) <= microseconds(to) })),
  codes: fc.array(fc.constantFrom('A', 'B', 'zz', 'none', ' A '), { minLength: 1, maxLength: 3 }).map(values => ({
    text: values.join(','),
    matches: ({ code }) => code !== null && values.some(value => value.trim() === code)
  })),
  kinds: fc.oneof(
    fc.array(fc.constantFrom('1', '2', ' 9', '-1', ''), { minLength: 1, maxLength: 3 }).map(values => ({
      text: values.join(','),
      matches: values.some(value => value !== '') ? ({ kind }: Item) => kind !== null && values.some(value => value !== '' && Number(value) === kind) : undefined
    })),
    refused('Enter a number.', '1,x', '1.5')
  ),
  search_text: terms.map(asked => ({
    text: asked.map(term => (/[\s,]/.test(term) ? `"${term}"` : term)).join(asked.length % 2 ? ' ' : ', '),
    matches: ({ title, code }) => asked.every(term => includes(title, term.trim()) || includes(code, term.trim()))
  })),
  owner_has: fc.constantFrom('o', '%', '_', 'SOUTH').map(text => ({ text, matches: item => includes(ownerOf(item)?.name ?? null, text) })),
  owner_live: flagged(item => (item.owner_id === null ? null : item.owner_id === 4))
} // prettier-ignore

t.test('filters match the rows that the rules say', async t => {
  const checked = async (asked: Readonly<Record<string, Asked>>) => {
    const query = queryOf({ limit: 1000, unknown: 'x', ...Object.fromEntries(Object.entries(asked).map(([name, { text }]) => [name, text])) })
    const { status, body } = await kernel.get(`/items/?${query}`)
    const errors = Object.fromEntries(
      Object.keys(FILTERS).flatMap(name => {
        const error = asked[name]?.error
        return error === undefined ? [] : [[name.replace(/_(after|before)$/, ''), [error]]]
      })
    )
    if (Object.keys(errors).length > 0) {
      if (JSON.stringify([status, body]) !== JSON.stringify([400, errors]))
        throw new Error(`${query}: ${status} ${JSON.stringify(body)} instead of ${JSON.stringify(errors)}`)
      return
    }
    if (status !== 200) throw new Error(`${query}: ${status} ${JSON.stringify(body)}`)
    const expected = LIVE.filter(item => Object.values(asked).every(({ matches }) => matches === undefined || matches(item) === true))
    const { count } = body as Page
    const got = sorted(idsOf(body as Page))
    const wanted = sorted(expected.map(({ external_id }) => external_id))
    if (count !== wanted.length || got.join() !== wanted.join()) throw new Error(`${query}: ${got.length} instead of ${wanted.length} rows`)
  }
  for (const [name, texts] of Object.entries(FILTERS))
    await t.test(name, () => fc.assert(fc.asyncProperty(fc.oneof({ weight: 9, arbitrary: texts }, none), asked => checked({ [name]: asked })), runs(60)))
  await t.test('several at once', () => {
    const several = fc.record(FILTERS, { requiredKeys: [] }).chain(asked => fc.subarray(Object.keys(asked), { maxLength: 4 }).map(names => Object.fromEntries(names.flatMap(name => (asked[name] ? [[name, asked[name]]] : [])))))
    return fc.assert(fc.asyncProperty(several, checked), runs(150))
  })
  t.strictSame((await kernel.get('/items/?has=%00&flag=%00')).body, { has: ['Null characters are not allowed.'], flag: ['Null characters are not allowed.'] })
  t.strictSame((await kernel.get('/items/?loose=x')).body, { detail: '“x” is not a valid UUID.' })
  t.equal((await pageOf('/items/?kind=One&kind=Two&limit=1000')).count, LIVE.filter(({ kind }) => kind === 2).length, 'the last of a repeated one')
}) // prettier-ignore

t.test('a filter and its complement partition the rows that have a value', async t => {
  const ids = async (query: string) => idsOf(await pageOf(`/items/?limit=1000&${query}`))
  const partition = async (name: keyof Item, ...queries: string[]) => {
    const parts = await Promise.all(queries.map(ids))
    t.strictSame(sorted(parts.flat()), sorted(LIVE.filter(item => item[name] !== null).map(({ external_id }) => external_id)), queries.join(' | '))
  }
  for (const rank of new Set(RANKS)) if (rank !== null && rank > -2_147_483_648) await partition('rank', `min=${rank}`, `max=${rank - 1}`)
  await partition('score', 'score_min=1.5', 'score_max=1.4999')
  await partition('flag', 'flag=true', 'flag=false')
  for (const [day, before] of [['2024-02-29', '2024-02-28'], ['2024-03-01', '2024-02-29'], ['2024-01-01', '2023-12-31']]) {
    await partition('day', `day_after=${day}`, `day_before=${before}`)
    await partition('at', `at_after=${day}`, `at_before=${before}`)
  }
  await partition('at', 'moment_after=2024-02-29T00:00:00Z', 'moment_before=2024-02-28T23:59:59.999999Z')
  await partition('kind', 'kinds=1,2,3', 'kinds=9')
  await partition('code', 'codes=A', 'codes=B,zz')
  await partition('ref', `ref=${uuid(7)}`, `ref=${uuid(8)}`)
}) // prettier-ignore

/** Pages by their addresses from the first, or backwards from the last. */
async function walk(first: string, to: 'next' | 'previous' = 'next', headers?: Record<string, string>): Promise<Page[]> {
  const pages: Page[] = []
  for (let path: string | null = first; path !== null;) {
    if (pages.length > 200) throw new Error(`${first} does not end`)
    const page: Page = await pageOf(path, headers)
    pages.push(page)
    path = page[to] && pathOf(page[to])
  }
  return pages
}

const orderings = fc
  .array(fc.tuple(fc.constantFrom(...Object.keys(ORDERS), 'unknown', 'constructor'), fc.boolean()), { maxLength: 4 })
  .map(parts => parts.map(([name, descending]) => (descending ? `-${name}` : name)))
const orderSql = (parts: readonly string[]) => {
  const known = parts.filter(part => Object.hasOwn(ORDERS, part.replace('-', '')))
  if (known.length === 0) return 'i.rank desc nulls last, i.id'
  return `${known.map(part => (part.startsWith('-') ? `${ORDERS[part.slice(1) as 'rank']} desc` : ORDERS[part as 'rank'])).join(', ')}, i.id`
}
const orderedIds = async (order: string, condition = 'true') =>
  (await kernel.sql<{ id: string }>(`select external_id as id from toolkit_item i where not i.deleted and ${condition} order by ${order}`)).map(({ id }) => id) // prettier-ignore

t.test('the pages of a list are the whole list exactly once, in order', async t => {
  const filtered = fc.constantFrom<readonly [Readonly<Record<string, string>>, string]>([{}, 'true'], [{ min: '1' }, 'i.rank >= 1'], [{ min: '99999999999' }, 'false'], [{ has: 'a&b=c' }, 'false'], [{ flag: 'true' }, 'i.flag']) // prettier-ignore
  await fc.assert(
    fc.asyncProperty(orderings, fc.integer({ min: 1, max: 40 }), filtered, async (ordering, limit, [filters, condition]) => {
      const expected = await orderedIds(orderSql(ordering), condition)
      const pages = await walk(`/items/?${queryOf({ ordering: ordering.join(',') || undefined, limit, ...filters })}`)
      const ids = pages.flatMap(idsOf)
      if (ids.join() !== expected.join()) throw new Error(`${ids.join()} instead of ${expected.join()}`)
      if (pages.some(({ count }) => count !== expected.length)) throw new Error('count')
      if (pages.slice(0, -1).some(({ results }) => results.length !== limit)) throw new Error('short page')
      const last = pages.at(-2)?.next
      if (!last) return
      const back = await walk(pathOf(last), 'previous')
      if (back.reverse().flatMap(idsOf).join() !== expected.join()) throw new Error('backwards')
    }),
    runs(40)
  )
  const all = (await kernel.get('/all/?ordering=-title')).body as { id: string }[]
  t.strictSame(all.map(({ id }) => id), await orderedIds('i.title desc, i.id')) // prettier-ignore
  for (const [query, size] of [
    ['', 14],
    ['limit=0', 14],
    ['limit=x', 14],
    ['limit=-1', 14],
    ['limit=1.5', 14],
    ['limit=3&limit=2', 2],
    ['limit=99999999999&offset=80', 2]
  ] as const)
    // prettier-ignore
    t.equal((await pageOf(`/items/?${query}`)).results.length, size, query)
  for (const offset of [82, 100, 70_000, 99_999_999_999]) {
    const page = await pageOf(`/items/?offset=${offset}`)
    t.strictSame([page.count, page.next, page.results], [LIVE.length, null, []], `offset ${offset}`)
  }
  const { next, previous } = await pageOf('/items/?z=1&offset=14&limit=14&has=&a=~*')
  t.strictSame(
    [next, previous].map(address => address && pathOf(address)),
    ['/items/?a=~%2A&has=&limit=14&offset=28&z=1', '/items/?a=~%2A&has=&limit=14&z=1'],
    'other parameters stay, in alphabetical order'
  )
})

t.test('numbered pages', async t => {
  const expected = await orderedIds('i.rank desc nulls last, i.id')
  const pages = await walk('/pages/')
  t.strictSame(pages.flatMap(idsOf), expected)
  t.equal(pages.length, Math.ceil(expected.length / 7))
  t.strictSame((await walk('/pages/?page=last', 'previous')).reverse().flatMap(idsOf), expected)
  for (const [number, page] of pages.entries()) {
    const same = await pageOf(`/pages/?page=${number + 1}`)
    t.strictSame(idsOf(same), idsOf(page))
    t.match(same.previous ?? '', number === 0 ? /^$/ : number === 1 ? /\/pages\/$/ : new RegExp(`page=${number}$`))
  }
  for (const page of ['0', '-1', 'x', '', String(pages.length + 1), '1.5', '99999999999'])
    t.strictSame([(await kernel.get(`/pages/?page=${page}`)).status, page], [404, page])
  for (const page of ['', '?page=last', '?page=1'])
    t.strictSame(await pageOf(`/pages/${page}${page ? '&' : '?'}min=99999999999`), {
      count: 0,
      next: null,
      previous: null,
      results: []
    })
  t.equal((await kernel.get('/pages/?page=2&min=99999999999')).status, 404, 'an empty list has one page')
})

t.test('counts of large tables', async t => {
  const PARTS = [1, 2, 3, 4, 5, 6, 7, 8, 9]
  for (const bound of BOUNDS)
    await t.test(`exact up to ${bound}`, async t => {
      const query = fc.record({
        part: fc.option(fc.constantFrom(...PARTS), { nil: undefined }),
        min: fc.option(fc.integer({ min: 1, max: 10 }), { nil: undefined }),
        ordering: fc.constantFrom(undefined, 'rank', '-rank', '-id'),
        limit: fc.constantFrom(undefined, 1, 5, 19, 100, 3000),
        offset: fc.constantFrom(undefined, 0, 7, 15, 18, 250, 399, 2000)
      })
      await fc.assert(
        fc.asyncProperty(query, fc.constantFrom('ann', 'ben'), async (asked, who) => {
          const plain = await pageOf(`/exact/?${queryOf(asked)}`)
          const counted = await pageOf(`/bounded-${bound}/?${queryOf(asked)}`, { 'x-who': who })
          if (JSON.stringify({ ...plain, next: '', previous: '' }) !== JSON.stringify({ ...counted, next: '', previous: '' }))
            throw new Error(`${counted.count} instead of ${plain.count}: ${JSON.stringify(idsOf(counted)).slice(0, 200)}`)
        }),
        runs(120)
      )
      for (const part of [4, 9]) {
        const count = async (who: string) => (await pageOf(`/bounded-${bound}/?part=${part}&limit=1`, { 'x-who': who })).count
        const before = await count('ann')
        for (let more = 1; more <= 3; more++) {
          await kernel.post(`/many/${part}/`, {}, { 'x-who': 'ann' })
          t.equal(await count('ann'), before + more, 'one’s own write counts at once')
          const others = await Promise.all(['ben', 'ann', 'ann', 'ben'].map(count))
          t.strictSame([others[1], others[2]], [before + more, before + more])
          t.ok(others.every(other => other >= before && other <= before + more))
        }
      }
    })
  const pages = await walk('/bounded-20/?part=5&limit=90', 'next', { 'x-who': 'ann' })
  t.strictSame(
    pages.flatMap(idsOf),
    pages.flatMap(idsOf).toSorted((a, b) => Number(a) - Number(b))
  )
  t.equal(new Set(pages.flatMap(idsOf)).size, 399)
})

t.test('a merged disjunction is the plain one', async () => {
  const query = fc.record({
    owners: fc.subarray([1, 2, 3, 4, 99]).map(ids => ids.join('.')),
    above: fc.constantFrom(-1, 0, 1, 2_147_483_647),
    min: fc.option(fc.constantFrom(0, 2), { nil: undefined }),
    ordering: orderings.map(parts => parts.join(',')),
    limit: fc.constantFrom(1, 3, 14, 100),
    offset: fc.constantFrom(0, 1, 13, 20, 70_000)
  })
  await fc.assert(
    fc.asyncProperty(query, async asked => {
      const [merged, plain] = await Promise.all(['merged', 'plain'].map(path => pageOf(`/${path}/?${queryOf(asked)}`)))
      if (JSON.stringify([merged?.count, merged?.results]) !== JSON.stringify([plain?.count, plain?.results]))
        throw new Error(`${JSON.stringify(merged && idsOf(merged))} instead of ${JSON.stringify(plain && idsOf(plain))}`)
    }),
    runs(120)
  )
})

/** Reads CSV as RFC 4180 says. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [[]]
  let cell = ''
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    const sign = text[at] ?? ''
    if (quoted) {
      if (sign !== '"') cell += sign
      else if (text[at + 1] === '"') cell += text[++at] ?? ''
      else quoted = false
    } else if (sign === '"') quoted = true
    else if (sign === ',' || (sign === '\r' && text[at + 1] === '\n')) {
      rows.at(-1)?.push(cell)
      cell = ''
      if (sign === '\r') rows.push([])
      if (sign === '\r') at++
    } else cell += sign
  }
  return rows.slice(0, -1)
}

t.test('a list as CSV has the rows of the list', async t => {
  const query = fc.constantFrom('', 'min=1', 'flag=true', 'has=a', 'min=99999999999', 'offset=5')
  await fc.assert(
    fc.asyncProperty(query, orderings, async (filters, ordering) => {
      const search = `${filters}&ordering=${ordering.join(',')}`
      const listed = idsOf(await pageOf(`/items/?${search.replace('offset', 'x')}&limit=1000`))
      const { text, status } = await kernel.get(`/items/?csv&${search}`)
      const [header, ...rows] = readCsv(text.slice(1))
      if (status !== 200 || !text.startsWith('\ufeff') || JSON.stringify(header) !== JSON.stringify(Object.keys(COLUMNS)))
        throw new Error(`${status} ${text.slice(0, 100)}`)
      if (rows.map(([id]) => id).join() !== listed.join()) throw new Error(`${rows.length} instead of ${listed.length} rows`)
    }),
    runs(30)
  )
  const { text, headers } = await kernel.get('/items/?csv=1')
  t.match(headers, {
    'content-type': 'text/csv',
    'content-disposition': 'attachment; filename=items.csv;',
    'cache-control': 'no-cache'
  })
  const rows = new Map(readCsv(text.slice(1)).map(([id = '', ...cells]) => [id, cells]))
  for (const { external_id, title, rank, at, flag } of LIVE)
    t.strictSame(
      rows.get(external_id),
      [
        title === null ? '' : /^[=@\t\r]/.test(title) ? `'${title}` : title,
        String(rank ?? ''),
        at === null ? '' : `${at.slice(0, 19)}${micro(at)}+00:00`,
        flag === null ? '' : flag ? 'YES' : 'NO'
      ],
      JSON.stringify(title)
    )
  t.strictSame((await kernel.get('/items/?csv&ref=x')).body, { ref: ['Enter a valid UUID.'] }, 'a wrong filter is refused before')
})

t.test('one row', async t => {
  const NONE = { detail: 'No Item matches the given query.' }
  const MALFORMED = { detail: 'Not found.' }
  const answers = async (path: string) => {
    const { status, body } = await kernel.get(path)
    return [status, body] as const
  }
  for (const { external_id, id, deleted, rank } of ITEMS.slice(0, 20)) {
    const key = fc.sample(fc.constantFrom(external_id, external_id.toUpperCase(), external_id.replaceAll('-', '')), { numRuns: 1, seed: id })[0] // prettier-ignore
    for (const path of [`/items/${key}/`, `/ids/${id}/`]) {
      const [status, body] = await answers(path)
      t.strictSame(deleted ? [status, body] : [status, (body as { id: string }).id], deleted ? [404, NONE] : [200, external_id])
      const found = !deleted && rank !== null && rank > 0
      t.strictSame(await answers(`${path}rank/`), found ? [200, { rank }] : [404, NONE])
    }
  }
  t.strictSame(await answers('/titles/two%20words/'), await answers(`/items/${ITEMS.find(({ title }) => title === 'two words')?.external_id}/`)) // prettier-ignore
  t.strictSame(await answers(`/items/${uuid(99)}/`), [404, NONE])
  for (const key of ['999', '2147483648', '999999999999999']) t.strictSame(await answers(`/ids/${key}/`), [404, NONE], key)
  for (const path of ['/items/x/', `/items/${uuid(1)}0/`, '/ids/1.5/', '/ids/-1/', `/ids/${'9'.repeat(16)}/`, '/titles/%00/'])
    t.strictSame(await answers(path), [404, MALFORMED], path)
})

t.test('statement texts depend on the kind of request, never on values', async (t: Test) => {
  const distinct = async (requests: readonly string[]) => {
    texts.length = 0
    for (const path of requests) await kernel.get(path)
    return new Set(texts).size
  }
  texts.length = 0
  await kernel.get('/items/?has=a&at_before=2024-01-01&owner_has=x&ordering=rank&limit=3')
  const [explained = ''] = texts
  for (const part of ['filter has', 'filter at_before', 'filter owner_has', 'live', 'ordering', 'outputs Item', 'page', 'count'])
    t.match(explained, `/* ${part} */`, 'comments say who contributed a part')
  const VALUE = ['1', '2', '%', "a'b", '-1', '100%', 'x y']
  t.equal(await distinct(VALUE.flatMap(value => [`/items/?has=${value}`, `/items/?has=${value}&limit=9`])), 1, 'a filter')
  t.equal(await distinct(['1', '2', '99', '-1'].flatMap(value => [`/items/?min=${value}&max=${value}&title=x`])), 1, 'filters')
  t.equal(await distinct(['Alpha', 'Beta'].map(value => `/items/?code=${value}&kind=One`)), 1, 'labels')
  t.equal(await distinct(ITEMS.slice(0, 20).map(({ external_id }) => `/items/${external_id}/`)), 1, 'one row')
  t.equal(await distinct([0, 1, 2].map(at => `/merged/?owners=${at}.4&above=${at}&offset=${at}`)), 1, 'a disjunction')
  t.equal(
    await distinct(Array.from({ length: 60 }, (_, at) => `/items/?limit=${at + 1}&offset=${at}`)),
    3,
    'limit buckets 16, 64 and 256'
  )
  t.equal(await distinct(['rank', 'rank,rank', 'rank,-rank,rank', 'rank,x', 'rank,rank,-rank'].map(order => `/items/?ordering=${order}`)), 1, 'a repeated order is that order') // prettier-ignore
  texts.length = 0
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(1, 2, 3, 99), fc.constantFrom(uuid(1), uuid(99)), async (key, owner) => {
      await kernel.post('/read/references/', { key, owner, parts: [{ owner }] })
    }),
    runs(20)
  )
  t.equal(new Set(texts).size, 1, 'references')
})
