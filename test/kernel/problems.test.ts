import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import pg from 'pg'
import t from 'tap'
import { Type } from 'typebox'
import { defineContract, definePlugin, hooks, ProblemsError, relation, secret, type Logger, type Plugin } from 'care-kernel'
import { predicate } from 'care-kernel/access'
import { openCare, planCare } from 'care-kernel/platform'
import { column, defineModel } from 'care-kernel/data'
import { defineGateway, type Gateway } from 'care-kernel/gateway'
import { readConfig } from '../../kernel/config/read.ts'
import { PROBLEM_CODES, type Problem, type ProblemCode } from '../../kernel/plugin/problems.ts'
import { migrate } from '../../platform/data/migrate.ts'
import { migrations as declaredMigrations } from '../../platform/data/migrations.ts'
import { freshDatabase, testKernel, testServer } from '../../platform/testing/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'care-problems-'))
writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
const seen = new Set<ProblemCode>()
const contract = (name: string, version = 1) =>
  defineContract({
    name,
    version,
    events: { happened: Type.Object({}) },
    hooks: hooks<{ asked: () => Promise<void> }>('asked'),
    slots: { row: { alias: 'r', fields: { count: '0' } } },
    relations: { row: relation('a_row', 'id') }
  })
const loggedIn = predicate('authenticated', () => true)
type Input = Partial<Parameters<typeof definePlugin>[0]>
const plugin = (name: string, input: Input = {}): Plugin =>
  definePlugin({ contract: contract(name), version: '1.0.0', kernel: '^1.0.0', summary: name, ...input } as never)
const table = (name: string, model = name) =>
  defineModel({ name: model, table: name, columns: { id: column.key() }, subject: null })
const gateway = (name: string, input: Partial<Gateway> = {}): Gateway => ({
  ...defineGateway({
    port: 'database',
    name,
    summary: name,
    config: Type.Object({}, { additionalProperties: false }),
    shared: true,
    open: async () => {
      throw new Error('away')
    }
  }),
  ...input
})
const migrations = (sql: Record<string, string>) => {
  const home = mkdtempSync(join(folder, 'm-'))
  for (const [name, text] of Object.entries(sql)) writeFileSync(join(home, name), text)
  return pathToFileURL(`${home}/`)
}

interface Case {
  readonly code: ProblemCode
  readonly values?: Record<string, unknown>
  readonly plugins?: readonly Plugin[]
  readonly gateways?: readonly Gateway[]
  /** Text the report must contain: the fact, with both owners where there are two. */
  readonly says?: RegExp
  readonly when?: string
}

