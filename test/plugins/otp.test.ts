import { setTimeout as wait } from 'node:timers/promises'
import { createSigner } from 'fast-jwt'
import t from 'tap'
import { Type } from 'typebox'
import { planCare } from 'care-kernel/platform'
import { defineGateway } from 'care-kernel/gateway'
import { testKernel, type Answer, type Requester, type TestContext } from 'care-kernel/testing'
import { addRow } from './rows.ts'

const NUMBER = '+919876511111'
const OTHER = '+919876522222'
const INVALID = { otp: 'Invalid OTP' }

async function world(t: TestContext, settings: object = {}, over: object = {}) {
  const kernel = await testKernel(t, {
    plugins: ['places', 'auth-permissions', 'facilities', 'patients', 'otp'],
    config: { plugins: { otp: settings }, ...over }
  })
  const ask = (number: unknown, from: Requester = kernel) => from.post('/api/v1/otp/token/', { phone_number: number })
  const login = (number: unknown, otp: unknown): Promise<Answer> =>
    kernel.post('/api/v1/otp/token/login/', { phone_number: number, otp })
  /** Asks, lets the job send it, and reads the code off the message. */
  async function code(number: string): Promise<string> {
    kernel.sms.length = 0
    await ask(number)
    await kernel.settle()
    return /OTP is (\S+) \./.exec(kernel.sms[0]?.text ?? '')?.[1] ?? ''
  }
  const patient = async (number: string) => (await addRow(kernel, 'facility_patientregistration', { phone_number: number })).uuid
  return { kernel, ask, login, code, patient }
}

t.test('the way in: a code by text message, a token, one’s own records', async t => {
  const { kernel, ask, login, code, patient } = await world(t)
  const mine = await patient(NUMBER)
  const theirs = await patient(OTHER)
  t.same((await ask(` ${NUMBER} `)).body, { phone_number: NUMBER })
  t.equal(kernel.sms.length, 0, 'nothing is sent before the commit')
  await kernel.settle()
  t.match(kernel.sms, [
    {
      to: NUMBER,
      text: /^Open Healthcare Network Patient Management System Login, OTP is [A-Z0-9]{5} \. Please do not share this Confidential Login Token with anyone else$/
    }
  ])
  const first = /OTP is (\S+)/.exec(kernel.sms[0]?.text ?? '')?.[1] ?? ''
  const rows = await kernel.sql<Record<string, unknown>>('select * from facility_patientmobileotp')
  t.notMatch(JSON.stringify(rows), first, 'the code stands nowhere')
  t.notMatch(
    JSON.stringify(await kernel.sql('select * from kernel_message')),
    new RegExp(`${first}|${NUMBER.slice(1)}`),
    'nor in a job'
  )
  t.not(String(rows[0]?.otp).length, 5, 'what the original would compare is no code')

  t.same(await login(NUMBER, 'AAAAA').then(({ body }) => body), INVALID)
  t.same(await login(OTHER, first).then(({ body }) => body), INVALID)
  const { status, body } = await login(`${NUMBER}`, first.toLowerCase())
  t.equal(status, 200)
  t.same((await login(NUMBER, first)).body, INVALID, 'a code works once')
  const { access } = body as { access: string }
  const bearer = { authorization: `Bearer ${access}` }
  t.match(JSON.parse(Buffer.from(access.split('.')[1] ?? '', 'base64url').toString()), {
    token_type: 'patient_login',
    phone_number: NUMBER,
    jti: /^[0-9a-f]{32}$/
  })
  t.match((await kernel.get('/api/v1/otp/patient/', bearer)).body, { count: 1, results: [{ id: mine, phone_number: NUMBER }] })
  t.match((await kernel.get(`/api/v1/otp/patient/${mine}/`, bearer)).body, { id: mine, medical_history: [] })
  for (const id of [theirs, '00000000-0000-4000-8000-000000000000'])
    t.match(await kernel.get(`/api/v1/otp/patient/${id}/`, bearer), {
      status: 404,
      body: { detail: 'No PatientRegistration matches the given query.' }
    })
  t.equal((await kernel.get('/api/v1/otp/patient/x/', bearer)).status, 404)
  t.match(await kernel.post('/api/v1/otp/patient/', {}, bearer), { status: 405, headers: { allow: 'GET, HEAD, OPTIONS' } })
  t.equal((await kernel.get('/api/v1/patient/', bearer)).status, 403, 'staff routes are not for patients')

  await kernel.clock.advance('61m')
  t.equal((await kernel.get('/api/v1/otp/patient/', bearer)).status, 401, 'an hour')
  t.ok(await code(NUMBER), 'and again')
})

