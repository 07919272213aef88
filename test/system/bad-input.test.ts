import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { testKernel, type Requester, type TestKernel } from '../../platform/testing/index.ts'
import { FEATURES } from './deployment.ts'

const RUNS = Number(process.env.FUZZ_RUNS ?? 25)

interface Schema {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
}

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema?: Schema }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
}

/** Texts that break things elsewhere: NUL, lone surrogates, overflow, SQL, patterns, other scripts, very long. */
const nasty = fc.constantFrom(
  '',
  ' ',
  '\0',
  'a\0b',
  '\uD800',
  '𝕏'.repeat(50),
  "'; drop table users_user; --",
  '%',
  '_%\\',
  '-1',
  '1e999',
  '9'.repeat(40),
  'NaN',
  'null',
  'true',
  '[]',
  '{}',
  '../../etc/passwd',
  '<script>',
  'മലയാളം',
  '00000000-0000-0000-0000-000000000000',
  'not-a-uuid',
  '2024-13-45',
  '2024-02-30T25:61:61Z',
  '0001-01-01',
  '99999-01-01',
  'x'.repeat(5000),
  '🧑‍⚕️',
  '%00',
  '1.0',
  '+5',
  '0x10'
)
const anything: fc.Arbitrary<unknown> = fc.oneof(
  nasty,
  fc.integer(),
  fc.double(),
  fc.constant(null),
  fc.boolean(),
  fc.constant(9_007_199_254_740_993),
  fc.constant(-2_147_483_649),
  fc.array(nasty, { maxLength: 3 }),
  fc.dictionary(fc.string(), nasty, { maxKeys: 3 }),
  fc.constant(deep(200))
)

function deep(levels: number): unknown {
  let value: unknown = 1
  for (let level = 0; level < levels; level++) value = [value]
  return value
}

function likely(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.enum) return fc.constantFrom(...schema.enum)
  if (schema.type === 'integer') return fc.constantFrom(0, 1, 7, 15)
  if (schema.type === 'boolean') return fc.boolean()
  if (schema.type === 'array') return fc.array(schema.items ? likely(schema.items) : nasty, { maxLength: 3 })
  return fc.constantFrom('abcd', '+919876543210', '1990-01-01')
}

function bodyOf(schema: Schema | undefined): fc.Arbitrary<unknown> {
  const properties = Object.entries(schema?.properties ?? {})
  const record = fc.record(
    Object.fromEntries(
      properties.map(([name, of]) => [name, fc.oneof({ weight: 3, arbitrary: likely(of) }, { weight: 2, arbitrary: anything })])
    ),
    { requiredKeys: [] }
  )
  return fc.oneof({ weight: 8, arbitrary: record }, { weight: 1, arbitrary: anything })
}

function segment(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.constantFrom('1', '15', 'abc', '00000000-0000-4000-8000-000000000000', '99999999999999999999', '%00', '%F0%9F%98%80', "'"),
    nasty.map(text => encodeURIComponent(text.isWellFormed() ? text : 'x').slice(0, 300) || 'x')
  )
}

