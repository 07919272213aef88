import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { FEATURES, care, command, configFile, emptyDatabase, launcher, run, sql, start } from './deployment.ts'

const folder = mkdtempSync(join(tmpdir(), 'care-command-line-'))

function file(name: string, value: unknown): string {
  const path = join(folder, name)
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value))
  return path
}

t.test('plan, config and openapi touch no network', async t => {
  const config = configFile('postgres://nobody@127.0.0.1:1/none', FEATURES)
  const smaller = configFile('postgres://nobody@127.0.0.1:1/none', ['places', 'auth-permissions'])

  const plan = await care(['plan', '--config', config])
  t.match(plan, /^deployment care \(production\)/)
  t.match(plan, /facilities +GET +\/api\/v1\/facility\/ +facility\.read +user/)
  const json = JSON.parse(await care(['plan', '--json', '--config', config])) as { routes: { owner: string }[] }
  const own = json.routes.filter(({ owner }) => owner === 'facilities').length
  t.ok(own > 10)

  const diff = await care(['plan', '--diff', config, '--config', smaller])
  t.match(diff, /^\+ gateways|^\+ /m)
  t.equal(diff.match(/^\+ routes: owner=facilities/gm)?.length, own, 'what enabling a plugin adds')
  t.notMatch(diff, /^- (?!slots|hooks|relations)/m, 'and takes nothing away')
  t.equal((await care(['plan', '--diff', config, '--config', config])).trim(), 'no difference')

  const printed = await care(['config', 'print', '--config', config])
  t.match(printed, /secretKey: "\[redacted\]"/)
  t.notMatch(printed, /nobody@/, 'an address with credentials is a secret too')
  const schema = JSON.parse(await care(['config', 'schema'])) as { properties: Record<string, unknown> }
  t.match(Object.keys(schema.properties), ['extends', 'deployment', 'environment'])

  const document = JSON.parse(await care(['openapi', '--config', config])) as { paths: Record<string, unknown> }
  t.ok(document.paths['/api/v1/facility/'])
})