t.test('other credentials are 401', async t => {
  const { kernel } = await world(t)
  const user = await kernel.as()
  const refused = (message: string) => ({
    status: 401,
    headers: { 'www-authenticate': 'Bearer realm="api"' },
    body: {
      detail: 'Given token not valid for any token type',
      code: 'token_not_valid',
      messages: [{ token_class: 'PatientToken', token_type: 'patient_login', message }]
    }
  })
  t.match(await user.get('/api/v1/otp/patient/'), refused('Token has wrong type'))
  const get = (authorization: string) => kernel.get('/api/v1/otp/patient/', { authorization })
  t.match(await get('Bearer x'), refused('Token is invalid or expired'))
  const sign = createSigner({ key: 'another-secret', algorithm: 'HS256' })
  const exp = Math.floor(kernel.clock.now().getTime() / 1000) + 100
  t.match(
    await get(`Bearer ${sign({ token_type: 'patient_login', exp, jti: 'x', phone_number: NUMBER })}`),
    refused('Token is invalid or expired')
  )
  t.match(await get('Bearer a b'), { status: 401, body: { code: 'bad_authorization_header' } })
  for (const answer of [await get('Basic eDp5'), await kernel.get('/api/v1/otp/patient/')])
    t.match(answer, {
      status: 401,
      headers: { 'www-authenticate': 'Bearer realm="api"' },
      body: { detail: 'Authentication credentials were not provided.' }
    })
})

t.test('a thousand guesses end at the fifth', async t => {
  const { kernel, login, code } = await world(t)
  const right = await code(NUMBER)
  const wrong = (index: number) => `${index}`.padStart(5, 'Z')
  for (let index = 0; index < 4; index++) t.same((await login(NUMBER, wrong(index))).body, INVALID)
  t.equal((await login(NUMBER, right)).status, 200, 'the fifth may still be right')

  const next = await code(NUMBER)
  for (let index = 0; index < 1000; index++) {
    const { status, body } = await login(NUMBER, wrong(index))
    if (status !== 400 || JSON.stringify(body) !== JSON.stringify(INVALID)) t.fail(`guess ${index}: ${status}`)
  }
  t.same((await login(NUMBER, next)).body, INVALID, 'void, and told as any wrong code')
  const rows = await kernel.sql<{ tries: number; hash: string | null }>(
    'select kernel_tries as tries, kernel_code_hash as hash from facility_patientmobileotp order by id desc limit 1'
  )
  t.same(rows, [{ tries: 5, hash: null }])

  const parallel = await code(NUMBER)
  await Promise.all(Array.from({ length: 40 }, (_, index) => login(NUMBER, wrong(index))))
  t.same((await login(NUMBER, parallel)).body, INVALID, 'guesses at once are counted each')
})

t.test('of many who name the right code at once, one is let in', async t => {
  const { login, code } = await world(t, { tries: 10 })
  const right = await code(NUMBER)
  const answers = await Promise.all(Array.from({ length: 10 }, () => login(NUMBER, right)))
  t.equal(answers.filter(({ status }) => status === 200).length, 1)
  t.equal(answers.filter(({ status }) => status === 400).length, 9)
})

t.test('five minutes, and one live code', async t => {
  const { kernel, ask, login, code } = await world(t)
  const old = await code(NUMBER)
  await kernel.clock.advance('4m')
  const young = await code(NUMBER)
  t.same((await login(NUMBER, old)).body, INVALID, 'asking again voids what was sent before')
  await kernel.clock.advance('4m')
  t.equal((await login(NUMBER, young)).status, 200)
  const late = await code(NUMBER)
  await kernel.clock.advance('301s')
  t.same((await login(NUMBER, late)).body, INVALID)

  kernel.sms.length = 0
  await Promise.all([ask(OTHER), ask(OTHER), ask(OTHER)])
  await kernel.settle()
  // The job of an older request that comes last neither sends nor voids.
  await kernel.sql(`update kernel_message set state = 'waiting', due_at = '-infinity', attempts = 0, started_at = null, ended_at = null
    where id = (select id from kernel_message where task = 'otp.send-code' order by (payload ->> 'otpId')::int desc offset 1 limit 1)`)
  await kernel.settle()
  const live = await kernel.sql<{ count: number }>(
    'select count(*) as count from facility_patientmobileotp where phone_number = $1 and kernel_code_hash is not null',
    [OTHER]
  )
  t.same(live, [{ count: 1 }])
  t.equal(kernel.sms.length, 1, 'only the latest is sent')
})

