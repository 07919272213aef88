import { makeLogger } from '../../platform/data/logger.ts'
import t, { type Test } from 'tap'
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { defineContract, definePlugin } from 'care-kernel'
import { openCare, planCare } from 'care-kernel/platform'
import { predicate } from 'care-kernel/access'
import { rootValues } from '../../platform/testing/defaults.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** Says what it was told; one rule that nobody without a name passes. */
const echo = definePlugin({
  contract: defineContract({ name: 'echo', version: 1 }),
  version: '1.0.0',
  kernel: '^1.0.0',
  summary: 'Answers what it is told',
  permissions: { rules: { 'echo.known': { summary: 'Somebody', allow: predicate('authenticated', () => true) } } },
  schemes: {
    header: {
      summary: 'Whoever a header names',
      refused: { status: 401, challenge: 'Header' },
      authenticate: ({ headers }) => (typeof headers.who === 'string' ? ({ id: 7, username: headers.who } as never) : null)
    },
    slow: {
      summary: 'The same, after a while',
      refused: { status: 401, challenge: 'Header' },
      authenticate: async ({ headers }) => {
        await Promise.resolve()
        if (headers.who === 'broken') throw new Error('no luck')
        return typeof headers.who === 'string' ? ({ id: 8, username: headers.who } as never) : null
      }
    }
  },
  routes(app) {
    const open = { config: { permission: 'public' } }
    app.get('/echo/', open, async ({ query, body }) => ({ query, body }))
    app.route({
      method: ['POST', 'PUT', 'PATCH', 'DELETE'],
      url: '/echo/',
      ...open,
      handler: async ({ body, form }) => ({ body, form })
    })
    for (const scheme of ['header', 'slow'])
      app.get(`/${scheme}/`, { config: { permission: 'echo.known', scheme } }, async ({ actor }) => ({ who: actor?.username }))
  }
})

/** Boots it without a database; what it logs is collected. */
async function boot(t: Test, over: Readonly<Record<string, unknown>> = {}) {
  const lines: Record<string, unknown>[] = []
  const logger = makeLogger(
    'info',
    {},
    { destination: { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) } }
  )
  const values = { ...rootValues(), plugins: { echo: {} }, gateways: {}, ...over }
  const kernel = await openCare(
    await planCare({ raw: { file: 'test.yaml', values }, plugins: { echo } }, { role: 'web', logger })
  )
  t.teardown(() => kernel.stop())
  await kernel.start()
  return { app: kernel.app, lines: () => lines.filter(({ msg }) => msg === 'request') }
}

t.test('bodies are read where a route may write, and nowhere else', async t => {
  const { app } = await boot(t)
  const send = async (method: 'GET' | 'POST' | 'DELETE', url: string, payload?: string, type?: string) => {
    const { statusCode, body } = await app.inject({
      method,
      url,
      ...(payload === undefined ? {} : { payload }),
      headers: { ...(type ? { 'content-type': type } : {}), ...(payload ? { 'content-length': String(payload.length) } : {}) }
    })
    return [statusCode, body]
  }
  t.strictSame(await send('POST', '/echo/', '{"a":1}', 'application/json'), [200, '{"body":{"a":1},"form":false}'])
  t.strictSame(await send('DELETE', '/echo/', '{"a":1}', 'application/json'), [200, '{"body":{"a":1},"form":false}'])
  t.strictSame(await send('POST', '/echo/', 'a=1&a=2', 'application/x-www-form-urlencoded'), [
    200,
    '{"body":{"a":["1","2"]},"form":true}'
  ])
  t.match(await send('POST', '/echo/', '{"a":', 'application/json'), [400, /JSON parse error/])
  t.strictSame(await send('POST', '/echo/', 'x'), [
    415,
    '{"detail":"Unsupported media type \\"application/octet-stream\\" in request."}'
  ])
  t.strictSame(await send('POST', '/echo/'), [200, '{"form":false}'])
  t.strictSame(await send('GET', '/echo/?a=1', '{"a":1}', 'application/json'), [200, '{"query":{"a":"1"}}'])
  for (const type of ['application/json', undefined])
    t.strictSame(await send('POST', '/nowhere/', '{"a":1}', type), [404, '{"detail":"Not found."}'])
})

t.test('whoever is known at once or after a while enters; others are refused as their scheme says', async t => {
  const { app } = await boot(t)
  for (const scheme of ['header', 'slow']) {
    const known = await app.inject({ url: `/${scheme}/`, headers: { who: 'anu' } })
    t.strictSame([known.statusCode, known.json()], [200, { who: 'anu' }], scheme)
    const unknown = await app.inject({ url: `/${scheme}/` })
    t.strictSame([unknown.statusCode, unknown.headers['www-authenticate']], [401, 'Header'], scheme)
  }
  const broken = await app.inject({ url: '/slow/', headers: { who: 'broken' } })
  t.strictSame([broken.statusCode, broken.json()], [500, { detail: 'Internal server error.' }])
})

