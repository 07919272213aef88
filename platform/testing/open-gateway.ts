import { fastify, type FastifyInstance } from 'fastify'
import { checkValues } from '../../kernel/config/check.ts'
import { systemClock } from '../../kernel/lifecycle/system-clock.ts'
import type { Deployment } from '../../kernel/plugin/deployment.ts'
import type { Finding, Gateway, GatewayContext } from '../../kernel/plugin/gateway.ts'
import { refuse, type Problem } from '../../kernel/plugin/problems.ts'
import type { PortName, Ports } from '../../kernel/ports/index.ts'
import { makeLogger } from '../data/logger.ts'

/** A development deployment of one process. */
export const testDeployment: Deployment = {
  name: 'test',
  environment: 'development',
  timeZone: 'Asia/Kolkata',
  appVersion: 'test',
  frontendUrl: 'http://localhost:4000',
  security: { secretKey: 'care-kernel-development-only', rateLimit: false },
  processes: 1
}

/** A gateway that is open outside of a deployment. */
export interface OpenedGateway<P extends PortName> {
  readonly port: Ports[P]
  /** Has the routes of a gateway that serves something. */
  readonly app: FastifyInstance
  /** Closes the port and the application. */
  close(): Promise<void>
  /** What `doctor` of the gateway reports. */
  findings(): Promise<readonly Finding[]>
}

/**
 * Opens a gateway as the host does: `settings` are checked and completed by its schema. `over` replaces parts of the context, such as the
 * clock; `lines` collects its log. Throws ProblemsError for settings that the schema refuses, and whatever `open` throws.
 */
export async function openGateway<P extends PortName>(
  gateway: Gateway,
  settings: object,
  over: Partial<GatewayContext> & { readonly lines?: string[] } = {}
): Promise<OpenedGateway<P>> {
  const { lines, ...context } = over
  const problems: Problem[] = []
  const config = checkValues(gateway.config, structuredClone(settings), gateway.name, problems)
  refuse(`Cannot open ${gateway.name}`, problems)
  const app = fastify({ forceCloseConnections: true })
  const logger = lines
    ? makeLogger('debug', {}, { destination: { write: line => void lines.push(line) } })
    : makeLogger('silent', {})
  try {
    const opened = await gateway.open(config, {
      app,
      clock: systemClock(),
      logger,
      deployment: testDeployment,
      ports: {},
      ...context
    })
    const port = opened as Ports[P]
    return {
      port,
      app,
      async close() {
        // @fastify/postgres ends the pool with the application, and complains when the port was closed before.
        await app.close().catch(() => undefined)
        await port.close()
      },
      findings: async () => (await gateway.doctor?.(port, config)) ?? []
    }
  } catch (error) {
    await app.close().catch(() => undefined)
    throw error
  }
}
