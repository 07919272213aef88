import { availableParallelism } from 'node:os'
import type { RootConfig } from '../config/schema.ts'
import type { Deployment } from '../plugin/deployment.ts'

/** What plugins and gateways may know of the config. */
export function deploymentOf(root: RootConfig): Deployment {
  const { deployment: name, environment, timeZone, appVersion, frontendUrl, security, server } = root
  return Object.freeze({
    name,
    environment,
    timeZone,
    appVersion,
    frontendUrl,
    security: { secretKey: security.secretKey, rateLimit: security.disableRateLimit ? false : security.rateLimit },
    processes: server.processes === 'auto' ? availableParallelism() : server.processes
  })
}
