import t from 'tap'
import { BACKENDS, backendsOf, FAULTS, runFault, SHORT, skipped, type FaultName } from './faults.ts'

// Every fault once, and the two that concern brokers most on each of them. All of them on all: `node dist/test/system/faults.js`.
const ON_ALL: readonly FaultName[] = ['workers killed at random', 'broker killed']
const short = (Object.keys(FAULTS) as FaultName[]).flatMap((name, index) => {
  const backends = backendsOf(name)
  return (ON_ALL.includes(name) ? BACKENDS : backends.slice(index % backends.length).slice(0, 1)).map(
    backend => [name, backend] as const
  )
})

for (const [name, backend] of short)
  t.test(`${name}, ${backend}`, { timeout: 240_000, skip: skipped(name, backend) ?? false }, async t => {
    const { facts, failures, seconds } = await runFault(name, backend, SHORT)
    t.same(failures, [], `${facts} (${seconds} s)`)
  })
