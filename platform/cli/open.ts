import type { FastifyInstance } from 'fastify'
import { mountDocs } from '../http/docs.ts'
import { makeServer } from '../http/server.ts'
import { openKernel, planKernel, type OpenKernel } from '../../kernel/lifecycle/kernel.ts'
import { makeLogger } from '../../kernel/ports/logger.ts'
import type { PortName } from '../../kernel/ports/index.ts'
import { planRoutes } from '../../kernel/lifecycle/plan.ts'
import type { Cli } from './main.ts'

/** Which ports a command needs; a command about the schema must not wait for a mail server. */
export const GATEWAY_CONTEXT: Readonly<Record<'database', readonly PortName[]>> = { database: ['database'] }

/** Opens the deployment for a command: only warnings are logged, to standard error. `only` limits the ports. */
export async function openDeployment({ source, env }: Cli, only?: readonly PortName[]): Promise<OpenKernel> {
  const { source: own, problems } = source()
  const planned = await planKernel(own, problems)
  const gateways = only
    ? new Map([...planned.composition.gateways].filter(([port]) => only.includes(port)))
    : planned.composition.gateways
  const logger = makeLogger(env.CARE_DEBUG ? 'debug' : 'warn', {}, process.stderr)
  return openKernel({ ...planned, composition: { ...planned.composition, gateways } }, { logger })
}

/** The OpenAPI document of a config, without opening anything. */
export async function openOffline({ source }: Cli): Promise<unknown> {
  const { source: own, problems } = source()
  const { composition } = await planKernel(own, problems)
  const app: FastifyInstance = await makeServer(composition.root, makeLogger('silent', {}))
  await mountDocs(app)
  await planRoutes(composition, [], app)
  await app.ready()
  const document = app.swagger()
  await app.close()
  return document
}
