import { makeLogger } from '../../platform/data/logger.ts'
import { systemClock } from '../../kernel/lifecycle/system-clock.ts'
import { fastify } from 'fastify'
import { Value } from 'typebox/value'
import type { Deployment } from '../../kernel/plugin/deployment.ts'
import type { Gateway, GatewayContext } from '../../kernel/plugin/gateway.ts'
import type { Ports } from '../../kernel/ports/index.ts'

/** A deployment for gateways. */
export const deployment: Deployment = {
  name: 'test',
  environment: 'development',
  timeZone: 'Asia/Kolkata',
  appVersion: 'test',
  frontendUrl: 'http://localhost:4000',
  security: { secretKey: 'care-kernel-development-only', rateLimit: false },
  processes: 1
}

/** Opens a gateway as the kernel does, with what its schema fills in. `lines` gets the log. */
export async function openGateway<P extends keyof Ports>(
  gateway: Gateway,
  settings: object,
  over: Partial<GatewayContext> & { lines?: string[] } = {}
) {
  const { lines, ...context } = over
  const app = fastify({ forceCloseConnections: true })
  const config = Value.Default(gateway.config, structuredClone(settings))
  Value.Assert(gateway.config, config)
  const logger = lines
    ? makeLogger('debug', {}, { destination: { write: line => void lines.push(line) } })
    : makeLogger('silent', {})
  try {
    const port = (await gateway.open(config, {
      app,
      clock: systemClock(),
      logger,
      deployment,
      ports: {},
      ...context
    })) as Ports[P]
    const close = async () => {
      // @fastify/postgres ends the pool with the application, and complains when the port was closed before.
      await app.close().catch(() => undefined)
      await port.close()
    }
    return { port, app, close, findings: async () => (await gateway.doctor?.(port, config)) ?? [] }
  } catch (error) {
    await app.close().catch(() => undefined)
    throw error
  }
}
