import cluster, { type Worker } from 'node:cluster'
import { setTimeout as wait } from 'node:timers/promises'
import { messageOf, ProblemsError, type Problem } from '../../kernel/plugin/problems.ts'
import type { Logger } from '../../kernel/ports/logger.ts'
import { redispatchConnections } from './handover.ts'
import { runUntilStopped, type Starting } from './run-until-stopped.ts'

/** A young generation of 24 MiB instead of 48: 25 MB less per process, and no request slower (measured on the facility list). */
export const HEAP = ['--max-semi-space-size=8']
const RESTART_MS = 250
const RESTART_AT_MOST_MS = 10_000
const LONG_ENOUGH_MS = 30_000
const LAST_REPORT_MS = 50

/**
 * Processes of this machine that serve one port: for a machine without an orchestrator, where a container per process would need a proxy in
 * front. A process that is killed costs the requests it has accepted (21 of 124,000 in six kills) and none that it has not.
 */
export interface WebProcesses {
  /** The address, once `count` processes have served; rejects with their problems where all of the first ones failed, and with `stop`. */
  readonly serving: Promise<string>
  /** SIGTERM to each, SIGKILL to those that take longer than `seconds`. */
  stop(seconds: number): Promise<void>
}

/** What a web process reports to its primary. */
type Report = { readonly serving: string } | { readonly failed: Failure }

interface Failure {
  readonly message: string
  readonly problems: readonly Problem[]
}

/**
 * Forks `count` processes with the command line of this one. A process that ends is replaced, with a back-off while they end early.
 * Before the first one serves, none is replaced: a deployment that cannot start must end, so that its supervisor takes notice.
 */
export function startWebProcesses(count: number, logger: Logger, stop: AbortSignal): WebProcesses {
  const exits = new Map<Worker, Promise<string>>()
  const failures: Failure[] = []
  const stopped = new AbortController()
  let served = 0
  let restarts = 0

  cluster.setupPrimary({ execArgv: [...process.execArgv, ...HEAP] })
  process.once('exit', kill)
  const serving = new Promise<string>((resolve, reject) => {
    for (let index = 0; index < count; index++) fork()
    stop.addEventListener('abort', () => reject(stop.reason as Error))

    function fork(): void {
      const worker = cluster.fork()
      const since = performance.now()
      let failure: Failure | undefined
      redispatchConnections(worker)
      // A write to a process that has just died; its exit is handled below.
      worker.on('error', () => undefined)
      worker.on('message', (report: Report) => {
        if ('failed' in report) failure = report.failed
        else if (++served === count) resolve(report.serving)
        if (served > 0) failures.splice(0).forEach(replace)
      })
      const exit = new Promise<string>(done => worker.once('exit', (code, signal) => done(signal || `exit code ${code}`)))
      exits.set(worker, exit)
      void exit.then(async cause => {
        // Its report may arrive after the exit; the end of the channel is not reported for each process that was killed.
        await wait(LAST_REPORT_MS)
        exits.delete(worker)
        if (stopped.signal.aborted) return
        restarts = performance.now() - since > LONG_ENOUGH_MS ? 0 : restarts + 1
        failure ??= { message: `a web process ended with ${cause}`, problems: [] }
        if (served > 0) replace(failure)
        else if (failures.push(failure) === count) reject(startError(failures))
      })
    }

    function replace({ message, problems }: Failure): void {
      const ms = Math.min(RESTART_MS * 2 ** restarts, RESTART_AT_MOST_MS)
      const facts = problems.map(({ code, owner, fact }) => `${code} ${owner}: ${fact}`)
      logger.error({ reason: facts.join('; ') || message, ms }, 'web process ended, starting another')
      wait(ms, undefined, { signal: stopped.signal }).then(fork, () => undefined)
    }
  })

  function kill(): void {
    for (const worker of exits.keys()) worker.process.kill('SIGKILL')
  }

  return {
    serving,
    async stop(seconds) {
      stopped.abort()
      for (const worker of exits.keys()) worker.process.kill('SIGTERM')
      const late = setTimeout(kill, seconds * 1000)
      await Promise.all(exits.values())
      clearTimeout(late)
    }
  }
}

/** Whether `startWebProcesses` of another process has forked this one. */
export const isWebProcess = cluster.isWorker

/** Runs this web process until its primary stops it or is gone; the exit code. `start` resolves with the address. */
export async function runWebProcess(start: (starting: Starting) => Promise<string>): Promise<number> {
  const { worker } = cluster
  if (!worker) throw new Error('this process has no primary')
  const report = (text: Report) => worker.isConnected() && worker.send(text, undefined, () => undefined)
  const stop = new AbortController()
  // Without this mark Node ends the process at once when its primary is gone, in the middle of requests.
  worker.exitedAfterDisconnect = true
  worker.once('disconnect', () => stop.abort())
  try {
    await runUntilStopped(async starting => void report({ serving: await start(starting) }), {
      stop,
      // A signal to the whole process group comes before the primary's own; the primary kills what takes too long.
      onSecondSignal: () => undefined
    })
    return 0
  } catch (error) {
    report({ failed: failureOf(error) })
    return 1
  } finally {
    // An open channel keeps the process alive.
    worker.disconnect()
  }
}

function failureOf(error: unknown): Failure {
  const problems = error instanceof ProblemsError ? error.problems : []
  return { message: messageOf(error), problems: problems.map(({ code, owner, fact, remedy }) => ({ code, owner, fact, remedy })) }
}

/** The problems of several processes, each once. */
function startError(failures: readonly Failure[]): Error {
  const problems = new Map(failures.flatMap(failure => failure.problems).map(problem => [JSON.stringify(problem), problem]))
  if (problems.size > 0) return new ProblemsError('Cannot start', [...problems.values()])
  return new Error([...new Set(failures.map(({ message }) => message))].join('; '))
}