t.test('a hundred spellings are one quota', async t => {
  const { kernel, ask, login } = await world(t)
  const spellings = Array.from({ length: 100 }, (_, index) => {
    const blank = [' ', '\t', '\n', '  ', ''][index % 5] ?? ''
    return `${blank}+${index % 2 ? '0' : ''}919876511111${blank.repeat(index % 3)}`
  })
  const answers = await Promise.all(spellings.map(spelling => ask(spelling)))
  t.equal(answers.filter(({ status }) => status === 201).length, 10)
  for (const { status, body } of answers.filter(answer => answer.status !== 201))
    t.same([status, body], [400, { phone_number: 'Max Retries has exceeded' }])
  await kernel.settle()
  t.ok(kernel.sms.length <= 10)
  t.same([...new Set(kernel.sms.map(({ to }) => to))], [NUMBER])
  const code = /OTP is (\S+)/.exec(kernel.sms.at(-1)?.text ?? '')?.[1]
  t.equal((await login('+0919876511111', code)).status, 200, 'whichever spelling logs in')
  t.equal((await ask(OTHER)).status, 201, 'others are not concerned')
  for (const refused of ['9876511111', '+91 98765 11111', '+٩١9876511111', '1', '', {}]) t.equal((await ask(refused)).status, 400)
  await kernel.clock.advance('361m')
  t.equal((await ask(NUMBER)).status, 201, 'the window passes')
})

t.test('quotas per address', async t => {
  const { ask, login } = await world(t, { codesPerAddress: '20/h' }, { security: { rateLimit: '5/10m' } })
  const statuses: number[] = []
  for (let index = 0; index < 25; index++) statuses.push((await ask(`+9198765${String(index).padStart(5, '0')}`)).status)
  t.same([statuses.filter(status => status === 201).length, statuses.at(-1)], [20, 429])
  const guesses: number[] = []
  for (let index = 0; index < 65; index++) guesses.push((await login(NUMBER, 'AAAAA')).status)
  t.same([guesses.filter(status => status === 400).length, guesses.at(-1)], [60, 429])
})

t.test('known and unknown numbers are alike', async t => {
  const { kernel, ask, login, code, patient } = await world(t)
  await patient(NUMBER)
  const known = await ask(NUMBER)
  const unknown = await ask(OTHER)
  t.same([known.status, known.body], [201, { phone_number: NUMBER }])
  t.same([unknown.status, unknown.body], [201, { phone_number: OTHER }])
  const cost = (work: () => Promise<unknown>) => kernel.statements(work)
  t.equal(await cost(() => ask(NUMBER)), await cost(() => ask(OTHER)), 'the same statements')
  await code(NUMBER)
  const never = '+919876533333'
  t.equal(await cost(() => login(NUMBER, 'AAAAA')), await cost(() => login(never, 'AAAAA')))
  t.same((await login(NUMBER, 'AAAAA')).body, (await login(never, 'AAAAA')).body)

  const median = async (number: string) => {
    const times: number[] = []
    for (let index = 0; index < 60; index++) {
      const from = performance.now()
      await login(number, 'AAAAA')
      times.push(performance.now() - from)
      await wait(0)
    }
    return times.sort((a, b) => a - b)[30] ?? 0
  }
  await code(OTHER)
  const [first, second] = [await median(OTHER), await median(never)]
  t.ok(Math.abs(first - second) < 5, `medians ${first.toFixed(2)} and ${second.toFixed(2)} ms`)
})

