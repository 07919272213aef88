import { createHash } from 'node:crypto'
import { mkdirSync, realpathSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { findBinaries } from './binaries.ts'
import { prepareCluster } from './cluster.ts'
import { EmbeddedError } from './errors.ts'
import { takeLock } from './lock.ts'
import { endPredecessor } from './predecessor.ts'
import { identityOf, LAUNCHER_SETTING } from './processes.ts'
import { findRunner } from './runner.ts'
import { isPortTaken, serve, type Child } from './server.ts'

export interface ServerOptions {
  /** Folder of data, lib, password, launcher.lock and server.log. Created when it is missing. */
  readonly directory: string
  /** Default: a free one. */
  readonly port?: number
  /** Default: that of the first start, `care`. */
  readonly user?: string
  /** Default: that of the first start, which is random. A different one is set. */
  readonly password?: string
  /** Further server settings. */
  readonly settings?: Readonly<Record<string, string>>
  /** Receives notable events: a first start, a recovery, an unexpected end. */
  readonly log?: (fact: string) => void
}

/** A running server. It ends with this process, whatever ends that. */
export interface Server {
  /** Address with user and password. */
  readonly url: string
  readonly pid: number
  /** Ends it in order; resolves once it is gone. May be called again. */
  stop(): Promise<void>
}

const TRIES = 5
const DEFAULTS = {
  max_connections: '100',
  shared_buffers: '128MB',
  timezone: 'UTC',
  log_timezone: 'UTC',
  jit: 'off',
  // Failed statements and their values are personal data; the client receives the error.
  log_min_messages: 'log',
  log_min_error_statement: 'panic'
} as const

/**
 * Starts PostgreSQL on a directory: creates the cluster the first time, recovers after a crash, refuses a directory that another launcher
 * uses. Throws EmbeddedError.
 */
export async function startServer({
  directory,
  port,
  user,
  password,
  settings = {},
  log = () => undefined
}: ServerOptions): Promise<Server> {
  try {
    mkdirSync(resolve(directory), { recursive: true, mode: 0o755 })
    const home = realpathSync(directory)
    const release = takeLock(join(home, 'launcher.lock'))
    try {
      const binaries = await findBinaries(home)
      const data = join(home, 'data')
      await endPredecessor(data, nameOf(data), binaries, log)
      const runner = await findRunner(binaries, home)
      const asked = { ...(user === undefined ? {} : { user }), ...(password === undefined ? {} : { password }) }
      const { credentials, created } = await prepareCluster(home, binaries, runner, asked)
      if (created) log(`a new database was created in ${data}`)
      const own = {
        listen_addresses: '127.0.0.1',
        unix_socket_directories: '',
        cluster_name: nameOf(data),
        [LAUNCHER_SETTING]: identityOf(process.pid) ?? ''
      }
      const begin = (bound: number) => serve(home, binaries, runner, { ...DEFAULTS, ...settings, ...own, port: String(bound) })
      const [child, bound] = port ? [await begin(port), port] : await onFreePort(begin)
      return running(
        child,
        `postgres://${encodeURIComponent(credentials.user)}:${encodeURIComponent(credentials.password)}@127.0.0.1:${bound}/postgres`,
        release,
        log
      )
    } catch (error) {
      release()
      throw error
    }
  } catch (error) {
    if (error instanceof EmbeddedError) throw error
    const fact = error instanceof Error ? error.message : String(error)
    throw new EmbeddedError(
      'EMBEDDED_START_FAILED',
      `${directory} cannot be used: ${fact}`,
      'set gateways.database.directory to a folder this user may write to'
    )
  }
}

function running(child: Child, url: string, release: () => void, log: (fact: string) => void): Server {
  let stopping: Promise<void> | undefined
  void child.exited.then(() => {
    if (!stopping) log(`the database server (process ${child.pid}) ended unexpectedly`)
  })
  return {
    url,
    pid: child.pid,
    stop: () => (stopping ??= child.stop().then(release))
  }
}

/**
 * The `cluster_name`, which every process of the server shows: by it a server that outlived its launcher is found. Derived from the inode,
 * so that a moved or linked directory keeps the name and a copy has another.
 */
function nameOf(data: string): string {
  const folder = statSync(data, { throwIfNoEntry: false })
  return `care_${createHash('sha256')
    .update(`${folder?.dev ?? 0}:${folder?.ino ?? 0}`)
    .digest('hex')
    .slice(0, 12)}`
}

/** Another process may take a free port before the server does: retries with another one. */
async function onFreePort(begin: (port: number) => Promise<Child>): Promise<[Child, number]> {
  for (let tries = 1; ; tries++) {
    const port = await freePort()
    try {
      return [await begin(port), port]
    } catch (error) {
      if (tries === TRIES || !isPortTaken(error)) throw error
    }
  }
}

/** A free port of this machine. */
export function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer()
    server.once('error', fail)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => done(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
