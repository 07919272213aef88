import { spawn, type ChildProcess } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import t from 'tap'
import { startServer } from '../../plugins/database-embedded/launcher.ts'

const NOBODY = 65_534
const asRoot = process.getuid?.() === 0
const base = mkdtempSync(join(tmpdir(), 'care-embedded-'))
chmodSync(base, 0o755)

interface Launched {
  readonly child: ChildProcess
  readonly url: string
  readonly pid: number
  readonly facts: readonly string[]
}

interface Refusal {
  readonly code: string
  readonly message: string
}

// Starts a server, says where, and stops it in order when told to on its standard input.
const SCRIPT = `
  const { platform, options, launcher } = JSON.parse(process.env.LAUNCH)
  if (platform) Object.defineProperty(process, 'platform', { value: platform })
  const { startServer } = await import(launcher)
  const facts = []
  try {
    const server = await startServer({ ...options, log: fact => facts.push(fact) })
    console.log(JSON.stringify({ url: server.url, pid: server.pid, facts }))
    process.stdin.once('end', () => server.stop().then(() => process.exit(0)))
    process.stdin.resume()
  } catch (error) {
    console.log(JSON.stringify({ code: error.code, message: error.message, plain: error instanceof Error }))
    process.exit(3)
  }`

interface How {
  readonly options?: object
  readonly env?: NodeJS.ProcessEnv
  readonly prefix?: readonly string[]
  readonly platform?: string
}

/** Starts a node that starts the server, as a person's `npm start` would be. */
function begin(directory: string, { options = {}, env = {}, prefix = [], platform }: How = {}): ChildProcess {
  const launcher = new URL('../../plugins/database-embedded/launcher.js', import.meta.url).href
  const [command = '', ...args] = [...prefix, process.execPath, '--input-type=module', '-e', SCRIPT]
  const LAUNCH = JSON.stringify({ platform, launcher, options: { directory, ...options } })
  return spawn(command, args, { env: { ...process.env, ...env, LAUNCH }, stdio: ['pipe', 'pipe', 'inherit'], cwd: '/' })
}

function answerOf(child: ChildProcess): Promise<Record<string, unknown>> {
  return new Promise((done, fail) => {
    let text = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.endsWith('\n')) done(JSON.parse(text) as Record<string, unknown>)
    })
    child.once('exit', code => fail(new Error(`ended with ${code}: ${text}`)))
  })
}

async function launch(directory: string, how: How = {}): Promise<Launched> {
  const child = begin(directory, how)
  const answer = await answerOf(child)
  if ('code' in answer) throw new Error(`${String(answer.code)}: ${String(answer.message)}`)
  return { child, ...(answer as unknown as Omit<Launched, 'child'>) }
}

async function refusal(directory: string, how: How = {}): Promise<Refusal> {
  const child = begin(directory, how)
  const answer = await answerOf(child)
  if ('url' in answer) await finish(child)
  else await gone(child.pid ?? 0)
  return answer as unknown as Refusal
}

async function finish(child: ChildProcess): Promise<void> {
  const exited = new Promise(done => child.once('exit', done))
  child.stdin?.end()
  await exited
}

async function kill9(...pids: (number | undefined)[]): Promise<void> {
  for (const pid of pids) if (pid) process.kill(pid, 'SIGKILL')
}

/** How long until a process is gone, in ms; fails after five seconds. */
async function gone(pid: number): Promise<number> {
  const from = performance.now()
  while (alive(pid)) {
    if (performance.now() - from > 5000) throw new Error(`process ${pid} still runs`)
    await wait(10)
  }
  return Math.round(performance.now() - from)
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/^\d+ \(.*\) Z/.test(process.platform === 'linux' ? readFileSync(`/proc/${pid}/stat`, 'utf8') : '')
  } catch {
    return false
  }
}

/** Server processes that work on any directory of this test. */
function serversLeft(): string[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc').filter(pid => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
      return words.includes('-D') && words.some(word => word.startsWith(base))
    } catch {
      return false
    }
  })
}

async function query<Row extends pg.QueryResultRow>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Row>(text)).rows
  } finally {
    await client.end()
  }
}

const insert = (url: string, text: string) =>
  query(url, `create table if not exists notes (text text); insert into notes values ('${text}')`)
const notes = async (url: string) =>
  (await query<{ text: string }>(url, 'select text from notes order by text')).map(row => row.text)

