import { execFile, execFileSync, type SpawnOptions } from 'node:child_process'
import { chownSync, lstatSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { unsupported, type Binaries } from './binaries.ts'
import { EmbeddedError } from './errors.ts'

/** Prefix and user with which the programs are started. */
export interface Runner {
  /** Words before the program. */
  readonly prefix: readonly string[]
  readonly options: Pick<SpawnOptions, 'uid' | 'gid'>
  /** Owner that the files must have; undefined where it is not changed. */
  readonly owner?: { readonly uid: number; readonly gid: number }
}

const NOBODY = 65_534
/** Ends the server with its launcher, kill -9 included. Systems without this command stop the orphan at the next start. */
const BOUND = ['--pdeathsig', 'INT', '--']

/**
 * The first runner that works on this machine. PostgreSQL refuses root, so root uses an existing unprivileged user: the owner of the data, or
 * `postgres`, or `nobody`. If that user cannot reach the directory or the binaries (a 0700 home): a user namespace that maps root to
 * `nobody`; where namespaces are forbidden (many containers): the unprivileged user with the capability dac_override.
 */
export async function findRunner({ postgres, env }: Binaries, home: string): Promise<Runner> {
  if (process.platform !== 'linux')
    return process.getuid?.() === 0 ? runnerAs(unprivilegedUser(home)) : { prefix: [], options: {} }
  for (const runner of candidates(home)) {
    // Checks that the directory can be entered and that the binaries run.
    const [word = '', ...words] = [...runner.prefix, 'sh', '-c', 'test -x "$1" && exec "$2" --version', 'sh', home, postgres]
    if (await succeeds(word, words, { ...runner.options, env })) return runner
  }
  if (!(await succeeds(postgres, ['--version'], { env }))) throw unsupported(`${postgres} does not run on this system`)
  throw new EmbeddedError(
    'EMBEDDED_START_FAILED',
    `PostgreSQL refuses to run as root, and no other user can reach ${home}`,
    'set gateways.database.directory to a place that every user can enter, such as /var/lib/care-kernel, or start as another user'
  )
}

/** Changes the owner of a tree to the user of the programs, if another user or another runner created it. */
export function giveTo({ owner }: Runner, path: string): void {
  if (!owner || lstatSync(path).uid === owner.uid) return
  if (lstatSync(path).isDirectory()) {
    for (const entry of readdirSync(path, { recursive: true, encoding: 'utf8' })) chown(join(path, entry), owner)
  }
  // Last, so that an interrupted run is repeated.
  chown(path, owner)
}

function* candidates(home: string): Generator<Runner> {
  if (process.getuid?.() !== 0) {
    yield { prefix: ['setpriv', ...BOUND], options: {} }
    yield { prefix: [], options: {} }
    return
  }
  const owner = unprivilegedUser(home)
  const become = ['setpriv', '--reuid', String(owner.uid), '--regid', String(owner.gid), '--clear-groups']
  const namespace = ['unshare', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`, '--']
  const root = { uid: 0, gid: 0 }
  yield { prefix: [...become, ...BOUND], options: {}, owner }
  yield runnerAs(owner)
  yield { prefix: [...namespace, 'setpriv', ...BOUND], options: {}, owner: root }
  yield { prefix: namespace, options: {}, owner: root }
  yield { prefix: [...become, '--inh-caps=+dac_override', '--ambient-caps=+dac_override', ...BOUND], options: {}, owner }
}

function runnerAs(owner: { uid: number; gid: number }): Runner {
  return { prefix: [], options: owner, owner }
}

function unprivilegedUser(home: string): { uid: number; gid: number } {
  const data = statSync(join(home, 'data'), { throwIfNoEntry: false })
  if (data && data.uid !== 0) return { uid: data.uid, gid: data.gid }
  return idOf('postgres') ?? idOf('nobody') ?? { uid: NOBODY, gid: NOBODY }
}

function idOf(user: string): { uid: number; gid: number } | undefined {
  try {
    const [uid, gid] = ['-u', '-g'].map(flag =>
      Number(execFileSync('id', [flag, user], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))
    )
    return uid && gid ? { uid, gid } : undefined
  } catch {
    return undefined
  }
}

function succeeds(
  command: string,
  args: readonly string[],
  options: Pick<SpawnOptions, 'uid' | 'gid' | 'env'>
): Promise<boolean> {
  return new Promise(done => {
    try {
      execFile(command, args, { ...options, cwd: '/' }, error => done(!error))
    } catch {
      done(false)
    }
  })
}

function chown(path: string, { uid, gid }: { uid: number; gid: number }): void {
  if (!lstatSync(path).isSymbolicLink()) chownSync(path, uid, gid)
}