const own = (name: string) => contract(name)
const database = { database: { use: 'db' } }
const db = gateway('db')
const CASES: readonly Case[] = [
  { code: 'CONFIG_INVALID', values: { server: { port: 'eighty' } }, says: /server\.port/ },
  { code: 'CONFIG_INVALID', values: { timeZone: 5 }, says: /timeZone/ },
  { code: 'CONFIG_INVALID', values: { security: {} }, says: /security\.secretKey is missing/ },
  { code: 'CONFIG_UNKNOWN_KEY', values: { sever: {} }, says: /did you mean "server"/ },
  { code: 'CONFIG_UNKNOWN_KEY', values: { gateways: { datbase: {} } }, says: /gateways\.datbase/ },
  {
    code: 'CONFIG_UNKNOWN_KEY',
    plugins: [plugin('a', { config: Type.Object({ limit: Type.Integer({ default: 1 }) }, { additionalProperties: false }) })],
    values: { plugins: { a: { limt: 2 } } },
    says: /did you mean "limit"/
  },
  { code: 'SECRET_IS_DEFAULT', values: { environment: 'production' }, says: /security\.secretKey is publicly known/ },
  {
    code: 'SECRET_IS_DEFAULT',
    values: { environment: 'production', plugins: { a: { code: '1' } } },
    plugins: [plugin('a', { config: Type.Object({ code: Type.Optional(secret({ developmentOnly: true })) }) })],
    says: /code is for development only/
  },
  { code: 'PLUGIN_NOT_FOUND', values: { plugins: { plcaes: {} } }, says: /did you mean "places"/ },
  { code: 'PLUGIN_IMPORT_FAILED', values: { plugins: { [file('broken.js', 'throw new Error("boom")')]: {} } }, says: /boom/ },
  { code: 'PLUGIN_INVALID', values: { plugins: { [file('plain.js', 'export default {}')]: {} } } },
  { code: 'KERNEL_VERSION_MISMATCH', plugins: [plugin('a', { kernel: '^99.0.0' })], says: /\^99\.0\.0/ },
  { code: 'CONTRACT_VERSION_MISMATCH', plugins: [plugin('a'), plugin('b', { requires: [contract('a', 2)] })], says: /version 2/ },
  { code: 'DUPLICATE_PLUGIN', values: { plugins: { a: {}, again: {} } }, plugins: [plugin('a')], says: /again/ },
  { code: 'REQUIRED_PLUGIN_MISSING', plugins: [plugin('a', { requires: [own('b')] })], says: /requires "b"/ },
  {
    code: 'DEPENDENCY_CYCLE',
    plugins: [plugin('a', { requires: [own('b')] }), plugin('b', { requires: [own('a')] })],
    says: /a → b → a/
  },
  { code: 'GATEWAY_MISSING', plugins: [plugin('a', { ports: ['sms'] })], says: /needed by a/ },
  {
    code: 'GATEWAY_WRONG_PORT',
    plugins: [plugin('a', { ports: ['sms'] })],
    values: { gateways: { sms: { use: 'db' } } },
    gateways: [db]
  },
  {
    code: 'GATEWAY_UNSUITABLE',
    plugins: [plugin('a', { ports: ['database'] })],
    values: { gateways: database, server: { processes: 2 } },
    gateways: [gateway('db', { shared: false })]
  },
  {
    code: 'GATEWAY_UNREACHABLE',
    plugins: [plugin('a', { ports: ['database'] })],
    values: { gateways: database },
    gateways: [db],
    says: /away/
  },
  { code: 'DUPLICATE_ROUTE', plugins: [plugin('a', route('/x/:id')), plugin('b', route('/x/:other'))], says: /"a"/ },
  {
    code: 'DUPLICATE_TABLE',
    plugins: [plugin('a', { models: [table('t', 'A')] }), plugin('b', { models: [table('t', 'B')] })],
    values: { gateways: database },
    gateways: [db],
    says: /"a"/
  },
  {
    code: 'DUPLICATE_MODEL',
    plugins: [plugin('a', { models: [table('t', 'A')] }), plugin('b', { models: [table('u', 'A')] })],
    values: { gateways: database },
    gateways: [db],
    says: /"a"/
  },
  { code: 'DUPLICATE_PERMISSION', plugins: [plugin('a', rule('x.read')), plugin('b', rule('x.read'))], says: /"a"/ },
  {
    code: 'ROUTE_WITHOUT_PERMISSION',
    plugins: [plugin('a', { routes: app => void app.get('/open', async () => 1) })],
    says: /GET \/open/
  },
  {
    code: 'ROUTE_UNKNOWN_PERMISSION',
    plugins: [plugin('a', { routes: app => void app.get('/x', { config: { permission: 'nobody.knows' } }, async () => 1) })],
    says: /nobody\.knows/
  },
  {
    code: 'ROUTES_FAILED',
    plugins: [
      plugin('a', {
        routes: () => {
          throw new Error('cannot mount')
        }
      })
    ],
    says: /cannot mount/
  },
  {
    code: 'SERVICE_FAILED',
    plugins: [
      plugin('a', {
        services: {
          eager: () => {
            throw new Error('no work here')
          }
        }
      } as never)
    ],
    says: /no work here/
  },
  {
    code: 'COLUMN_WITHOUT_PRIVACY',
    plugins: [
      plugin('a', {
        models: [
          defineModel({
            name: 'A',
            table: 't',
            subject: null,
            columns: { id: { privacy: undefined as never, options: { type: 'INTEGER' } } }
          })
        ]
      })
    ],
    values: { gateways: database },
    gateways: [db],
    says: /t\.id/
  },
  {
    code: 'SCHEDULE_INVALID',
    plugins: [plugin('a', { schedules: { s: { cron: 'every day', job: 'none', payload: {} } } })],
    says: /there is no job none/
  },
  {
    code: 'EVENT_UNKNOWN',
    plugins: [plugin('a'), plugin('b', { requires: [own('a')], on: { 'a/never': async () => undefined } })],
    values: { gateways: database },
    gateways: [db],
    says: /a\/never/
  },
  {
    code: 'HOOK_UNKNOWN',
    plugins: [plugin('a'), plugin('b', { extends: [own('a')], hooks: { 'a/never': async () => undefined } })],
    says: /a\/never/
  },
  {
    code: 'SLOT_UNKNOWN',
    plugins: [plugin('a'), plugin('b', { extends: [own('a')], fills: { 'a/row': { never: '1' } } })],
    says: /a\/row\/never/
  },
  {
    code: 'SLOT_TAKEN',
    plugins: [
      plugin('a'),
      plugin('b', { extends: [own('a')], fills: { 'a/row': { count: '1' } } }),
      plugin('c', { extends: [own('a')], fills: { 'a/row': { count: '2' } } })
    ],
    says: /"b"/
  },
  {
    code: 'RELATION_UNKNOWN',
    plugins: [plugin('a'), plugin('b', { reads: [own('a').relations.row] })],
    says: /add a to its requires/
  },
  {
    code: 'RELATION_UNKNOWN',
    plugins: [
      plugin('a'),
      plugin('b', {
        requires: [own('a')],
        reads: [defineContract({ name: 'a', version: 1, relations: { secrets: relation('a_secrets', 'id') } }).relations.secrets]
      })
    ],
    says: /use one of row instead of secrets/
  },
  {
    code: 'MIGRATION_INVALID',
    plugins: [plugin('a', { migrations: migrations({ 'first.sql': 'select 1' }) })],
    values: { gateways: database },
    gateways: [db],
    says: /first\.sql/
  },
  { code: 'DUPLICATE_COMMAND', plugins: [plugin('a', command('x go')), plugin('b', command('x go'))], says: /"a"/ },
  {
    code: 'PLUGIN_START_FAILED',
    plugins: [
      plugin('a', {
        start: async () => {
          throw new Error('not today')
        }
      })
    ],
    says: /not today/
  }
]

