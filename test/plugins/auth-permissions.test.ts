import { generateKeyPairSync } from 'node:crypto'
import { authPermissions, type Actors } from 'care-kernel/contracts/auth-permissions'
import { defineContract, definePlugin, type Cache, type Logger } from 'care-kernel'
import type { Columns, ModelDefinition, ModelOf, Repository, Writes } from 'care-kernel/data'
import { defineGateway } from 'care-kernel/gateway'
import { fakeClock, testKernel, type TestContext, type TestKernel } from 'care-kernel/testing'
import { createSigner } from 'fast-jwt'
import t from 'tap'
import { Type } from 'typebox'
import { Audit } from '../../plugins/auth-permissions/audit.ts'
import { Skill, User } from '../../plugins/auth-permissions/models.ts'

const PASSWORD = 'Vector-Pass-42'
/** Of docs/api/auth-users.md §2.7. */
const OLD_HASH = 'pbkdf2_sha256$1000$seasalt$wxJanDV5DfY9tJWsAT9hSj04N3i6c4ExEfezH7cbpcY='
const LOGIN = '/api/v1/auth/login/'
const ME = '/api/v1/users/getcurrentuser/'
const FACILITY = '11111111-1111-4111-8111-111111111111'
const LONE = '22222222-2222-4222-8222-222222222222'
const NOT_GIVEN = { detail: 'Authentication credentials were not provided.' }

/** Routes under every scheme, and facilities with and without a middleware. */
const probe = definePlugin({
  contract: defineContract({ name: 'probe', version: 1 }),
  version: '1.0.0',
  kernel: '^1.0.0',
  summary: 'Routes for tests',
  requires: [authPermissions],
  hooks: {
    'auth-permissions/middleware-address': async (db, { facility }) =>
      ({ [FACILITY]: 'middleware.example.org', [LONE]: null })[facility]
  },
  routes(app) {
    const who = async (request: { actor: { username: string } | null }) => ({ username: request.actor?.username ?? null })
    app.get('/probe/consultation/', { config: { permission: 'authenticated', scheme: 'consultation' } }, who)
    app.get('/probe/patient/', { config: { permission: 'authenticated', scheme: 'user+basic' } }, who)
    app.get('/probe/public/', { config: { permission: 'public', scheme: 'user' } }, who)
  }
})

interface Setting {
  readonly settings?: Readonly<Record<string, unknown>>
  readonly config?: Readonly<Record<string, unknown>>
  readonly gateways?: Parameters<typeof testKernel>[1]['gateways']
}

const boot = (t: TestContext, { settings = {}, config = {}, gateways = {} }: Setting = {}): Promise<TestKernel> =>
  testKernel(t, {
    plugins: ['places', 'auth-permissions', probe],
    clock: fakeClock(),
    gateways: { ...gateways },
    config: { plugins: { 'auth-permissions': { passwordHash: { memoryKiB: 64, passes: 1, lanes: 1 }, ...settings } }, ...config }
  })

