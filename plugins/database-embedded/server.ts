import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { closeSync, copyFileSync, existsSync, openSync, readFileSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Binaries } from './binaries.ts'
import { EmbeddedError } from './errors.ts'
import type { Runner } from './runner.ts'

/** The server process, with a promise of its end. */
export interface Child {
  readonly pid: number
  readonly exited: Promise<void>
  stop(): Promise<void>
}

const SERVER_LOG = 'server.log'
const LOG_BYTES = 5_000_000
const LOG_LOOK_MS = 60_000
const START_MS = 30_000
/** Recovery after a crash reads at most max_wal_size, which takes minutes on a slow disk. */
const RECOVERY_MS = 600_000
const STOP_MS = 15_000

/** Starts the server on the cluster in `home`; resolves once it takes connections. Throws EMBEDDED_START_FAILED with the server's output. */
export async function serve(
  home: string,
  binaries: Binaries,
  runner: Runner,
  settings: Readonly<Record<string, string>>
): Promise<Child> {
  const [data, log] = [join(home, 'data'), join(home, SERVER_LOG)]
  capLog(log)
  const said = sizeOf(log)
  const words = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const [command = '', ...args] = [...runner.prefix, binaries.postgres, '-D', data, ...words]
  const output = openSync(log, 'a', 0o600)
  // Detached: Ctrl-C in a terminal signals the whole foreground group, and the server must outlast open requests.
  const child = spawn(command, args, {
    ...runner.options,
    env: binaries.env,
    cwd: '/',
    detached: true,
    windowsHide: true,
    stdio: ['ignore', output, output]
  })
  closeSync(output)
  const exited = new Promise<void>(done => {
    child.once('exit', () => done())
    child.once('error', () => done())
  })
  const running = { pid: child.pid ?? 0, exited, stop: () => stop(child, exited, binaries, data) }
  if (!(await ready(child, exited, join(data, 'postmaster.pid')))) {
    await running.stop()
    throw startFailed(log, said, settings.port ?? '')
  }
  const capping = setInterval(() => capLog(log), LOG_LOOK_MS).unref()
  // Covers an exit without stop() where there is no parent-death signal.
  const kill = () => child.kill('SIGINT')
  process.once('exit', kill)
  void exited.then(() => {
    clearInterval(capping)
    process.off('exit', kill)
  })
  return running
}

/** Stops the server on this data by pg_ctl, for systems without signals. */
export function stopByControl({ pgCtl, env }: Binaries, data: string): Promise<void> {
  return new Promise(done => execFile(pgCtl, ['stop', '-D', data, '-m', 'fast', '-w'], { env, windowsHide: true }, () => done()))
}

async function stop(child: ChildProcess, exited: Promise<void>, binaries: Binaries, data: string): Promise<void> {
  if (process.platform === 'win32') await stopByControl(binaries, data)
  child.kill('SIGINT')
  const late = setTimeout(() => child.kill('SIGQUIT'), STOP_MS)
  await exited
  clearTimeout(late)
}

/** Waits for `ready` in the server's pid file; its pid must be the child's, because a killed server leaves such a file too. */
async function ready(child: ChildProcess, exited: Promise<void>, pidFile: string): Promise<boolean> {
  const from = performance.now()
  let ended = false
  void exited.then(() => (ended = true))
  for (; !ended; await wait(10)) {
    const lines = existsSync(pidFile) ? readFileSync(pidFile, 'utf8').split('\n') : []
    const own = Number(lines[0]) === child.pid
    if (own && lines[7]?.trim() === 'ready') return true
    if (performance.now() - from > (own ? RECOVERY_MS : START_MS)) return false
  }
  return false
}

/** Whether the start failed because another process has the port. */
export function isPortTaken(error: unknown): boolean {
  return error instanceof EmbeddedError && error.message.startsWith('port ')
}

function startFailed(log: string, from: number, port: string): EmbeddedError {
  const said = readFileSync(log).subarray(from).toString().trim()
  const fail = (fact: string, remedy: string) => new EmbeddedError('EMBEDDED_START_FAILED', fact, remedy)
  if (/could not bind .*(in use|forbidden)/i.test(said)) {
    return fail(`port ${port} of 127.0.0.1 is taken`, 'set gateways.database.port to another one, or to 0 for a free one')
  }
  const end = said.split('\n').slice(-6).join('\n')
  if (said.includes('incompatible with server')) {
    return fail(end, 'load a dump of that database into a new directory, or install the version that made it')
  }
  return fail(`the server did not start: ${end || 'no output'}`, `the full output is in ${log}`)
}

/** Keeps the log, and one file before it, below a size. The server appends to the open file, so it is emptied in place. */
function capLog(log: string): void {
  if (sizeOf(log) <= LOG_BYTES) return
  try {
    copyFileSync(log, `${log}.old`)
    truncateSync(log)
  } catch {
    // On a full disk the log stays; the next check tries again.
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}