function route(url: string): Input {
  return { routes: app => void app.get(url, { config: { permission: 'public' } }, async () => 1) }
}

function rule(name: string): Input {
  return { permissions: { rules: { [name]: { summary: name, allow: loggedIn } } } }
}

function command(name: string): Input {
  return { commands: { [name]: { summary: name, run: async () => 0 } } }
}

async function withClient(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(text)
  await client.end()
}

async function problemsOf({ values = {}, plugins = [], gateways = [] }: Omit<Case, 'code'>): Promise<readonly Problem[]> {
  const named = Object.fromEntries(plugins.map(entry => [entry.contract.name, entry]))
  const again = Object.hasOwn(values.plugins ?? {}, 'again') ? { again: plugins[0] as Plugin } : {}
  const raw = {
    file: join(folder, 'care.yaml'),
    values: {
      environment: 'development',
      security: { secretKey: 'care-kernel-development-only' },
      log: { level: 'silent' },
      plugins: Object.fromEntries(plugins.map(entry => [entry.contract.name, {}])),
      ...values
    }
  }
  try {
    const kernel = await openCare(
      await planCare({
        raw,
        plugins: { ...named, ...again },
        gateways: Object.fromEntries(gateways.map(entry => [entry.name, entry]))
      })
    )
    try {
      await kernel.start()
    } finally {
      await kernel.stop()
    }
    return []
  } catch (error) {
    if (error instanceof ProblemsError) return error.problems
    throw error
  }
}

