import t from 'tap'
import { absent, AMQP, REDIS } from '../services.ts'
import { BACKENDS, backendsOf, FAULTS, runFault, SHORT, skipped, type Backend, type FaultName } from './faults.ts'

const away = { postgres: false, redis: await absent(REDIS), rabbitmq: await absent(AMQP) } as const
const ON_ALL: FaultName = 'workers killed at random'

/** Replacing a broker needs more than one. */
const missingFor = (name: FaultName, backend: Backend) =>
  name === 'broker replaced' ? away.redis || away.rabbitmq : away[backend]

/**
 * Short forms of these faults: the one that concerns every broker on each of them, every other one on one, in turn. All of them on all:
 * `node dist/test/system/faults.js`.
 */
export function playShort(names: readonly FaultName[]): void {
  for (const name of names) {
    const backends = backendsOf(name)
    const turn = Object.keys(FAULTS).indexOf(name) % backends.length
    for (const backend of name === ON_ALL ? BACKENDS : backends.slice(turn, turn + 1))
      t.test(`${name}, ${backend}`, { timeout: 240_000, skip: skipped(name, backend) ?? missingFor(name, backend) }, async t => {
        const { facts, failures, seconds } = await runFault(name, backend, SHORT)
        t.same(failures, [], `${facts} (${seconds} s)`)
      })
  }
}
