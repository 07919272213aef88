import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'

/** A process of a cluster: its server, or one of the server's workers. */
export interface ClusterProcess {
  readonly pid: number
  readonly server: boolean
  /** The process that started the server, as `identityOf` gives it. */
  readonly launcher: string
}

/** Setting of ours on the server's command line that names its launcher. */
export const LAUNCHER_SETTING = 'care.launcher'

/**
 * A process as text without blanks, `<pid>/<start>`: the start distinguishes a recycled pid, also across boots, and is empty
 * where the system hides it. Undefined when there is no such process, or only its zombie.
 */
export function identityOf(pid: number): string | undefined {
  if (!Number.isInteger(pid) || pid < 1 || !exists(pid)) return undefined
  const { state, start } = process.platform === 'linux' ? statOf(pid) : psOf(pid)
  return state.startsWith('Z') || state.startsWith('X') ? undefined : `${pid}/${start}`
}

/** Whether the process of this identity still runs. */
export function isAlive(identity: string): boolean {
  const [pid = '', start = ''] = identity.split('/')
  const now = identityOf(Number(pid))
  if (now === undefined) return false
  // An unknown start time counts as alive: a refused start is easy to repair, two servers on one directory are not.
  return start === '' || now === `${pid}/` || now === identity
}

/** Every living process of the cluster of this name. */
export function processesOf(cluster: string): ClusterProcess[] {
  const found: ClusterProcess[] = []
  for (const { pid, words } of commands()) {
    const server = words.includes(`cluster_name=${cluster}`)
    if (!server && !words.join(' ').startsWith(`postgres: ${cluster}:`)) continue
    const launcher = words.find(word => word.startsWith(`${LAUNCHER_SETTING}=`))?.slice(LAUNCHER_SETTING.length + 1) ?? ''
    found.push({ pid, server, launcher })
  }
  return found
}

/** Whether a living process works in this folder, as a PostgreSQL server does in its data. */
export function worksIn(pid: number, folder: string): boolean {
  if (identityOf(pid) === undefined) return false
  try {
    const [there, here] = [statSync(`/proc/${pid}/cwd`), statSync(folder)]
    return there.dev === here.dev && there.ino === here.ino
  } catch {
    return commands().some(command => command.pid === pid && command.words.includes(folder))
  }
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function statOf(pid: number): { state: string; start: string } {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name in parentheses may hold anything; state is the first field after it, the start (in ticks since boot) the 20th.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return { state: fields[0] ?? '', start: `${boot}:${fields[19] ?? ''}` }
  } catch {
    return { state: '', start: '' }
  }
}

function psOf(pid: number): { state: string; start: string } {
  const [state = '', ...start] = outputOf('ps', '-o', 'stat=,lstart=', '-p', String(pid)).trim().split(/\s+/)
  return { state, start: start.join('-') }
}

function commands(): { pid: number; words: string[] }[] {
  if (process.platform === 'win32') return []
  if (process.platform !== 'linux') {
    const lines = outputOf('ps', '-axww', '-o', 'pid=,stat=,args=')
      .split('\n')
      .map(line => line.trim().split(/\s+/))
    return lines.filter(([, stat]) => stat && !stat.startsWith('Z')).map(([pid, , ...words]) => ({ pid: Number(pid), words }))
  }
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(name => ({ pid: Number(name), words: wordsOf(name) }))
}

/** Words of a command line; none for a zombie. */
function wordsOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}

function outputOf(command: string, ...args: readonly string[]): string {
  try {
    // Fixed zone and locale, so that launchers can compare the times.
    const env = { ...process.env, TZ: 'UTC', LC_ALL: 'C' }
    return execFileSync(command, args, { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'ignore'] })
  } catch {
    return ''
  }
}