t.test('wrong use says what is right', async t => {
  for (const [args, says] of [
    [['nonsense'], /unknown command 'nonsense'/],
    [['plan', '--nonsense'], /unknown option '--nonsense'/],
    [['load'], /missing required argument 'file'/],
    [['sql', 'POST /api/v1/facility/'], /POST may write: only GET and HEAD are run here/],
    [['sql', 'facility'], /give a request: care-kernel sql 'GET /],
    [['start', '--role', 'king'], /Allowed choices are web, worker, scheduler, all/],
    [['plugin', 'new', 'Not A Name'], /not a plugin name/]
  ] as const) {
    const { code, err } = await command(args)
    t.equal(code, 2, args.join(' '))
    t.match(err, says)
  }
  const { code: status, output } = await run(process.execPath, [launcher, 'nonsense'])
  t.equal(status, 2, 'a process of its own says the same')
  t.match(output, /unknown command 'nonsense'/)
  const missing = await command(['plan', '--config', join(folder, 'none.yaml')])
  t.equal(missing.code, 1)
  t.match(missing.err, /Cannot start: 1 problem\n\n {2}CONFIG_NOT_FOUND/)
  t.notMatch(missing.err, /at .*\.js:/, 'no stack for a person')
})

t.test('a deployment from its schema to its first login', async t => {
  const database = await emptyDatabase()
  t.teardown(database.drop)
  const config = configFile(database.url, FEATURES)
  const at = ['--config', config]

  const early = await command(['start', ...at])
  t.equal(early.code, 1)
  t.match(early.err, /MIGRATIONS_PENDING/, 'starting never migrates in production')
  const sick = await command(['doctor', ...at])
  t.equal(sick.code, 1)
  t.match(sick.out, /FAIL {2}schema .*not applied.*\n +→ run `care-kernel migrate`/)
  t.match(await care(['migrate', '--dry-run', ...at]), /facilities\/0001_facilities\.sql/)
  t.match((await command(['doctor', ...at])).out, /FAIL {2}schema/, 'a dry run changes nothing')
  t.match(await care(['migrate', ...at]), /applied/)
  t.match(await care(['migrate', ...at]), /^0 applied/m, 'and again')
  t.equal((await command(['doctor', ...at])).code, 0)

  await sql(
    database.url,
    `insert into users_state (id, name) values (1, 'Kerala'); insert into users_district (id, name, state_id) values (7, 'Ernakulam', 1)`
  )
  const weak = await command(['user', 'create', 'root', ...at], '12345678\n')
  t.not(weak.code, 0, 'the password policy holds here too')
  const made = await command(['user', 'create', 'root', ...at], 'A-long-Passw0rd\n')
  t.equal(made.code, 0, made.err)
  t.not((await command(['user', 'create', 'root', ...at], 'A-long-Passw0rd\n')).code, 0, 'the name is taken')
  t.equal((await command(['user', 'password', 'root', ...at], 'Another-Passw0rd\n')).code, 0)
  await t.test('sql prints the statements of a read', t => statementsOf(t, at))
  t.strictSame(await sql(database.url, 'select * from kernel_patient_search'), [], 'what the read wrote was rolled back')
  const server = await start(config)
  const login = (password: string) =>
    fetch(`${server.url}/api/v1/auth/login/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'root', password })
    })
  t.equal((await login('Another-Passw0rd')).status, 200)
  t.not((await login('A-long-Passw0rd')).status, 200)
  t.equal(await server.stop(), 0)
})

t.test('load is all or nothing', async t => {
  const database = await emptyDatabase()
  t.teardown(database.drop)
  const at = ['--config', configFile(database.url, FEATURES)]
  await care(['migrate', ...at])
  const good = file('good.json', [{ model: 'users.state', pk: 1, fields: { name: 'Kerala' } }])
  const states = async () => (await care(['place', 'list', ...at])).trim()

  for (const [name, content, says] of [
    ['broken.json', '[{"model":', /broken\.json: .*nothing was loaded/],
    ['object.json', '{}', /not a list of fixture objects/],
    ['fields.json', [{ model: 'users.district' }], /object 1 lacks model, pk or fields/],
    [
      'reference.json',
      [{ model: 'users.district', pk: 5, fields: { name: 'Nowhere', state: 99 } }],
      /nothing was loaded|foreign key/
    ],
    [
      'type.json',
      [{ model: 'users.district', pk: 'x', fields: { name: 'X', state: 1 } }],
      /users\.district: .*nothing was loaded/
    ]
  ] as const) {
    const { code, err } = await command(['load', good, file(name, content), ...at])
    t.equal(code, 1, name)
    t.match(err, says)
    t.notMatch(await states(), /Kerala/, 'the good file was not loaded either')
  }
  const foreign = file('foreign.json', [{ model: 'acme.thing', pk: 1, fields: {} }])
  t.match(await care(['load', good, foreign, ...at]), /left out {2}1 of acme\.thing/)
  t.match(await states(), /Kerala/)
  const strict = await command(['load', '--strict', good, foreign, ...at])
  t.equal(strict.code, 1)
  t.match(strict.err, /no enabled plugin owns acme\.thing \(1 rows\)/)
})

async function statementsOf(t: Test, at: readonly string[]) {
  const list = 'GET /api/v1/facility/?limit=5&name=Sea+side'
  const { code, out, err } = await command(['sql', list, '--as', 'root', '--explain', ...at])
  t.strictSame([code, err], [0, ''])
  t.match(
    out,
    `-- ${list}\n-- facilities, /api/v1/facility/, permission facility.read, scheme user, as root\n-- answered 200, 2 statements`
  )
  t.match(out, /-- statement 1 of 2\nselect\n +\/\* actor of the credentials \*\//)
  for (const part of ['outputs Facility', 'live', 'row access facility: all', 'filter name', 'ordering', 'page'])
    t.match(out, `/* ${part} */`)
  t.match(out, /\/\* slot facilities\/facility\/patient_count: patients \*\//)
  t.match(out, '-- $1 = "%Sea side%"\n-- $2 = 5\n-- $3 = 0\n--   ')
  t.match(out, /-- +->.* on facility_facility f/, 'the plan')

  const search = ['sql', '/api/v1/patient/search/?phone_number=%2B919876543210&year_of_birth=1990', '--as', 'root', ...at]
  for (let run = 0; run < 2; run++) {
    const found = await care(search)
    t.match(found, 'insert into')
    t.match(found, '-- $1 = "+919876543210"')
    t.match(found, /-- \$1 = text of \d+ characters/, 'what was not typed is not shown')
  }
  const csv = await care(['sql', 'GET /api/v1/facility/?csv', '--as', 'root', ...at])
  t.match(csv, '/* columns of the CSV */')

  const anonymous = await command(['sql', 'HEAD /api/v1/facility/', ...at])
  t.equal(anonymous.code, 0)
  t.match(anonymous.out, /as anonymous\n-- answered 403, 0 statements\n-- --as <username>/)
  for (const [args, says] of [
    [['/api/v1/nothing/'], 'no enabled plugin answers GET /api/v1/nothing/\n'],
    [['/api/v1/facility?limit=1'], 'no enabled plugin answers GET /api/v1/facility?limit=1; it is GET /api/v1/facility/?limit=1'],
    [['/api/v1/facility/', '--as', 'nobody'], 'there is no user nobody']
  ] as const) {
    const refused = await command(['sql', ...args, ...at])
    t.equal(refused.code, 1, args.join(' '))
    t.match(refused.err, says)
  }
}
