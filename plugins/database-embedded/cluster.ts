import { spawn, type SpawnOptions } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync
} from 'node:fs'
import { join } from 'node:path'
import type { Binaries } from './binaries.ts'
import { EmbeddedError } from './errors.ts'
import { giveTo, type Runner } from './runner.ts'

/** Superuser of the cluster; stored in the directory's `password` file, readable by its owner only. */
export interface Credentials {
  readonly user: string
  readonly password: string
}

const USER = 'care'
/** Prefix of the folders that a killed initdb leaves behind. */
const DRAFT = 'data-new-'

/**
 * Creates the cluster where there is none, and sets the requested credentials (default: those of the first start). Throws
 * EMBEDDED_INIT_FAILED.
 */
export async function prepareCluster(
  home: string,
  binaries: Binaries,
  runner: Runner,
  asked: Partial<Credentials>
): Promise<{ credentials: Credentials; created: boolean }> {
  const kept = keptCredentials(home)
  const credentials = {
    user: asked.user ?? kept?.user ?? USER,
    password: asked.password ?? kept?.password ?? randomBytes(24).toString('hex')
  }
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(credentials.user))
    throw failed(`the user name ${credentials.user} will not do`, 'use letters, digits and _')
  if (/[\0\r\n]/.test(credentials.password)) throw failed('the password has more than one line', 'choose another')
  const data = join(home, 'data')
  const created = !existsSync(join(data, 'PG_VERSION'))
  if (created) {
    await initialise(home, binaries, runner, credentials)
    keep(home, credentials)
    return { credentials, created }
  }
  giveTo(runner, data)
  if (kept && kept.user !== credentials.user)
    throw failed(`the cluster in ${home} was made for the user ${kept.user}`, 'ask for that user, or for another directory')
  if (kept?.password !== credentials.password) {
    await changePassword(data, binaries, runner, credentials)
    keep(home, credentials)
  }
  return { credentials, created }
}

function keptCredentials(home: string): Credentials | undefined {
  const file = join(home, 'password')
  if (!existsSync(file)) return undefined
  const [password = '', user = USER] = readFileSync(file, 'utf8')
    .split('\n')
    .filter(line => line !== '')
  return password === '' ? undefined : { user, password }
}

function keep(home: string, { user, password }: Credentials): void {
  const draft = join(home, 'password.new')
  rmSync(draft, { force: true })
  writeFileSync(draft, `${password}\n${user}\n`, { mode: 0o600, flush: true })
  renameSync(draft, join(home, 'password'))
}

/** Created beside its place and renamed when complete, so that an incomplete cluster is never used. */
async function initialise(
  home: string,
  { initdb, env }: Binaries,
  runner: Runner,
  { user, password }: Credentials
): Promise<void> {
  const data = join(home, 'data')
  if (existsSync(data)) {
    const found = readdirSync(data)
    if (found.length > 0)
      throw failed(`${data} holds ${found[0] ?? ''}, and no PostgreSQL cluster`, 'choose another directory, or empty that folder')
    rmdirSync(data)
  }
  for (const left of readdirSync(home)) if (left.startsWith(DRAFT)) remove(join(home, left))
  const draft = join(home, `${DRAFT}${randomBytes(4).toString('hex')}`)
  const secret = `${draft}.password`
  try {
    mkdirSync(draft, { mode: 0o700 })
    writeFileSync(secret, `${password}\n`, { mode: 0o600 })
    giveTo(runner, draft)
    giveTo(runner, secret)
    const args = [
      '-D',
      draft,
      '-U',
      user,
      '--auth=scram-sha-256',
      `--pwfile=${secret}`,
      '--encoding=UTF8',
      '--no-instructions',
      ...locale()
    ]
    const { code, output } = await run(runner, [initdb, ...args], env)
    if (code !== 0)
      throw failed(
        `initdb failed: ${output.trim() || `exit ${code}`}`,
        'check that the directory is writable and the disk has room'
      )
    renameSync(draft, data)
    settle(home)
  } finally {
    rmSync(secret, { force: true })
    remove(draft)
  }
}

/** An initdb that is being stopped may still write there; the next first start removes what stays. */
function remove(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true, maxRetries: 5 })
  } catch {
    // Its name is unique, so that what stays affects no other start.
  }
}

/** For a lost password file or a new password: PostgreSQL in single-user mode, which listens on no port. */
async function changePassword(
  data: string,
  { postgres, env }: Binaries,
  runner: Runner,
  { user, password }: Credentials
): Promise<void> {
  const statement = `alter role "${user}" password '${password.replaceAll("'", "''")}'\n`
  const { code, output } = await run(runner, [postgres, '--single', '-D', data, 'postgres'], env, statement)
  if (code === 0 && !/^(.* )?(ERROR|FATAL|PANIC):/m.test(output)) return
  const reason = output
    .trim()
    .split('\n')
    .filter(line => !line.includes('STATEMENT:'))
    .slice(-3)
    .join('\n')
  throw new EmbeddedError(
    'EMBEDDED_START_FAILED',
    `the password could not be set: ${reason}`,
    `put the file ${join(data, '../password')} back`
  )
}

/** Sort order by code point and letters by Unicode, as far as the system provides them. */
function locale(): string[] {
  if (process.platform === 'linux') return ['--locale=C.UTF-8']
  return process.platform === 'darwin' ? ['--locale=C', '--lc-ctype=UTF-8'] : ['--locale=C']
}

function run(
  runner: Runner,
  program: readonly string[],
  env: NodeJS.ProcessEnv,
  input = ''
): Promise<{ code: number; output: string }> {
  const [command = '', ...args] = [...runner.prefix, ...program]
  const options: SpawnOptions = { ...runner.options, env, cwd: '/', detached: true, windowsHide: true, stdio: 'pipe' }
  return new Promise(done => {
    const child = spawn(command, args, options)
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
    child.once('error', error => done({ code: -1, output: error.message }))
    child.once('close', code => done({ code: code ?? -1, output }))
  })
}

/** Flushes a folder, so that a new name in it survives a power failure. */
function settle(folder: string): void {
  if (process.platform === 'win32') return
  const handle = openSync(folder, 'r')
  fsyncSync(handle)
  closeSync(handle)
}

function failed(fact: string, remedy: string): EmbeddedError {
  return new EmbeddedError('EMBEDDED_INIT_FAILED', fact, remedy)
}