/** How many rows every table of the features has, in one statement. */
async function counter(kernel: TestKernel): Promise<() => Promise<string>> {
  const tables = await kernel.sql<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = 'public' and tablename not like 'kernel_%' order by 1`
  )
  const text = tables.map(({ name }) => `select '${name}' as name, count(*) as count from ${name}`).join(' union all ')
  return async () => JSON.stringify(await kernel.sql(text))
}

t.test('every route survives input made from its OpenAPI description', async t => {
  const kernel = await testKernel(t, {
    plugins: FEATURES,
    config: { plugins: { 'auth-permissions': { passwordHash: { memoryKiB: 64, passes: 1, lanes: 1 } } } }
  })
  const rows = await counter(kernel)
  const admin = await kernel.as()
  const doctor = await kernel.as({ user_type: 15 })
  const { paths } = kernel.app.swagger() as { paths: Record<string, Record<string, Operation>> }
  t.ok(Object.keys(paths).length > 30)
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, { parameters = [], requestBody }] of Object.entries(operations)) {
      const schema = Object.values(requestBody?.content ?? {})[0]?.schema
      const query = fc.record(
        Object.fromEntries(
          parameters
            .filter(parameter => parameter.in === 'query')
            .map(({ name, schema: of }) => [name, fc.oneof(nasty, likely(of ?? {}).map(String))])
        ),
        { requiredKeys: [] }
      )
      const segments = fc.array(segment(), { minLength: 4, maxLength: 4 })
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(admin, doctor),
          segments,
          query,
          bodyOf(schema),
          async (who: Requester, names, parameters_, body) => {
            let at = 0
            const search = Object.entries(parameters_ as Record<string, string>)
              .map(([name, value]) => `${name}=${encodeURIComponent(value.isWellFormed() ? value : '\uFFFD')}`)
              .join('&')
            const url = `${path.replace(/\{[^}]+\}/g, () => names[at++ % names.length] ?? 'x')}${search ? `?${search}` : ''}`
            const before = method === 'get' ? '' : await rows()
            const answer = await send(who, method, url, body)
            if (answer.status >= 500)
              throw new Error(
                `${method} ${url} with ${JSON.stringify(body)?.slice(0, 300)} answered ${answer.status}: ${answer.text.slice(0, 200)}`
              )
            if (answer.status >= 400 && before !== '' && before !== (await rows()))
              throw new Error(`${method} ${url} was refused with ${answer.status} and wrote`)
            if (answer.status >= 400 && answer.text !== '' && typeof answer.body !== 'object')
              throw new Error(`${method} ${url} answered ${answer.status} without an explanation`)
          }
        ),
        { numRuns: RUNS, seed: 7 }
      )
    }
  }
  t.pass('no 5xx, nothing written by what was refused')
})

t.test('bodies that are no bodies', async t => {
  const kernel = await testKernel(t, { plugins: FEATURES, config: { server: { bodyLimitMiB: 1 } } })
  const admin = await kernel.as()
  const post = (payload: string, type: string) => admin.put('/api/v1/password_change/', payload, { 'content-type': type })
  const cases: [string, string, number, RegExp][] = [
    ['{"a":', 'application/json', 400, /JSON parse error - /],
    ['[1,2]', 'application/json', 400, /Expected a dictionary, but got list/],
    ['"x"', 'application/json', 400, /Expected a dictionary, but got str/],
    ['x', 'text/plain', 415, /Unsupported media type \\"text\/plain\\" in request/],
    ['{"old_password":"a","old_password":"b"}', 'application/json', 400, /new_password/],
    ['{"__proto__":{"old_password":"a"},"constructor":1}', 'application/json', 400, /old_password/],
    ['--x', 'multipart/form-data; boundary=y', 400, /Multipart form parse error|required/],
    ['--x', 'multipart/form-data', 400, /Multipart form parse error/],
    ['old_password=a&old_password=b', 'application/x-www-form-urlencoded', 400, /new_password/],
    [`{"a":"${'x'.repeat(1_100_000)}"}`, 'application/json', 413, /too large/i],
    ['['.repeat(100_000), 'application/json', 400, /JSON parse error/]
  ]
  for (const [payload, type, status, says] of cases) {
    const answer = await post(payload, type)
    t.equal(answer.status, status, `${payload.slice(0, 40)} as ${type}`)
    t.match(answer.text, says)
  }
})

t.test('forged and stale tokens are refused on every route', async t => {
  const kernel = await testKernel(t, { plugins: FEATURES })
  const user = await kernel.as({ user_type: 15 })
  const gone = await kernel.as({ user_type: 15 })
  const inactive = await kernel.as({ user_type: 15 })
  await kernel.sql('update users_user set deleted = true where id = $1', [gone.user?.id])
  await kernel.sql('update users_user set is_active = false where id = $1', [inactive.user?.id])
  const now = Math.floor(kernel.clock.now().getTime() / 1000)
  const secret = kernel.root.security.secretKey
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const forge = (claims: object, header: object = { alg: 'HS256', typ: 'JWT' }, key: string = secret) => {
    const text = `${encode(header)}.${encode(claims)}`
    return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`
  }
  const claims = { token_type: 'access', exp: now + 600, iat: now, jti: 'a'.repeat(32), user_id: user.user?.externalId }
  const attacks: Record<string, string> = {
    'alg none': `${encode({ alg: 'none', typ: 'JWT' })}.${encode(claims)}.`,
    'alg RS256 with an HMAC': forge(claims, { alg: 'RS256', typ: 'JWT' }),
    'wrong key': forge(claims, undefined, 'another key'),
    expired: forge({ ...claims, exp: now - 1 }),
    'expires this second': forge({ ...claims, exp: now }),
    'no expiry': forge({ ...claims, exp: undefined }),
    'no jti': forge({ ...claims, jti: undefined }),
    'a refresh token': forge({ ...claims, token_type: 'refresh' }),
    'a patient token': forge({ ...claims, token_type: 'patient_login', user_id: undefined, phone_number: '+919876543210' }),
    'no user': forge({ ...claims, user_id: undefined }),
    'a user that never was': forge({ ...claims, user_id: '00000000-0000-4000-8000-000000000000' }),
    'a user id that is no uuid': forge({ ...claims, user_id: '5' }),
    'a deleted user': gone.user?.token ?? '',
    'an inactive user': inactive.user?.token ?? '',
    tampered: `${forge(claims).slice(0, -2)}xx`,
    garbage: 'abc'
  }
  t.equal(
    (await kernel.get('/api/v1/users/getcurrentuser/', { authorization: `Bearer ${forge(claims)}` })).status,
    200,
    'a good one is accepted'
  )
  const guarded = kernel.routes.filter(({ scheme }) => scheme === 'user')
  t.ok(guarded.length > 30)
  for (const [name, token] of Object.entries(attacks)) {
    const failed: string[] = []
    for (const { method, url } of guarded) {
      const answer = await send(
        kernel,
        method.toLowerCase(),
        url.replace(/:[^/]+/g, '00000000-0000-4000-8000-000000000000'),
        undefined,
        { authorization: `Bearer ${token}` }
      )
      if (answer.status !== 403) failed.push(`${method} ${url}: ${answer.status}`)
    }
    t.same(failed, [], name)
  }
})

function send(who: Requester, method: string, url: string, body: unknown, headers: Record<string, string> = {}) {
  if (method === 'get') return who.get(url, headers)
  return who[method as 'post' | 'put' | 'patch' | 'delete'](url, typeof body === 'string' ? JSON.stringify(body) : body, {
    ...headers,
    ...(body === undefined ? {} : { 'content-type': 'application/json' })
  })
}