t.test('every broken deployment is refused with its code, its owner, the fact and a remedy', async t => {
  for (const entry of CASES) {
    const problems = await problemsOf(entry)
    const found = problems.find(({ code }) => code === entry.code)
    t.ok(
      found,
      `${entry.code}${entry.says ? ` ${String(entry.says)}` : ''}: found ${problems.map(({ code, fact }) => `${code} (${fact})`).join('; ') || 'nothing'}`
    )
    if (!found) continue
    seen.add(found.code)
    t.ok(found.owner && found.fact && found.remedy, `${entry.code} is complete`)
    if (entry.says) t.match(problems.map(({ fact, remedy, owner }) => `${owner} ${fact} ${remedy}`).join('\n'), entry.says)
  }
})

t.test('everything that is wrong is reported at once', async t => {
  const problems = await problemsOf({
    values: { sever: {}, server: { port: 'x' } },
    plugins: [plugin('a', { requires: [own('zzz')], ports: ['sms'] })]
  })
  t.same(
    new Set(problems.map(({ code }) => code)),
    new Set(['CONFIG_UNKNOWN_KEY', 'CONFIG_INVALID', 'REQUIRED_PLUGIN_MISSING', 'GATEWAY_MISSING'])
  )
  t.match(new ProblemsError('Cannot start', problems).message, /^Cannot start: 4 problems/)
})

t.test('config files', async t => {
  const cases: [ProblemCode, string, NodeJS.ProcessEnv][] = [
    ['CONFIG_NOT_FOUND', join(folder, 'absent.yaml'), {}],
    ['CONFIG_NOT_FOUND', file('orphan.yaml', 'extends: ./absent.yaml'), {}],
    ['CONFIG_UNREADABLE', file('bad.yaml', 'a: [1'), {}],
    ['CONFIG_UNREADABLE', file('loop.yaml', 'extends: ./loop.yaml'), {}],
    ['CONFIG_UNREADABLE', file('list.yaml', '- 1'), {}],
    ['ENV_MISSING', file('env.yaml', 'security: { secretKey: "${NOT_SET_ANYWHERE}" }'), {}],
    ['ENV_MISSING', file('secret.yaml', 'security: { secretKey: "${file:/nowhere/at/all}" }'), {}]
  ]
  for (const [code, path, env] of cases) {
    const problems: Problem[] = []
    readConfig(path, env, problems)
    t.same(
      problems.map(problem => problem.code),
      [code],
      path
    )
    for (const problem of problems) seen.add(problem.code)
  }
  file(
    'base.yaml',
    'plugins: { a: { x: 1, y: 2 }, b: {} }\ngateways: { cache: { use: one, size: 1 }, sms: { use: s } }\nserver: { port: 1, host: h }'
  )
  const problems: Problem[] = []
  const { values } = readConfig(
    file(
      'over.yaml',
      'extends: ./base.yaml\nplugins: { a: { x: 3 }, b: false }\ngateways: { cache: { use: two }, sms: false }\nserver: { port: "${PORT:-7}" }\ndeployment: "${EMPTY:-}"'
    ),
    { PORT: '8' },
    problems
  )
  t.same(
    values,
    { plugins: { a: { x: 3, y: 2 } }, gateways: { cache: { use: 'two' } }, server: { port: '8', host: 'h' } },
    'deep merge, false removes, another use replaces whole, empty means unset'
  )
  t.same(problems, [])
})