t.test('every request is measured by its route, one without a route as unknown', async t => {
  const { app } = await boot(t)
  for (let count = 0; count < 3; count++) await app.inject({ url: `/echo/?n=${count}` })
  await app.inject({ method: 'PUT', url: '/echo/' })
  await app.inject({ url: '/header/' })
  for (let count = 0; count < 2; count++) await app.inject({ url: `/secret-${count}/` })
  const { body, headers } = await app.inject({ url: '/metrics' })
  t.match(headers['content-type'], /^text\/plain; version=0.0.4/)
  const value = (line: RegExp) => body.split('\n').flatMap(text => (line.test(text) ? [Number(text.split(' ').at(-1))] : []))
  const echoed = 'method="GET",route="/echo/",plugin="echo",status="200"'
  const buckets = value(new RegExp(`^care_request_seconds_bucket\\{.*${echoed}`))
  t.equal(buckets.length, 13, 'twelve bounds and everything')
  t.strictSame(
    buckets,
    [...buckets].sort((a, b) => a - b),
    'each holds those before it'
  )
  t.equal(buckets.at(-1), 3)
  t.strictSame(value(new RegExp(`^care_request_seconds_count\\{${echoed}`)), [3])
  t.ok((value(new RegExp(`^care_request_seconds_sum\\{${echoed}`))[0] ?? 0) > 0)
  t.strictSame(value(/^care_request_seconds_count\{method="PUT",route="\/echo\/"/), [1])
  t.strictSame(value(/^care_request_seconds_count\{.*route="unknown",plugin="kernel",status="404"/), [2])
  t.strictSame(value(/^care_request_seconds_count\{.*route="\/header\/",plugin="echo",status="401"/), [1])
  t.strictSame(value(/^care_refused_total\{plugin="echo"/), [1])
  t.match(body, /^# TYPE care_request_seconds histogram$/m)
  t.notMatch(body, /secret/, 'no address')
})

t.test('writes leave a line, reads where that is asked for; none holds an address', async t => {
  const some = await boot(t)
  const all = await boot(t, { log: { level: 'info', requests: true } })
  for (const { app } of [some, all]) {
    await app.inject({ url: '/echo/?name=anu' })
    await app.inject({ method: 'POST', url: '/echo/?name=anu' })
    await app.inject({ url: '/header/', headers: { who: 'anu' } })
    await app.inject({ method: 'POST', url: '/nowhere/anu/' })
  }
  const writes = [
    { method: 'POST', route: '/echo/', status: 200 },
    { method: 'POST', status: 404 }
  ]
  t.match(some.lines(), writes)
  t.equal(some.lines().length, 2)
  t.match(all.lines(), [{ method: 'GET' }, writes[0], { method: 'GET', route: '/header/', user: 7 }, writes[1]])
  t.notMatch(JSON.stringify([some.lines(), all.lines()]), /anu/)
})

t.test('other origins may call where the config says so', async t => {
  const allowed = async (cors: object, origin: string) => {
    const { app } = await boot(t, { server: { port: 0, cors } })
    const { headers } = await app.inject({ url: '/echo/', headers: { origin } })
    const preflight = await app.inject({
      method: 'OPTIONS',
      url: '/echo/',
      headers: { origin, 'access-control-request-method': 'PUT', 'access-control-request-headers': 'authorization' }
    })
    t.equal(preflight.statusCode, 200)
    t.equal(headers.vary, 'Accept, Accept-Language, Cookie, origin')
    return [headers['access-control-allow-origin'], preflight.headers['access-control-allow-methods']]
  }
  const methods = 'DELETE, GET, OPTIONS, PATCH, POST, PUT'
  t.strictSame(await allowed({}, 'https://a.example'), [undefined, undefined])
  t.strictSame(await allowed({ origins: ['https://a.example'] }, 'https://a.example'), ['https://a.example', methods])
  t.strictSame((await allowed({ origins: ['https://a.example'] }, 'https://b.example'))[0], undefined)
  t.strictSame(await allowed({ patterns: ['^https://.*\\.example$'] }, 'https://b.example'), ['https://b.example', methods])
  t.strictSame(await allowed({ origins: ['*'] }, 'https://c.example'), ['*', methods])
})

t.test('log lines hide the fields that have the name of a column with a privacy class', async t => {
  // In a process of its own, because the log of a deployment goes to standard output.
  const program = `
    import { definePlugin, defineContract } from 'care-kernel'
    import { column, defineModel } from 'care-kernel/data'
    import { planCare } from 'care-kernel/platform'
    const columns = {
      id: column.key(), status: column.varchar('health', 9), beds: column.integer('none'),
      nickname: column.varchar('identity', 9), mobile: column.varchar('contact', 9), finding: column.varchar('health', 9)
    }
    const notes = definePlugin({
      contract: defineContract({ name: 'notes', version: 1 }), version: '1.0.0', kernel: '^1.0.0', summary: 'Notes',
      models: [defineModel({ name: 'Note', table: 'notes_note', subject: null, columns })]
    })
    const values = ${JSON.stringify({ ...rootValues(), plugins: { notes: {} }, gateways: { database: { use: 'database-postgres', url: 'postgres://unset' } }, log: { level: 'info' } })}
    const { logger } = await planCare({ raw: { file: 'test.yaml', values }, plugins: { notes } })
    const row = { mobile: '99', finding: 'cough', beds: 4 }
    logger.info({ id: 7, status: 'parked', beds: 4, nickname: 'anu', token: 'abc', mobile: '99', row, of: { of: row } }, 'seen')`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], { cwd: root })
  const hidden = '[redacted]'
  const row = { mobile: hidden, finding: hidden, beds: 4 }
  const { level, time, deployment, ...fields } = JSON.parse(stdout) as Record<string, unknown>
  t.same({ level, deployment }, { level: 30, deployment: 'test' })
  t.ok(time)
  const named = { nickname: hidden, token: hidden, mobile: hidden }
  t.strictSame(fields, { id: 7, status: 'parked', beds: 4, ...named, row, of: { of: row }, msg: 'seen' })
})