/** A user who can log in. */
async function person(
  kernel: TestKernel,
  username: string,
  columns: Readonly<Record<string, unknown>> = {}
): Promise<{ id: number; externalId: string; token: string }> {
  const { user } = await kernel.as({ username, user_type: 15, verified: true })
  if (!user) throw new Error('no user')
  for (const [name, value] of Object.entries({ password: OLD_HASH, ...columns }))
    await kernel.sql(`update users_user set ${name} = $2 where id = $1`, [user.id, value])
  return user
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` })
const login = (kernel: TestKernel, username: string, password: string = PASSWORD) => kernel.post(LOGIN, { username, password })
const stored = async (kernel: TestKernel, id: number) =>
  (
    await kernel.sql<{ password: string; last_login: string | null }>(
      'select password, last_login from users_user where id = $1',
      [id]
    )
  )[0]

t.test('login, refresh and verify', async t => {
  const kernel = await boot(t)
  const user = await person(kernel, 'anna')
  await person(kernel, 'idle', { is_active: false })

  t.test('outdated hashes are renewed, last_login moves', async t => {
    const answer = await login(kernel, ' anna ')
    t.equal(answer.status, 200)
    t.same(Object.keys(answer.body as object), ['refresh', 'access'])
    const { password, last_login: seen } = (await stored(kernel, user.id)) ?? {}
    t.match(password, /^argon2\$argon2id\$v=19\$m=64,t=1,p=1\$/)
    t.ok(seen)
    t.equal((await login(kernel, 'anna')).status, 200, 'the new hash verifies')
    t.equal((await stored(kernel, user.id))?.password, password, 'and is kept')
  })

  t.test('all failures look alike', async t => {
    for (const [username, password] of [
      ['anna', 'wrong'],
      ['nobody', PASSWORD],
      ['idle', PASSWORD],
      ['Anna', PASSWORD]
    ] as const) {
      const answer = await login(kernel, username, password)
      t.match(
        answer,
        { status: 401, body: { detail: 'No active account found with the given credentials', code: 'no_active_account' } },
        `${username} ${password}`
      )
      t.equal(answer.headers['www-authenticate'], 'Bearer realm="api"')
    }
    t.same((await kernel.post(LOGIN, {})).body, { username: ['This field is required.'], password: ['This field is required.'] })
  })

  t.test('refresh rotates, and stops with the user', async t => {
    const { refresh, access } = (await login(kernel, 'anna')).body as { refresh: string; access: string }
    const next = await kernel.post('/api/v1/auth/token/refresh/', { refresh }, bearer('rubbish'))
    t.equal(next.status, 200)
    t.not((next.body as { refresh: string }).refresh, refresh)
    t.equal((await kernel.post('/api/v1/auth/token/refresh/', { refresh })).status, 200, 'the old one stays valid')
    t.match(await kernel.post('/api/v1/auth/token/refresh/', { refresh: access }), {
      status: 401,
      body: { detail: 'Token has wrong type', code: 'token_not_valid' }
    })
    t.match(await kernel.post('/api/v1/auth/token/verify/', { token: access }), { status: 200, body: {} })
    t.match(await kernel.post('/api/v1/auth/token/verify/', { token: 'x' }), {
      status: 401,
      body: { detail: 'Token is invalid or expired', code: 'token_not_valid' }
    })
    await kernel.sql('update users_user set is_active = false where id = $1', [user.id])
    await kernel.clock.advance('6s')
    t.match(await kernel.post('/api/v1/auth/token/refresh/', { refresh }), { status: 401, body: { code: 'token_not_valid' } })
    await kernel.clock.advance('31m')
    t.equal((await kernel.post('/api/v1/auth/token/verify/', { token: refresh })).status, 401, 'expired')
  })
})

t.test('who asks', async t => {
  const kernel = await boot(t)
  const user = await person(kernel, 'berta')
  const sign = createSigner({ key: 'care-kernel-development-only', algorithm: 'HS256', noTimestamp: true })
  const now = Math.floor(kernel.clock.now().getTime() / 1000)
  const token = (claims: object) =>
    bearer(sign({ token_type: 'access', exp: now + 600, iat: now, jti: 'a'.repeat(32), user_id: user.externalId, ...claims }))
  const bad = (message: string) => ({
    detail: 'Invalid Token, please relogin to continue',
    code: 'token_not_valid',
    messages: [{ token_class: 'AccessToken', token_type: 'access', message }]
  })
  const CASES: readonly (readonly [string, Record<string, string>, object])[] = [
    ['nothing', {}, NOT_GIVEN],
    ['another word', { authorization: 'Token x' }, NOT_GIVEN],
    ['rubbish', bearer('rubbish'), bad('Token is invalid or expired')],
    ['expired', token({ exp: now }), bad('Token is invalid or expired')],
    ['another kind', token({ token_type: 'refresh' }), bad('Token has wrong type')],
    [
      'nobody in it',
      token({ user_id: undefined }),
      { detail: 'Token contained no recognizable user identification', code: 'token_not_valid' }
    ],
    ['an old integer id', token({ user_id: '5' }), bad('Token is invalid or expired')],
    ['no uuid of the right length', token({ user_id: '-'.repeat(32) }), bad('Token is invalid or expired')],
    ['nobody we know', token({ user_id: LONE }), { detail: 'User not found', code: 'user_not_found' }],
    [
      'too many parts',
      { authorization: 'Bearer a b' },
      { detail: 'Authorization header must contain two space-delimited values', code: 'bad_authorization_header' }
    ]
  ]
  for (const [what, headers, body] of CASES) {
    const plain = await kernel.get(ME, headers)
    t.same([plain.status, plain.body, plain.headers['www-authenticate']], [403, body, undefined], `${what}: 403`)
    const consultation = await kernel.get('/probe/consultation/', headers)
    t.same(
      [consultation.status, consultation.body, consultation.headers['www-authenticate']],
      [401, body, 'Middleware_Bearer realm="api"'],
      `${what}: 401 on consultations`
    )
  }
  t.equal((await kernel.get('/probe/public/')).status, 200, 'public without a token')
  t.equal((await kernel.get('/probe/public/', bearer('rubbish'))).status, 403, 'public with a bad one')
  t.match(await kernel.get('/probe/patient/', basic(`berta:${PASSWORD}`)), { status: 200, body: { username: 'berta' } })
  t.match(await kernel.get('/probe/patient/', basic('berta:wrong')), {
    status: 403,
    body: { detail: 'Invalid username/password.' }
  })
  t.same((await kernel.get('/probe/consultation/', basic(`berta:${PASSWORD}`))).body, NOT_GIVEN, 'Basic only where it is taken')
  await kernel.sql('update users_user set is_active = false where id = $1', [user.id])
  await kernel.clock.advance('6s')
  t.match(await kernel.get(ME, token({})), { status: 403, body: { detail: 'User is inactive', code: 'user_inactive' } })
})

t.test('actors are kept, and dropped everywhere when they change', async t => {
  const kernel = await boot(t)
  const user = await person(kernel, 'clara')
  const { actors } = kernel.scopes.get('auth-permissions') as { actors: Actors }
  const typeOf = async () => (await actors.byExternalId(user.externalId))?.userType
  const change = (rank: number, who: readonly number[] | 'all') =>
    kernel.ports.database?.transaction(async tx => {
      await tx.query('update users_user set user_type = $2 where id = $1', [user.id, rank])
      actors.changed(tx, who)
    })
  t.equal(await typeOf(), 15)
  t.equal(await kernel.statements(typeOf), 0, 'kept')
  await kernel.sql('update users_user set user_type = 14 where id = $1', [user.id])
  t.equal(await typeOf(), 15, 'written behind our back')
  await kernel.clock.advance('6s')
  t.equal(await typeOf(), 14, 'seen when the lifetime is over')
  await change(13, [user.id])
  t.equal(await typeOf(), 13, 'a change of this one is seen at once')
  await change(10, 'all')
  t.equal(await typeOf(), 10, 'and so is a change of everybody')

  const off = await boot(t, { settings: { permissionCacheSeconds: 0 } })
  const other = await person(off, 'dora')
  const { actors: uncached } = off.scopes.get('auth-permissions') as { actors: Actors }
  await uncached.byExternalId(other.externalId)
  t.equal(await off.statements(() => uncached.byExternalId(other.externalId)), 1, '0 seconds: always from the database')
})

t.test('limits', async t => {
  const limited = { security: { secretKey: 'care-kernel-development-only', rateLimit: '5/10m' } }
  const refusal = { detail: 'Too Many Requests Provide Captcha', code: '429', status: '429' }

  t.test('per user', async t => {
    const kernel = await boot(t, { config: limited })
    await person(kernel, 'emma')
    for (let call = 0; call < 5; call++) t.equal((await login(kernel, 'emma', 'wrong')).status, 401)
    const sixth = await login(kernel, 'emma')
    t.same([sixth.status, sixth.body, sixth.headers['www-authenticate']], [429, refusal, 'Bearer realm="api"'])
    for (let call = 0; call < 5; call++) await kernel.post('/api/v1/password_reset/', { username: 'emma' })
    t.match(await kernel.post('/api/v1/password_reset/', { username: 'emma' }), {
      status: 429,
      body: { detail: 'Too Many Requests. Please try again later.' }
    })
    await kernel.clock.advance('11m')
    t.equal((await login(kernel, 'emma')).status, 200, 'the window is over')
  })

  t.test('per address', async t => {
    const kernel = await boot(t, { config: limited, settings: { loginsPerAddress: 3 } })
    for (const name of ['a', 'b', 'c']) t.equal((await login(kernel, name, 'x')).status, 401)
    t.equal((await login(kernel, 'd', 'x')).status, 429, 'spraying ends')
  })

  t.test('Basic is no way around them', async t => {
    const kernel = await boot(t, { config: limited })
    await person(kernel, 'greta')
    for (let call = 0; call < 5; call++) await kernel.get('/probe/patient/', basic('greta:wrong'))
    t.not((await kernel.get('/probe/patient/', basic(`greta:${PASSWORD}`))).status, 200, 'guessing ends')
  })

  t.test('with the cache away', async t => {
    const away = async () => {
      throw new Error('the cache is away')
    }
    const cache: Cache = {
      get: async () => undefined,
      set: async () => undefined,
      delete: async () => undefined,
      increment: away,
      publish: away,
      subscribe: async () => async () => undefined,
      check: away,
      close: async () => undefined
    }
    const gateway = defineGateway({
      port: 'cache',
      name: 'cache-away',
      summary: 'Never there',
      config: Type.Object({}),
      shared: true,
      open: async () => cache
    })
    const kernel = await boot(t, {
      config: { ...limited, gateways: { cache: { use: 'cache-away' } } },
      gateways: { 'cache-away': gateway }
    })
    await person(kernel, 'frida')
    t.equal((await login(kernel, 'frida')).status, 200, 'nobody is refused for that')
    for (let call = 0; call < 4; call++) await login(kernel, 'frida', 'wrong')
    t.equal((await login(kernel, 'frida')).status, 429, 'and no limit is lifted')
    t.equal((await (await kernel.as()).get(ME)).status, 200, 'reads go on')
  })
})

t.test('password reset', async t => {
  const kernel = await boot(t)
  const user = await person(kernel, 'hanna', { email: 'hanna@example.org' })
  const ask = (username: string) => kernel.post('/api/v1/password_reset/', { username })
  const confirm = (token: string, password: string) => kernel.post('/api/v1/password_reset/confirm/', { token, password })
  const keys = () =>
    kernel.sql<{ key: string; user_id: number }>('select key, user_id from django_rest_passwordreset_resetpasswordtoken')

  t.same(
    [(await ask('hanna')).body, (await ask('nobody')).body],
    [{ status: 'OK' }, { status: 'OK' }],
    'nobody can tell who is known'
  )
  await kernel.settle()
  const [{ key = '' } = {}] = await keys()
  t.match(key, /^[0-9a-f]{40,64}$/)
  t.match(kernel.mail, [{ to: ['hanna@example.org'], subject: 'Password Reset for Care' }])
  t.match(kernel.mail[0]?.html, new RegExp(`/password_reset/${key}`))
  t.notMatch(JSON.stringify(await kernel.sql('select payload from kernel_message')), key, 'no secret waits in a job')
  await ask('hanna')
  t.same(
    (await keys()).map(row => row.key),
    [key],
    'the token is used again'
  )

  t.same((await kernel.post('/api/v1/password_reset/check/', { token: key })).body, { status: 'OK' })
  t.match(await kernel.post('/api/v1/password_reset/check/', { token: 'nope' }), { status: 404, body: { status: 'notfound' } })
  t.match(await confirm(key, '1234567'), {
    status: 400,
    body: {
      password: [
        'This password is too short. It must contain at least 8 characters.',
        'This password is too common.',
        'This password is entirely numeric.'
      ]
    }
  })
  t.match(
    await confirm(key, '  Ab3-x  '),
    { status: 400, body: { password: ['This password is too short. It must contain at least 8 characters.'] } },
    'what is stored is judged'
  )
  const twice = await Promise.all([confirm(key, 'test@123'), confirm(key, 'test@123')])
  t.ok(twice.some(({ status }) => status === 200))
  t.equal((await login(kernel, 'hanna', 'test@123')).status, 200)
  t.equal((await login(kernel, 'hanna')).status, 401)
  t.match(
    await confirm(key, 'Another-One-1'),
    { status: 404, body: { detail: 'The OTP password entered is not valid. Please check and try again.' } },
    'once'
  )

  await ask('hanna')
  const [{ key: late = '' } = {}] = await keys()
  await kernel.clock.advance('2h')
  t.match(await confirm(late, 'Another-One-1'), { status: 404, body: { detail: 'The token has expired' } })
  t.equal((await keys()).length, 1, 'the row stays')
  t.match(await kernel.post('/api/v1/password_reset/check/', { token: late }), { status: 404, body: { status: 'expired' } })
  t.equal((await keys()).length, 0, 'looking at it takes it away')
  t.ok(user.id)
})

t.test('password change', async t => {
  const kernel = await boot(t)
  const user = await person(kernel, 'irene')
  const change = (body: object) => kernel.patch('/api/v1/password_change/', body, bearer(user.token))
  t.match(await change({}), {
    status: 400,
    body: { old_password: ['This field is required.'], new_password: ['This field is required.'] }
  })
  t.match(await change({ old_password: 'bad', new_password: 'New-Pass-42' }), {
    status: 400,
    body: { old_password: ['Wrong password entered. Please check your password.'] }
  })
  t.match(await change({ old_password: PASSWORD, new_password: 'short' }), {
    status: 400,
    body: { new_password: ['This password is too short. It must contain at least 8 characters.'] }
  })
  t.match(await change({ old_password: PASSWORD, new_password: ' New-Pass-42 ' }), {
    status: 200,
    body: { message: 'Password updated successfully' }
  })
  t.equal((await login(kernel, 'irene', 'New-Pass-42')).status, 200)
  t.match(await kernel.put('/api/v1/password_change/', {}), { status: 403, body: NOT_GIVEN })
})

t.test('keys and middlewares', async t => {
  const pair = () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const ours = pair()
  const theirs = pair()
  const kernel = await boot(t, {
    settings: { jwks: Buffer.from(JSON.stringify({ keys: [ours.export({ format: 'jwk' })] })).toString('base64') }
  })
  const published = await kernel.get('/.well-known/jwks.json')
  t.equal(published.headers['cache-control'], 'max-age=86400')
  t.same(Object.keys((published.body as { keys: object[] }).keys[0] ?? {}), ['n', 'e', 'kty', 'kid'], 'nothing private')

  await kernel.ports.cache?.set(
    'jwk_response:https://middleware.example.org/.well-known/openid-configuration/',
    { keys: [{ ...theirs.export({ format: 'jwk' }), d: undefined }] },
    300
  )
  const pem = theirs.export({ type: 'pkcs8', format: 'pem' }) as string
  const now = Math.floor(kernel.clock.now().getTime() / 1000)
  const ask = (facility: string, claims: object) =>
    kernel.get('/middleware/verify', {
      authorization: `Middleware_Bearer ${createSigner({ key: pem, algorithm: 'RS256', noTimestamp: true })(claims)}`,
      'x-facility-id': facility
    })
  t.same((await ask(FACILITY, { exp: now + 60 })).body, { id: null, username: `middleware${FACILITY}`, last_login: null })
  for (const claims of [{ exp: now - 1 }, { iat: now }, { exp: now + 60, aud: 'x' }])
    t.match(await ask(FACILITY, claims), {
      status: 401,
      body: { detail: 'Given token not valid for any token type', code: 'token_not_valid' }
    })
  t.match(await ask(LONE, { exp: now + 60 }), {
    status: 401,
    body: { detail: 'Facility not connected to a middleware', code: 'token_not_valid' }
  })
  for (const unknown of ['x', '33333333-3333-4333-8333-333333333333'])
    t.match(await ask(unknown, { exp: now + 60 }), {
      status: 401,
      body: { detail: 'Invalid Facility', code: 'token_not_valid', messages: [] }
    })
  const nobody = await kernel.post('/middleware/verify')
  t.same([nobody.status, nobody.body, nobody.headers['www-authenticate']], [401, NOT_GIVEN, 'Middleware_Bearer realm="api"'])
})

t.test('the audit log', async t => {
  const kernel = await boot(t, { settings: { auditLog: false } })
  const lines: string[] = []
  const info = (fields: object, text = '') => {
    lines.push(text)
  }
  const logger: Logger = { debug: info, info, warn: info, error: info, child: () => logger }
  const database = kernel.ports.database
  const scope = kernel.scopes.get('auth-permissions') as unknown as {
    config: ConstructorParameters<typeof Audit>[0]['config']
    writes: Writes
    model: (definition: typeof Skill) => ModelOf<typeof Skill.columns>
    repository: <C extends Columns>(definition: ModelDefinition<C>) => Repository<C>
  }
  if (!database) throw new Error('no database')
  new Audit({ writes: scope.writes, logger, config: { ...scope.config, auditLog: true } }).start()
  const skill = scope.model(Skill)
  await database.transaction(async ({ sequelize: transaction }) => {
    await skill.create({ name: 'Patience' }, { transaction })
    await skill.update({ name: 'Prudence' }, { where: { id: 1 }, transaction })
    t.same(lines, [], 'nothing before the commit')
  })
  t.match(lines, [
    /^AUDIT_LOG::-\|-\|insert\|users\.Skill\|ID:\d+\|\{\}$/,
    /^AUDIT_LOG::-\|-\|update\|users\.Skill\|ID:1\|\{"name":"Prudence"\}$/
  ])
  lines.length = 0
  const { user } = await kernel.as()
  const users = scope.repository(User)
  await users.update(database, user?.id ?? 0, { phone_number: '+919999999999', verified: true })
  const skills = scope.repository(Skill)
  const made = await skills.insertMany(database, [{ name: 'Courage' }, { name: 'Justice' }])
  await skills.delete(database, made[0]?.id ?? 0)
  t.same(lines, [
    `AUDIT_LOG::-|-|update|users.User|ID:${user?.id ?? 0}|{"phone_number":"xxx","verified":true}`,
    `AUDIT_LOG::-|-|insert|users.Skill|ID:${made[0]?.id ?? 0}|{}`,
    `AUDIT_LOG::-|-|insert|users.Skill|ID:${made[1]?.id ?? 0}|{}`,
    `AUDIT_LOG::-|-|update|users.Skill|ID:${made[0]?.id ?? 0}|{"deleted":true}`
  ])
  lines.length = 0
  await t.rejects(
    database.transaction(async ({ sequelize: transaction }) => {
      await skill.create({ name: 'Never' }, { transaction })
      throw new Error('rolled back')
    })
  )
  t.same(lines, [], 'what was rolled back was never written')
})
