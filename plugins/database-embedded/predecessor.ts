import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Binaries } from './binaries.ts'
import { inUse } from './lock.ts'
import { isAlive, processesOf, worksIn } from './processes.ts'
import { stopByControl } from './server.ts'

const FAST_MS = 15_000
const WHOLE_MS = 25_000

/**
 * Stops a server that outlived its launcher and removes the stale files of a killed one. Throws EMBEDDED_IN_USE for a server whose launcher
 * is alive or that was started otherwise.
 */
export async function endPredecessor(
  data: string,
  cluster: string,
  binaries: Binaries,
  log: (fact: string) => void
): Promise<void> {
  const pidFile = join(data, 'postmaster.pid')
  if (process.platform === 'win32') return existsSync(pidFile) ? stopByControl(binaries, data) : undefined
  let signal: NodeJS.Signals = 'SIGINT'
  const from = performance.now()
  for (let signalled = false; ; await wait(25)) {
    const left = processesOf(cluster)
    if (left.length === 0) break
    const spent = performance.now() - from
    const [first] = left
    if (first && spent > WHOLE_MS) throw inUse(`the server of an earlier run still ends on ${data}`, first.pid)
    const hurry = signal === 'SIGINT' && spent > FAST_MS
    if (hurry) signal = 'SIGQUIT'
    for (const server of left.filter(({ server }) => server)) {
      if (isAlive(server.launcher))
        throw inUse(`process ${server.launcher.split('/')[0] ?? ''} runs a server on ${data}`, server.pid)
      if (!signalled) log(`the server of an earlier run (process ${server.pid}) outlived its launcher and is stopped`)
      if (!signalled || hurry) end(server.pid, data, signal)
    }
    signalled = true
  }
  if (!existsSync(pidFile)) return
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n', 1)[0])
  if (worksIn(pid, data)) throw inUse(`another PostgreSQL server runs on ${data}`, pid)
  // PostgreSQL would refuse its own stale file when its pid is a zombie or belongs to another process now.
  rmSync(pidFile, { force: true })
  log('the earlier run did not end in order: recovering')
}

function end(pid: number, data: string, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EPERM') throw inUse(`another user's server runs on ${data}`, pid)
  }
}
