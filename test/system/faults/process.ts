// One process of a deployment, without a server: boots fast, so that it can be killed often. Arguments: role, config file, and a number:
// for the role `writer` that of the job after whose commit it kills itself, for `rollbacks` how many transactions it rolls back.
import { readConfig } from '../../../kernel/config/read.ts'
import type { Clock, Role, Tx } from 'care-kernel'
import { openCare, planCare, systemClock } from 'care-kernel/platform'

type Enqueue = (tx: Tx, job: string, payload: object) => Promise<string>

const AHEAD_MS = 120_000
const [role = 'worker', file = '', number = '0'] = process.argv.slice(2)

const system = systemClock()
let ahead = 0
const clock: Clock = { ...system, now: () => new Date(system.now().getTime() + ahead) }
process.on('SIGUSR2', () => {
  ahead = ahead === 0 ? AHEAD_MS : 0
})

const runs = role === 'writer' || role === 'rollbacks' ? 'worker' : (role as Role)
const kernel = await openCare(await planCare({ raw: readConfig(file, process.env, []) }, { clock, role: runs }))
const { database } = kernel.ports
const { enqueue } = kernel.scopes.get('fault') as unknown as { enqueue: Enqueue }
if (role === 'writer') {
  await database?.transaction(tx => enqueue(tx, 'work', { n: Number(number) }))
  process.kill(process.pid, 'SIGKILL')
} else if (role === 'rollbacks') {
  const back = new Error('rolled back')
  for (let n = 0; n < Number(number); n++)
    await database
      ?.transaction(async tx => {
        await enqueue(tx, 'work', { n })
        throw back
      })
      .catch((error: unknown) => {
        if (error !== back) throw error
      })
  await kernel.stop()
  process.exit(0)
}
await kernel.start()
process.on('SIGTERM', () => void kernel.stop().then(() => process.exit(0)))
process.stdout.write('ready\n')
