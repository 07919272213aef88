import { Option } from 'commander'
import type { Role } from '../../../kernel/contributions/contribution.ts'
import { deploymentOf } from '../../../kernel/lifecycle/deployment.ts'
import { messageOf, ProblemsError } from '../../../kernel/plugin/problems.ts'
import { openCare, planCare, type CareKernel, type PlannedCare } from '../../care-kernel.ts'
import { makeDemo } from '../demo.ts'
import { isWebProcess, runWebProcess, startWebProcesses } from '../processes.ts'
import { runUntilStopped, type Starting } from '../run-until-stopped.ts'
import type { Cli, CliCommand } from '../command.ts'

type Print = (line: string) => void
type RootConfig = PlannedCare['root']

/** Plans, opens and serves until it is asked to stop. Rejects where the start fails, in whichever process. */
export const startCommand: CliCommand = {
  name: 'start',
  summary: 'run this deployment',
  usage: command =>
    command.addOption(
      new Option('--role <role>', 'what this process does').choices(['web', 'worker', 'scheduler', 'all']).default('all')
    ),
  async run(cli, args, options) {
    if (isWebProcess)
      return runWebProcess(async starting => {
        const { kernel } = await open(await plan(cli, () => 'web'), starting)
        return listen(kernel)
      })
    const role = options.role as Role
    const isSplit = ({ server }: RootConfig) => server.processes !== 1 && (role === 'web' || role === 'all')
    const print = (line: string) => cli.terminal.print(line)
    await runUntilStopped(async starting => {
      const planned = await plan(cli, root => (isSplit(root) ? 'background' : role))
      if (isSplit(planned.root)) await serveInProcesses(planned, role, starting, print)
      else await serve(planned, starting, print)
    })
    return 0
  }
}

function plan(cli: Cli, role: (root: RootConfig) => Role): Promise<PlannedCare> {
  const { source, problems } = cli.source()
  return planCare(source, { problems, role })
}

async function serve(planned: PlannedCare, starting: Starting, print: Print): Promise<void> {
  const { kernel, welcome } = await open(planned, starting, print)
  print(`serving   ${await listen(kernel)}  (${planned.role})`)
  welcome.forEach(print)
}

/** Serves in web processes; this one does what else there is to `all`. */
async function serveInProcesses(planned: PlannedCare, role: Role, starting: Starting, print: Print): Promise<void> {
  const { root, logger } = planned
  const { processes } = deploymentOf(root)
  const opened = role === 'all' ? await open(planned, starting, print) : undefined
  const webs = startWebProcesses(processes, logger, starting.stop)
  starting.onStop(() => webs.stop(root.server.stopSeconds))
  print(`serving   ${await webs.serving}  (${processes} processes)`)
  opened?.welcome.forEach(print)
}

/** Opens the ports, brings up the schema of a development deployment, and starts the plugins; nothing listens yet. */
async function open(
  planned: PlannedCare,
  { stop, onStop }: Starting,
  print?: Print
): Promise<{ kernel: CareKernel; welcome: readonly string[] }> {
  stop.throwIfAborted()
  const kernel = await openCare(planned, line => print?.(`opened    ${line}`))
  onStop(() => kernel.stop())
  const isDevelopment = planned.root.environment === 'development'
  stop.throwIfAborted()
  if (isDevelopment) await kernel.migrate()
  stop.throwIfAborted()
  // Web processes find the one that the primary has made.
  const welcome = isDevelopment && print ? await makeDemo(kernel) : []
  stop.throwIfAborted()
  await kernel.start()
  stop.throwIfAborted()
  return { kernel, welcome }
}

/** The address it listens at. */
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