t.test('what the original answers', async t => {
  const { kernel, ask, login } = await world(t, { fixedCode: '45612' })
  t.same((await ask(NUMBER)).status, 201)
  t.same((await ask('+914842345678')).body, { phone_number: '+914842345678' })
  await kernel.settle()
  t.same(kernel.sms, [], 'a fixed code is not sent')
  for (const body of [{}, { phone_number: NUMBER }, { otp: '45612' }, []])
    t.same((await kernel.post('/api/v1/otp/token/login/', body)).body, ['Request Incomplete'])
  t.same((await login('+914842345678', '45612')).body, { phone_number: 'Invalid phone number format' })
  for (const odd of [null, 7, {}, ['+919876511111']]) t.equal((await login(odd, '45612')).status, 400)
  for (const odd of ['12', '', null, {}, ['45612'], '456123', '٤٥٦١٢']) t.same((await login(NUMBER, odd)).body, INVALID)
  t.equal((await login(NUMBER, 45612)).status, 200, 'a number that says the same')
})

t.test('codes of the original open nothing here', async t => {
  const { kernel, login } = await world(t)
  await kernel.sql(
    `insert into facility_patientmobileotp (external_id, created_date, modified_date, deleted, is_used, phone_number, otp) values (gen_random_uuid(), now(), now(), false, false, $1, '45612')`,
    [NUMBER]
  )
  t.same((await login(NUMBER, '45612')).body, INVALID)
  t.same((await login(NUMBER, 'hashed'.slice(0, 5))).body, INVALID)
})

t.test('a provider that fails: another attempt, another code, the latest counts', async t => {
  let failures = 2
  const sent: { key?: string; text: string }[] = []
  const gateway = defineGateway({
    port: 'sms',
    name: 'sms-unwell',
    summary: 'fails twice, after it has sent',
    config: Type.Object({}),
    shared: true,
    open: async () => ({
      async send(sms) {
        sent.push(sms)
        if (failures-- > 0) throw new Error('the provider hung up')
        return { id: 'x' }
      },
      check: async () => undefined,
      close: async () => undefined
    })
  })
  const kernel = await testKernel(t, {
    plugins: ['places', 'auth-permissions', 'facilities', 'patients', 'otp'],
    gateways: { 'sms-unwell': gateway },
    config: { gateways: { sms: { use: 'sms-unwell' } } }
  })
  await kernel.post('/api/v1/otp/token/', { phone_number: NUMBER })
  await kernel.clock.advance('1m')
  t.equal(sent.length, 3)
  t.equal(new Set(sent.map(({ key }) => key)).size, 3, 'no provider takes the next for a repeat')
  const code = /OTP is (\S+)/.exec(sent[2]?.text ?? '')?.[1]
  t.equal((await kernel.post('/api/v1/otp/token/login/', { phone_number: NUMBER, otp: code })).status, 200)
})

t.test('lists are one statement whatever they hold', async t => {
  const { kernel, login, code, patient } = await world(t)
  const otp = await code(NUMBER)
  const { access } = (await login(NUMBER, otp)).body as { access: string }
  const list = () => kernel.get('/api/v1/otp/patient/?limit=100', { authorization: `Bearer ${access}` })
  for (const count of [1, 14, 100]) {
    const [{ has } = { has: 0 }] = await kernel.sql<{ has: number }>('select count(*) as has from facility_patientregistration')
    for (let index = has; index < count; index++) await patient(NUMBER)
    t.match((await list()).body, { count })
    t.equal(await kernel.statements(list), 1, `${count} records`)
  }
})

t.test('production refuses a fixed code', async t => {
  const values = (environment: string, otp: object) => ({
    environment,
    security: { secretKey: 'a secret nobody knows but this test' },
    plugins: { places: {}, 'auth-permissions': {}, facilities: {}, patients: {}, otp },
    gateways: {
      database: { use: 'database-postgres', url: 'postgres://unset' },
      cache: { use: 'cache-memory' },
      queue: { use: 'queue-bullmq' },
      email: { use: 'email-log', directory: '/tmp/x' },
      sms: { use: 'sms-log', directory: '/tmp/x' }
    }
  })
  const plan = (environment: string, otp: object) =>
    planCare({ raw: { file: `${process.cwd()}/test.yaml`, values: values(environment, otp) } })
  await t.rejects(plan('production', { fixedCode: '45612' }), /SECRET_IS_DEFAULT {3}otp[\s\S]*remove fixedCode/)
  await t.rejects(plan('development', { fixedCode: '4561' }), /CONFIG_INVALID/)
  t.ok(await plan('production', {}))
  t.ok(await plan('development', { fixedCode: '45612' }))
})
