// Faults of real processes: `node dist/test/system/faults.js [--long] [words…]` prints a table; faults.test.ts runs the short form.
import { pathToFileURL } from 'node:url'
import { brokerAway, brokerKilled, brokerReplaced } from './faults/broker.ts'
import { missing } from './faults/brokers.ts'
import { killedMigrators } from './faults/migrators.ts'
import { crashBeforePublication, schedulers, stopUnderLoad } from './faults/processes.ts'
import { BACKENDS, type Backend, type Outcome, type Sizes, type Test } from './faults/site.ts'
import { frozenWorker, killedWorkers } from './faults/workers.ts'

export { BACKENDS, type Backend } from './faults/site.ts'

export const SHORT: Sizes = {
  jobs: 400,
  workers: 4,
  killEveryMs: 500,
  brokerKills: 1,
  outageSeconds: 3,
  writesPerSecond: 60,
  rollbacks: 100,
  crashes: 2,
  ticks: 8,
  freezeSeconds: 4,
  loadSeconds: 3,
  rounds: 1
}
export const LONG: Sizes = {
  jobs: 10_000,
  workers: 4,
  killEveryMs: 250,
  brokerKills: 5,
  outageSeconds: 60,
  writesPerSecond: 200,
  rollbacks: 1000,
  crashes: 200,
  ticks: 60,
  freezeSeconds: 30,
  loadSeconds: 15,
  rounds: 20
}

interface Fault {
  readonly run: Test
  /** Every backend unless told. */
  readonly backends?: readonly Backend[]
  /** Needs a broker of its own. */
  readonly kills?: boolean
}

export const FAULTS = {
  'workers killed at random': { run: killedWorkers },
  'broker killed': { run: brokerKilled, kills: true },
  'broker away': { run: brokerAway },
  'broker replaced': { run: brokerReplaced },
  'crash between commit and publication': { run: crashBeforePublication },
  'schedulers killed and frozen': { run: schedulers },
  'worker frozen': { run: frozenWorker },
  'stop under load': { run: stopUnderLoad },
  'migrators killed': { run: killedMigrators, backends: ['postgres'] }
} as const satisfies Readonly<Record<string, Fault>>

export type FaultName = keyof typeof FAULTS

export const backendsOf = (name: FaultName): readonly Backend[] => (FAULTS[name] as Fault).backends ?? BACKENDS

/** Why a test cannot be run here, where that is so. */
export function skipped(name: FaultName, backend: Backend): string | undefined {
  return (FAULTS[name] as Fault).kills ? missing[backend] : undefined
}

/** Runs one test on one backend. */
export async function runFault(name: FaultName, backend: Backend, sizes: Sizes): Promise<Outcome & { seconds: number }> {
  const from = performance.now()
  const outcome = await FAULTS[name].run(backend, sizes)
  return { ...outcome, seconds: Math.round((performance.now() - from) / 1000) }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const options = process.argv.slice(2)
  const sizes = options.includes('--long') ? LONG : SHORT
  const asked = options.filter(option => !option.startsWith('--'))
  let failed = false
  const line = (mark: string, name: string, backend: Backend, seconds: number, text: string) =>
    console.log(`${mark.padEnd(5)} ${name.padEnd(38)} ${backend.padEnd(9)} ${String(seconds).padStart(4)} s  ${text}`)
  for (const name of Object.keys(FAULTS) as FaultName[])
    for (const backend of backendsOf(name)) {
      if (asked.length > 0 && !asked.every(word => `${name} ${backend}`.includes(word))) continue
      const reason = skipped(name, backend)
      if (reason !== undefined) {
        line('skip', name, backend, 0, reason)
        continue
      }
      const { facts, failures, seconds } = await runFault(name, backend, sizes)
      failed ||= failures.length > 0
      line(failures.length > 0 ? 'FAIL' : 'ok', name, backend, seconds, [facts, ...failures].join('; '))
    }
  process.exit(failed ? 1 : 0)
}
