// One process of a deployment, without a server: boots fast, so that it can be killed often. Arguments: role, config file, and for
// the role `writer` how many jobs to write before it kills itself.
import { readConfig } from '../../kernel/config/read.ts'
import { openKernel, planKernel, type Role, type Tx } from '../../kernel/index.ts'

const [role = 'worker', file = '', first = '0'] = process.argv.slice(2)
const kernel = await openKernel(await planKernel({ raw: readConfig(file, process.env, []) }))
if (role === 'writer') {
  const { enqueue } = kernel.scopes.get('fault') as unknown as {
    enqueue: (tx: Tx, job: string, payload: object) => Promise<string>
  }
  await kernel.ports.database?.transaction(async tx => void (await enqueue(tx, 'work', { n: Number(first) })))
  process.kill(process.pid, 'SIGKILL')
}
await kernel.start(role as Role)
process.on('SIGTERM', () => void kernel.stop().then(() => process.exit(0)))
process.stdout.write('ready\n')
