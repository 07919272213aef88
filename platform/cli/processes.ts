import cluster, { type Worker } from 'node:cluster'
import { setTimeout as wait } from 'node:timers/promises'
import { deploymentOf } from '../../kernel/lifecycle/deployment.ts'
import { openCare, type PlannedCare } from '../care-kernel.ts'
import type { Role } from '../../kernel/contributions/contribution.ts'
import type { Cli } from './command.ts'
import { makeDemo } from './demo.ts'
import { handOverAgain } from './handover.ts'

/** A young generation of 24 MiB instead of 48: 25 MB less per process, and no request slower (measured on the facility list). */
export const HEAP = ['--max-semi-space-size=8']
const RESTART_MS = 250
const RESTART_AT_MOST_MS = 10_000
const LONG_ENOUGH_MS = 30_000

/** What a web process tells the primary once it serves. */
export interface Serving {
  readonly serving?: string
}

/**
 * Runs one web process per core (`processes: auto`) on one port. A process that dies is replaced, ever more slowly when it
 * keeps dying; SIGTERM stops all of them together. The work of `all` that is not web runs in this process.
 */
export async function superviseProcesses({ terminal }: Cli, planned: PlannedCare, role: Role): Promise<number> {
  const { root, logger } = planned
  const { processes } = deploymentOf(root)
  const kernel = role === 'all' ? await openCare(planned, line => terminal.print(`opened    ${line}`)) : undefined
  if (kernel && root.environment === 'development') {
    await kernel.migrate()
    await makeDemo(kernel)
  }
  await kernel?.start()
  let stopping = false
  let failures = 0
  let served = 0

  function fork(): void {
    const worker = cluster.fork()
    handOverAgain(worker)
    const since = performance.now()
    worker.on('message', ({ serving }: Serving) => {
      if (serving !== undefined && ++served === processes) terminal.print(`serving   ${serving}  (${processes} processes)`)
    })
    worker.on('exit', (code, signal) => {
      if (stopping) return
      failures = performance.now() - since > LONG_ENOUGH_MS ? 0 : failures + 1
      logger.error({ pid: worker.process.pid, code, signal }, 'web process died, starting another')
      void wait(Math.min(RESTART_MS * 2 ** failures, RESTART_AT_MOST_MS)).then(() => stopping || fork())
    })
  }
  cluster.setupPrimary({ execArgv: [...process.execArgv, ...HEAP] })
  for (let count = 0; count < processes; count++) fork()

  return new Promise(resolve => {
    const stop = () => {
      if (stopping) process.exit(1)
      stopping = true
      void Promise.all([kernel?.stop(), ...workers().map(worker => ended(worker, root.server.stopSeconds))]).then(() =>
        resolve(0)
      )
    }
    process.on('SIGTERM', stop)
    process.on('SIGINT', stop)
  })
}

function workers(): Worker[] {
  return Object.values(cluster.workers ?? {}).filter(worker => worker !== undefined)
}

async function ended(worker: Worker, seconds: number): Promise<void> {
  const exit = new Promise<void>(resolve => worker.once('exit', () => resolve()))
  worker.process.kill('SIGTERM')
  const late = new AbortController()
  await Promise.race([
    exit,
    wait(seconds * 1000, undefined, { signal: late.signal }).then(
      () => worker.process.kill('SIGKILL'),
      () => undefined
    )
  ])
  late.abort()
}
