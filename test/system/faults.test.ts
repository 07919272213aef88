import t from 'tap'
import { BACKENDS, runFault, SHORT, TESTS } from './faults.ts'

// Every fault once, and the one that concerns brokers most on each of them. All of them on all: `node dist/test/system/faults.js`.
const [first, ...others] = Object.keys(TESTS)
const short = [
  ...BACKENDS.map(backend => [first ?? '', backend] as const),
  ...others.map((test, index) => [test, BACKENDS[index % BACKENDS.length] ?? 'postgres'] as const)
]

for (const [test, backend] of short)
  t.test(`${test}, ${backend}`, { timeout: 240_000 }, async t => {
    const { facts, failures } = await runFault(test, backend, SHORT)
    t.same(failures, [], facts)
  })
