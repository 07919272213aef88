import { spawnSync } from 'node:child_process'
import { appendFileSync, chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import t from 'tap'
import { testKernel, testServer, type TestContext } from '../../platform/testing/index.ts'
import { ownPort } from '../services.ts'

const PLUGINS = ['places', 'auth-permissions', 'facilities', 'patients', 'reporting']

/** Where the test server's programs are, where it runs on this machine; PostgreSQL will not run as root, so whom it runs as. */
async function programs(): Promise<{ bin: string; as: { uid?: number; gid?: number } } | null> {
  const server = await testServer()
  const { rows } = await query<{ bin: string }>(server.url, `select setting as bin from pg_config where name = 'BINDIR'`).catch(
    () => ({ rows: [] })
  )
  await server.close()
  const bin = rows[0]?.bin ?? ''
  if (!['initdb', 'pg_ctl', 'pg_basebackup'].every(name => existsSync(join(bin, name)))) return null
  if (process.getuid?.() !== 0) return { bin, as: {} }
  const id = (what: string) => Number(spawnSync('id', [what, 'postgres']).stdout.toString().trim() || NaN)
  const [uid, gid] = [id('-u'), id('-g')]
  return Number.isNaN(uid) ? null : { bin, as: { uid, gid } }
}

async function query<Row extends pg.QueryResultRow>(url: string, text: string): Promise<pg.QueryResult<Row>> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await client.query<Row>(text)
  } finally {
    await client.end()
  }
}

/** A primary and its streaming copy, both gone when the test ends. */
async function pair(context: TestContext, found: NonNullable<Awaited<ReturnType<typeof programs>>>) {
  const folder = mkdtempSync(join(tmpdir(), 'care-replica-'))
  if (found.as.uid !== undefined) chownSync(folder, found.as.uid, found.as.gid ?? found.as.uid)
  const run = (name: string, ...args: string[]) => {
    const { status, stderr } = spawnSync(join(found.bin, name), args, {
      ...found.as,
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe']
    })
    if (status !== 0) throw new Error(`${name}: ${stderr.toString()}`)
  }
  const [primary, replica] = [join(folder, 'primary'), join(folder, 'replica')]
  const [port, copyPort] = [await ownPort(), await ownPort()]
  const start = (directory: string, on: number) =>
    run('pg_ctl', '-D', directory, '-l', `${directory}.log`, '-w', '-o', `-p ${on} -k ${folder} -h 127.0.0.1`, 'start')
  context.teardown(() => {
    for (const directory of [replica, primary])
      if (existsSync(join(directory, 'postmaster.pid'))) run('pg_ctl', '-D', directory, '-m', 'immediate', 'stop')
    rmSync(folder, { recursive: true, force: true })
  })
  run('initdb', '-D', primary, '-U', 'postgres', '-A', 'trust', '--no-sync')
  appendFileSync(join(primary, 'postgresql.conf'), 'shared_buffers = 16MB\nfsync = off\n')
  start(primary, port)
  run('pg_basebackup', '-h', '127.0.0.1', '-p', String(port), '-U', 'postgres', '-D', replica, '-R', '-c', 'fast', '--no-sync')
  start(replica, copyPort)
  return { primary: `postgres://postgres@127.0.0.1:${port}`, replica: `127.0.0.1:${copyPort}` }
}

const found = await programs()

t.test(
  'a physical replica',
  { skip: found ? false : 'the programs of the PostgreSQL server are not on this machine' },
  async t => {
    if (!found) return
    const { primary, replica } = await pair(t, found)
    // As a deployment's user is: it owns the database and may create roles, nothing more.
    await query(primary, 'create role app login createrole')
    await query(primary, 'create database care owner app')
    const app = primary.replace('postgres@', 'app@')
    const kernel = await testKernel(t, { plugins: PLUGINS, databaseUrl: `${app}/care`, role: null })
    await kernel.migrate()
    await kernel.sql(`insert into users_state (id, name) values (1, 'Kerala')`)
    await kernel.sql(`insert into users_user (password, first_name, last_name, username, email, phone_number, gender, user_type, external_id, is_superuser, is_staff, is_active, verified, deleted, date_joined)
    values ('zq7secret', 'Zq7first', 'Zq7last', 'zq7name', 'zq7@example.org', '+9177700011', 1, 15, gen_random_uuid(), false, false, true, true, false, now())`)
    const command = async (name: string) => {
      const lines: string[] = []
      const plugin = kernel.plugins.find(loaded => loaded.name === 'reporting')?.plugin
      const terminal = {
        print: (line: string) => void lines.push(line),
        progress: <T>(title: string, total: number, work: (advance: () => void) => Promise<T>) => work(() => undefined),
        secret: async () => ''
      }
      const code = await plugin?.commands?.[name]?.run(kernel.scopes.get('reporting') ?? {}, [], {}, terminal)
      return `${code}\n${lines.join('\n')}`
    }
    t.match(await command('reporting grant'), /^0\n/, 'without a superuser')
    t.match(await command('reporting check'), /^0\n/)

    const copy = (user: string) => `postgres://${user}@${replica}/care`
    const caughtUp = async () => (await query(copy('postgres'), `select from pg_roles where rolname = 'care_bi'`)).rowCount === 1
    for (let tries = 0; tries < 100 && !(await caughtUp()); tries++) await wait(100)

    t.match((await query(copy('care_bi'), 'select pg_is_in_recovery() as copy, name from users_state')).rows, [
      { copy: true, name: 'Kerala' }
    ])
    const { rows: views } = await query<{ name: string }>(
      copy('care_bi'),
      `select viewname as name from pg_views where schemaname = 'bi'`
    )
    t.ok(views.length > 15)
    let told = ''
    for (const { name } of views) told += JSON.stringify((await query(copy('care_bi'), `select x::text from ${name} x`)).rows)
    t.match(told, /Kerala/)
    t.notMatch(told, /zq7|777000/i)
    for (const text of [
      'select username from public.users_user',
      'select lo_create(0)',
      'create temp table a (b text)',
      'select pg_promote()'
    ])
      await t.rejects(query(copy('care_bi'), `set default_transaction_read_only = off; ${text}`), text)
  }
)