t.test('migrations', async t => {
  const server = await testServer()
  t.teardown(() => server.close())
  const attempt = async (url: string, sql: Record<string, string>) => {
    const home = migrations(sql)
    const planned = await planCare({
      raw: {
        file: 'x',
        values: {
          environment: 'development',
          security: { secretKey: 'care-kernel-development-only' },
          plugins: { a: {} },
          gateways: database
        }
      },
      plugins: { a: plugin('a', { migrations: home }) },
      gateways: { db }
    })
    try {
      await migrate(url, planned.of(declaredMigrations), { version: '1.0.0' })
      return undefined
    } catch (error) {
      if (!(error instanceof ProblemsError)) throw error
      for (const problem of error.problems) seen.add(problem.code)
      return error.problems[0]?.code
    }
  }
  const fresh = await freshDatabase(server, [])
  t.teardown(fresh.drop)
  t.equal(await attempt(fresh.url, { '0001_one.sql': 'create table one (id int)' }), undefined)
  t.equal(await attempt(fresh.url, { '0001_one.sql': 'create table one (id bigint)' }), 'MIGRATION_CHANGED')
  t.equal(
    await attempt(fresh.url, { '0001_one.sql': 'create table one (id int)', '0002_two.sql': 'create table one (id int)' }),
    'MIGRATION_FAILED'
  )
  const foreign = await freshDatabase(server, [])
  t.teardown(foreign.drop)
  await withClient(foreign.url, 'create table django_migrations (id int)')
  t.equal(await attempt(foreign.url, { '0001_base.sql': '-- baseline\ncreate table users_user (id int)' }), 'DATABASE_FOREIGN')

  const kernel = await testKernel(t, {
    plugins: [plugin('a', { migrations: migrations({ '0001_one.sql': 'create table one (id int)' }) })],
    databaseUrl: foreign.url,
    role: null
  })
  const refused = await kernel.start().then(
    () => undefined,
    (error: unknown) => error
  )
  t.type(refused, ProblemsError)
  for (const problem of (refused as ProblemsError).problems) seen.add(problem.code)
  t.match((refused as Error).message, /MIGRATIONS_PENDING/)
})

t.test('a stop hook that throws is logged by name, the rest stops', async t => {
  const stopped: string[] = []
  const lines: string[] = []
  const logger = {
    debug() {},
    info() {},
    warn() {},
    error: (fields: object) => void lines.push(JSON.stringify(fields)),
    fatal() {},
    trace() {},
    silent() {},
    level: 'info',
    child() {
      return logger
    }
  }
  const named = Object.fromEntries(
    ['a', 'b', 'c'].map(name => [
      name,
      plugin(name, {
        ...(name === 'a' ? {} : { requires: [own(name === 'b' ? 'a' : 'b')] }),
        start: async () => undefined,
        stop: async () => {
          stopped.push(name)
          if (name === 'b') throw new Error('will not stop')
        }
      })
    ])
  )
  const kernel = await openCare(
    await planCare(
      {
        raw: {
          file: 'x',
          values: {
            environment: 'development',
            security: { secretKey: 'care-kernel-development-only' },
            plugins: { c: {}, a: {}, b: {} }
          }
        },
        plugins: named
      },
      { logger: logger as unknown as Logger }
    )
  )
  await kernel.start()
  await kernel.stop()
  t.same(stopped, ['c', 'b', 'a'], 'the reverse of the order of starting')
  t.match(lines.join('\n'), /PLUGIN_STOP_FAILED.*b/)
  seen.add('PLUGIN_STOP_FAILED')
})

t.test('every code has a page', async t => {
  const page = readFileSync('docs/errors.md', 'utf8')
  for (const code of Object.keys(PROBLEM_CODES)) t.match(page, new RegExp(`^## ${code}$`, 'm'), code)
  const elsewhere: ProblemCode[] = ['PLUGIN_START_OVERDUE', 'LISTEN_FAILED']
  for (const code of Object.keys(PROBLEM_CODES) as ProblemCode[])
    if (!elsewhere.includes(code)) t.ok(seen.has(code), `${code} is reachable`)
})
