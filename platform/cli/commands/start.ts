import cluster from 'node:cluster'
import { Option } from 'commander'
import type { Role } from '../../../kernel/contributions/contribution.ts'
import { openCare, planCare, type CareKernel, type PlannedCare } from '../../care-kernel.ts'
import { messageOf, ProblemsError } from '../../../kernel/plugin/problems.ts'
import { makeDemo } from '../demo.ts'
import { superviseProcesses, type Serving } from '../processes.ts'
import type { Cli, CliCommand } from '../command.ts'

/** Plans, opens and serves until a signal stops it. */
export const startCommand: CliCommand = {
  name: 'start',
  summary: 'run this deployment',
  usage: command =>
    command.addOption(
      new Option('--role <role>', 'what this process does').choices(['web', 'worker', 'scheduler', 'all']).default('all')
    ),
  async run(cli, args, options) {
    const role = options.role as Role
    const { source, problems } = cli.source()
    const supervises = (processes: number | 'auto') =>
      cluster.isPrimary && processes !== 1 && role !== 'worker' && role !== 'scheduler'
    const planned = await planCare(source, {
      problems,
      role: ({ server }) => (!cluster.isPrimary ? 'web' : supervises(server.processes) ? 'background' : role)
    })
    if (supervises(planned.root.server.processes)) return superviseProcesses(cli, planned, role)
    return serve(cli, planned)
  }
}

/** Serves in this process; resolves with the exit code once it has stopped. */
export async function serve(cli: Cli, planned: PlannedCare): Promise<number> {
  const { terminal } = cli
  const quiet = !cluster.isPrimary
  const kernel = await openCare(planned, line => {
    if (!quiet) terminal.print(`opened    ${line}`)
  })
  const stopped = stopOnSignal(kernel)
  try {
    const { root, role } = planned
    if (root.environment === 'development') await kernel.migrate()
    const welcome = root.environment === 'development' && !quiet ? await makeDemo(kernel) : []
    await kernel.start()
    const address = await listen(kernel)
    if (!quiet) for (const line of [`serving   ${address}  (${role})`, ...welcome]) terminal.print(line)
    process.send?.({ serving: address } satisfies Serving)
  } catch (error) {
    await kernel.stop()
    throw error
  }
  const code = await stopped
  // The channel to the primary would keep this process alive.
  process.disconnect?.()
  return code
}

async function listen({ app, root }: CareKernel): Promise<string> {
  const { host, port } = root.server
  try {
    await app.listen({ host, port })
  } catch (cause) {
    throw new ProblemsError('Cannot start', [
      {
        code: 'LISTEN_FAILED',
        owner: 'server',
        fact: `${host}:${port}: ${messageOf(cause)}`,
        remedy: 'free the port, or set server.port (PORT)',
        cause
      }
    ])
  }
  const bound = app.server.address()
  return `http://${host === '0.0.0.0' || host === '::' ? 'localhost' : host}:${typeof bound === 'object' && bound ? bound.port : port}/`
}

/** A first SIGTERM or SIGINT stops in order, a second one ends at once; a primary that is gone stops its processes too. */
function stopOnSignal(kernel: CareKernel): Promise<number> {
  return new Promise(resolve => {
    let asked = false
    const stop = () => {
      asked = true
      void kernel.stop().then(() => resolve(0))
    }
    const signalled = () => (asked ? process.exit(1) : stop())
    process.on('SIGTERM', signalled)
    process.on('SIGINT', signalled)
    if (!cluster.isPrimary) process.once('disconnect', () => asked || stop())
  })
}
