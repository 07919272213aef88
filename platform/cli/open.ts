import type { Role } from '../../kernel/contributions/contribution.ts'
import type { Gateway } from '../../kernel/plugin/gateway.ts'
import type { PortName } from '../../kernel/ports/index.ts'
import { openCare, planCare, type CareKernel, type PlannedCare } from '../care-kernel.ts'
import { makeLogger, Redaction } from '../data/logger.ts'
import { privacy } from '../data/privacy.ts'
import { httpServer } from '../http/contribution.ts'
import type { Cli } from './command.ts'

/** The plan of the command's config. Throws ProblemsError. */
export async function planDeployment({ source, env }: Cli, role: Role = 'all'): Promise<PlannedCare> {
  const { source: own, problems } = source()
  const redaction = new Redaction()
  const logger = makeLogger(env.CARE_DEBUG ? 'debug' : 'warn', {}, { redaction, destination: process.stderr })
  const planned = await planCare(own, { problems, role, logger })
  redaction.add(planned.of(privacy))
  return planned
}

interface OpenOptions {
  /** Limits the gateways: a command about the schema must not wait for a mail server. */
  readonly only?: readonly PortName[]
  readonly role?: Role
  /** Changes what is opened in place of a port's gateway. */
  readonly replace?: (port: PortName, gateway: Gateway) => Gateway
}

/** Opens the deployment for a command, with a log of warnings on standard error. */
export async function openDeployment(
  cli: Cli,
  { only, role, replace = (_, gateway) => gateway }: OpenOptions = {}
): Promise<CareKernel> {
  const planned = await planDeployment(cli, role)
  const gateways = new Map(
    [...planned.gateways]
      .filter(([port]) => only?.includes(port) ?? true)
      .map(([port, chosen]) => [port, { ...chosen, gateway: replace(port, chosen.gateway) }])
  )
  return openCare({ ...planned, gateways })
}

/** Runs `work` on the opened deployment, and stops it whatever happens. */
export async function withDeployment<T>(cli: Cli, options: OpenOptions, work: (kernel: CareKernel) => Promise<T>): Promise<T> {
  const kernel = await openDeployment(cli, options)
  try {
    return await work(kernel)
  } finally {
    await kernel.stop()
  }
}

/** The OpenAPI document of a config, without opening anything. */
export async function openApiOf(cli: Cli): Promise<unknown> {
  const { app } = (await planDeployment(cli, 'web')).of(httpServer)
  await app.ready()
  const document = app.swagger()
  await app.close()
  return document
}