/** A folder anybody may walk to, or one that only its owner may. */
function folder(name: string, mode = 0o755): string {
  const path = join(base, name)
  mkdirSync(path, { mode })
  return path
}

/** A folder with a cluster made before: making one takes seconds on a busy machine. */
function seeded(name: string): string {
  const path = folder(name)
  for (const part of ['data', 'password']) cpSync(join(base, 'fresh/deep', part), join(path, part), { recursive: true })
  return path
}

/** A search path on which these programs fail. */
function without(...programs: string[]): NodeJS.ProcessEnv {
  const path = mkdtempSync(join(base, 'bin-'))
  for (const program of programs) writeFileSync(join(path, program), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
  chmodSync(path, 0o755)
  return { PATH: `${path}:${process.env.PATH}` }
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const from = performance.now()
  return [await work(), Math.round(performance.now() - from)]
}

t.teardown(() => rmSync(base, { recursive: true, force: true }))

t.test('a fresh directory, and again', async t => {
  const directory = join(base, 'fresh/deep')
  const facts: string[] = []
  const log = (fact: string) => facts.push(fact)
  const [server, first] = await timed(() => startServer({ directory, log, settings: { work_mem: '6MB', listen_addresses: '*' } }))
  t.ok(first < 15_000, `first boot in ${first} ms`)
  t.match(facts, [/new database/])
  const settings =
    'listen_addresses max_connections shared_buffers TimeZone log_timezone jit fsync full_page_writes work_mem password_encryption'
  const shown = await Promise.all(
    settings.split(' ').map(async name => Object.values((await query(server.url, `show ${name}`))[0] ?? {})[0] as unknown)
  )
  t.same(shown, ['127.0.0.1', '100', '128MB', 'UTC', 'UTC', 'off', 'on', 'on', '6MB', 'scram-sha-256'])
  await query(server.url, 'create extension pg_trgm')
  const [letters] = await query(server.url, `select upper('é') as upper, array_length(show_trgm('ഓണം'), 1) > 1 as trigrams`)
  t.same(letters, { upper: 'É', trigrams: true }, 'letters of other alphabets are letters')
  t.match(server.url, /^postgres:\/\/care:[0-9a-f]{48}@127\.0\.0\.1:\d+\/postgres$/)
  await t.rejects(
    query(server.url.replace(/:[0-9a-f]{48}@/, ':wrong@'), 'select 1'),
    { code: '28P01' },
    'the password is asked for'
  )
  await t.rejects(query(server.url, `select 'secret-value'::int`), { code: '22P02' })
  t.equal(statSync(join(directory, 'password')).mode & 0o777, 0o600)
  t.equal(statSync(join(directory, 'server.log')).mode & 0o777, 0o600)
  t.notMatch(readFileSync(join(directory, 'server.log'), 'utf8'), /secret-value/, 'no values in the log')
  t.same(readdirSync(directory).sort(), ['data', 'launcher.lock', 'lib', 'password', 'server.log'])
  await insert(server.url, 'kept')
  const [, stopping] = await timed(() => Promise.all([server.stop(), server.stop()]))
  t.ok(stopping < 5000, `stop in ${stopping} ms`)
  t.notOk(alive(server.pid))
  t.same(readdirSync(directory).sort(), ['data', 'lib', 'password', 'server.log'])

  const [again, second] = await timed(() => startServer({ directory, log }))
  t.ok(second < 2000, `second boot in ${second} ms`)
  t.equal(passwordIn(again.url), passwordIn(server.url), 'the same password')
  t.same(await notes(again.url), ['kept'])
  await query(again.url, 'drop table notes')
  await server.stop()
  t.ok(existsSync(join(directory, 'launcher.lock')), "an old server's stop takes nothing from the new one")
  await again.stop()
  t.equal(facts.length, 1, 'nothing to say about a quiet start')
})

t.test('kill -9 of the launcher: the server goes with it, the next start has everything', async t => {
  const directory = seeded('launcher-killed')
  const first = await launch(directory)
  await insert(first.url, 'one')
  await kill9(first.child.pid)
  t.ok(true, `server gone after ${await gone(first.pid)} ms`)
  const [second, took] = await timed(() => launch(directory))
  t.ok(took < 5000, `next start, node included, in ${took} ms`)
  t.same(await notes(second.url), ['one'])
  await finish(second.child)
})

t.test('kill -9 where nothing binds the server to its launcher: the orphan is found and stopped', async t => {
  const directory = seeded('orphan')
  const env = without('setpriv')
  const first = await launch(directory, { env })
  await insert(first.url, 'one')
  await kill9(first.child.pid)
  await wait(300)
  t.ok(alive(first.pid), 'an orphan')
  // Seen by the folder, not by its path.
  symlinkSync(directory, join(base, 'orphan-alias'))
  const [second, took] = await timed(() => launch(join(base, 'orphan-alias'), { env }))
  t.notOk(alive(first.pid), `stopped, next start in ${took} ms`)
  t.match(second.facts, [/outlived its launcher/])
  t.same(await notes(second.url), ['one'])
  await kill9(second.child.pid)
  await wait(300)
  const moved = join(base, 'orphan-moved')
  renameSync(directory, moved)
  const third = await launch(moved, { env })
  t.notOk(alive(second.pid), 'found after a move too')
  await finish(third.child)
})

t.test('kill -9 of server and launcher together', async t => {
  const directory = seeded('both-killed')
  const first = await launch(directory)
  await insert(first.url, 'one')
  await kill9(first.pid, first.child.pid)
  const [second, took] = await timed(() => launch(directory))
  t.match(second.facts, [/recovering/])
  t.same(await notes(second.url), ['one'], `recovered in ${took} ms`)
  await finish(second.child)
})

t.test('kill -9 of the server alone: its launcher hears of it, and may start again', async t => {
  const directory = seeded('server-killed')
  const facts: string[] = []
  const first = await startServer({ directory, log: fact => facts.push(fact) })
  await kill9(first.pid)
  while (facts.length === 0) await wait(10)
  t.match(facts[0], /ended unexpectedly/)
  await t.rejects(startServer({ directory }), { code: 'EMBEDDED_IN_USE' }, 'not before the first is stopped')
  await first.stop()
  const second = await startServer({ directory })
  t.same(await query(second.url, 'select 1 as one'), [{ one: 1 }])
  await second.stop()
})

t.test('killed while the cluster is made: nothing half made is used', async t => {
  const directory = folder('init-killed')
  for (const after of [250, 450, 700]) {
    const child = begin(directory)
    await wait(after)
    await kill9(child.pid)
    await gone(child.pid ?? 0)
  }
  const server = await launch(directory)
  t.same(await query(server.url, 'select 1 as one'), [{ one: 1 }])
  await finish(server.child)
  t.same(readdirSync(directory).sort(), ['data', 'lib', 'password', 'server.log'], 'drafts are cleared away')
})

t.test('a directory that a living launcher uses', async t => {
  const directory = seeded('in-use')
  const first = await launch(directory)
  const second = await refusal(directory)
  t.match(second, {
    code: 'EMBEDDED_IN_USE',
    message: new RegExp(`process ${first.child.pid} .*stop process ${first.child.pid}`),
    plain: true
  })
  await t.rejects(startServer({ directory }), { code: 'EMBEDDED_IN_USE' })
  rmSync(join(directory, 'launcher.lock'))
  t.match(await refusal(directory), { code: 'EMBEDDED_IN_USE', message: /runs a server/ }, 'also when somebody removed the lock')
  t.same(await query(first.url, 'select 1 as one'), [{ one: 1 }], 'the first is unharmed')
  await finish(first.child)

  const own = await startServer({ directory })
  await t.rejects(startServer({ directory }), { code: 'EMBEDDED_IN_USE', message: /this one/ })
  await own.stop()
})

t.test('many at once: one gets the directory', async t => {
  const directory = folder('race')
  writeFileSync(join(directory, 'launcher.lock'), '999999/stale\n')
  const children = Array.from({ length: 4 }, () => begin(directory))
  const answers = await Promise.all(children.map(answerOf))
  t.equal(answers.filter(answer => 'url' in answer).length, 1)
  t.same(
    answers.flatMap(({ code }) => (code ? [code] : [])),
    Array(3).fill('EMBEDDED_IN_USE')
  )
  await Promise.all(children.map((child, at) => (answers[at]?.url ? finish(child) : gone(child.pid ?? 0))))
})

t.test('pids that mean somebody else', { skip: process.platform !== 'linux' }, async t => {
  const directory = seeded('pids')
  const stranger = spawn('sleep', ['60'], { stdio: 'ignore' })
  // A child nobody reaps.
  const careless = spawn('sh', ['-c', 'sleep 0.05 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] })
  t.teardown(() => [stranger, careless].forEach(child => child.kill('SIGKILL')))
  const zombie = await new Promise<number>(done =>
    careless.stdout.once('data', (chunk: Buffer) => done(Number(chunk.toString())))
  )
  await wait(200)
  t.match(readFileSync(`/proc/${zombie}/stat`, 'utf8'), /\) Z /)
  for (const [what, pid] of [
    ['recycled', stranger.pid ?? 0],
    ['zombie', zombie],
    ['gone', 999_999]
  ] as const) {
    const data = join(directory, 'data')
    writeFileSync(join(data, 'postmaster.pid'), `${pid}\n${data}\n1700000000\n5432\n\n127.0.0.1\n  1234 5678\nready   \n`)
    writeFileSync(join(directory, 'launcher.lock'), `${pid}/another-boot:1\n`)
    const server = await startServer({ directory })
    t.same(await query(server.url, 'select 1 as one'), [{ one: 1 }], what)
    await server.stop()
  }
  t.ok(alive(stranger.pid ?? 0), 'the stranger is unharmed')
})

t.test('directories that will not do', async t => {
  const file = join(base, 'file')
  writeFileSync(file, '')
  t.match(await refusal(file), { code: 'EMBEDDED_START_FAILED', message: /cannot be used: .*; set gateways/ })
  t.match(await refusal(join(file, 'below')), { code: 'EMBEDDED_START_FAILED', message: /ENOTDIR/ })

  const foreign = folder('foreign')
  mkdirSync(join(foreign, 'data'))
  writeFileSync(join(foreign, 'data/thesis.txt'), 'years of work')
  t.match(await refusal(foreign), { code: 'EMBEDDED_INIT_FAILED', message: /thesis\.txt/ })
  t.equal(readFileSync(join(foreign, 'data/thesis.txt'), 'utf8'), 'years of work', 'nothing of it is touched')

  const failing = folder('failing')
  t.match(await refusal(failing, { options: { user: 'pg_reserved' } }), {
    code: 'EMBEDDED_INIT_FAILED',
    message: /initdb failed/
  })
  t.same(readdirSync(failing), ['lib'], 'no half directory')

  const other = seeded('other-version')
  writeFileSync(join(other, 'data/PG_VERSION'), '15\n')
  t.match(await refusal(other), { code: 'EMBEDDED_START_FAILED', message: /incompatible with server.*version 15.*load a dump/s })
  t.notOk(existsSync(join(other, 'launcher.lock')), 'a failed start gives the directory back')
  writeFileSync(join(other, 'data/PG_VERSION'), '18\n')
  await (await startServer({ directory: other })).stop()
})

t.test('a setting the server refuses, a port that is taken', async t => {
  const directory = seeded('refused')
  await t.rejects(startServer({ directory, settings: { work_mem: 'plenty' } }), {
    code: 'EMBEDDED_START_FAILED',
    message: /work_mem.*server\.log/s
  })
  const holder = createServer().listen(0, '127.0.0.1')
  await new Promise(done => holder.once('listening', done))
  const address = holder.address()
  const port = typeof address === 'object' && address ? address.port : 0
  await t.rejects(startServer({ directory, port }), {
    code: 'EMBEDDED_START_FAILED',
    message: `port ${port} of 127.0.0.1 is taken; set gateways.database.port to another one, or to 0 for a free one`
  })
  await new Promise(done => holder.close(done))
  const server = await startServer({ directory, port })
  t.equal(new URL(server.url).port, String(port))
  await server.stop()
})

t.test('credentials: chosen, changed, lost', async t => {
  const directory = folder('credentials')
  const chosen = { directory, user: 'somewhere_else', password: `p'ss/wörd@:?` }
  const first = await startServer(chosen)
  t.same(await query(first.url, 'select current_user::text as name'), [{ name: chosen.user }])
  await first.stop()
  const changed = await startServer({ directory, password: 'another' })
  t.same(await query(changed.url, 'select 1 as one'), [{ one: 1 }])
  await t.rejects(query(first.url.replace(/:\d+\/postgres/, `:${new URL(changed.url).port}/postgres`), 'select 1'), {
    code: '28P01'
  })
  await changed.stop()
  await t.rejects(startServer({ directory, user: 'o"dd' }), { code: 'EMBEDDED_INIT_FAILED', message: /will not do/ })
  await t.rejects(startServer({ directory, user: 'somebody' }), { code: 'EMBEDDED_INIT_FAILED', message: /made for the user/ })
  rmSync(join(directory, 'password'))
  const [found, took] = await timed(() => startServer({ directory, user: chosen.user }))
  t.same(await query(found.url, 'select 1 as one'), [{ one: 1 }], `a lost password file is made anew, in ${took} ms`)
  await found.stop()
})

t.test('the log is kept small', async t => {
  const directory = seeded('log')
  writeFileSync(join(directory, 'server.log'), Buffer.alloc(6_000_000, 'x\n'), { mode: 0o600 })
  const server = await startServer({ directory })
  t.ok(statSync(join(directory, 'server.log')).size < 100_000)
  t.equal(statSync(join(directory, 'server.log.old')).size, 6_000_000, 'one older file is kept')
  await server.stop()
})

t.test('a platform nobody packages', async t => {
  const directory = folder('platform')
  t.match(await refusal(directory, { platform: 'sunos' }), {
    code: 'EMBEDDED_UNSUPPORTED',
    message: /sunos-.*; use database-postgres .*DATABASE_URL/
  })
})

t.test(
  'Ctrl-C in a terminal does not take the server from under its launcher',
  { skip: process.platform !== 'linux' },
  async t => {
    const directory = seeded('interrupt')
    const first = await launch(directory)
    t.not(groupOf(first.pid), groupOf(first.child.pid ?? 0), 'a process group of its own')
    await finish(first.child)
  }
)

t.test('as an unprivileged user', { skip: !asRoot || process.platform !== 'linux' }, async t => {
  const directory = folder('unprivileged')
  chownSync(directory, NOBODY, NOBODY)
  const prefix = ['setpriv', '--reuid', String(NOBODY), '--regid', String(NOBODY), '--clear-groups', '--']
  const [first, took] = await timed(() => launch(directory, { prefix }))
  t.equal(statSync(join(directory, 'data')).uid, NOBODY, `first boot in ${took} ms`)
  await insert(first.url, 'one')
  await kill9(first.child.pid)
  await gone(first.pid)
  const second = await launch(directory, { prefix })
  t.match(await refusal(directory, { prefix }), { code: 'EMBEDDED_IN_USE' })
  t.match(await refusal(directory), { code: 'EMBEDDED_IN_USE' }, 'root sees that it is in use')
  await kill9(second.pid, second.child.pid)
  const third = await launch(directory, { prefix })
  t.same(await notes(third.url), ['one'])
  await finish(third.child)
  const asRootNow = await launch(directory)
  t.equal(statSync(join(directory, 'data')).uid, NOBODY, "root runs it as the data's owner")
  t.same(await notes(asRootNow.url), ['one'])
  await finish(asRootNow.child)

  const closed = folder('closed', 0o700)
  t.match(await refusal(closed, { prefix }), { code: 'EMBEDDED_START_FAILED', message: /EACCES/ })
  const foreign = folder('made-by-root')
  await (await startServer({ directory: foreign })).stop()
  t.match(await refusal(foreign, { prefix }), { code: 'EMBEDDED_START_FAILED', message: /EACCES/ })
})

t.test('as root in a home nobody else may enter', { skip: !asRoot || process.platform !== 'linux' }, async t => {
  const directory = join(folder('home', 0o700), 'postgres')
  const first = await launch(directory)
  t.equal(statSync(join(directory, 'data')).uid, 0, 'in a user namespace')
  await insert(first.url, 'one')
  await kill9(first.child.pid)
  await gone(first.pid)

  const env = without('unshare')
  const second = await launch(directory, { env })
  t.not(statSync(join(directory, 'data')).uid, 0, 'where namespaces are forbidden, by a capability')
  t.same(await notes(second.url), ['one'])
  await insert(second.url, 'two')
  await kill9(second.child.pid)
  await gone(second.pid)

  t.match(await refusal(directory, { env: without('unshare', 'setpriv') }), {
    code: 'EMBEDDED_START_FAILED',
    message: /no other user can reach/
  })
  const third = await launch(directory)
  t.same(await notes(third.url), ['one', 'two'], 'and back')
  await finish(third.child)
  const copy = join(base, 'copy')
  cpSync(directory, copy, { recursive: true })
  const [left, right] = [await launch(directory), await launch(copy)]
  t.same(await notes(left.url), await notes(right.url), 'a copy is a database of its own')
  await Promise.all([finish(left.child), finish(right.child)])
})

t.test('nothing is left', async t => {
  t.same(serversLeft(), [])
})

function passwordIn(url: string): string {
  return new URL(url).password
}

function groupOf(pid: number): string | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]
}
