import type { FastifyInstance } from 'fastify'
import type { Registry } from 'prom-client'
import type { Contribution, Role } from '../../kernel/contributions/contribution.ts'
import { access } from '../access/permissions.ts'
import { mountDocs } from './docs.ts'
import { mountHealth } from './health.ts'
import { meterRequests } from './metrics.ts'
import { mountPages } from './pages.ts'
import { cacheResponses } from './response-cache.ts'
import { mountRoutes, type MountedRoute } from './routes.ts'
import { drainable, makeServer } from './server.ts'

/** The roles in which a process answers requests of clients. */
export const SERVES: readonly Role[] = ['web', 'all']

export interface HttpServer {
  readonly app: FastifyInstance
  readonly registry: Registry
  /** Ends serving without cutting off a request. */
  readonly drain: () => Promise<void>
}

/** The server of the process. Every role has one: for health and metrics. Gateways mount on it what they serve. */
export const httpServer: Contribution<HttpServer> = {
  name: 'http server',
  // Made when it is mounted: a config that is wrong makes no server.
  collect: () => ({}) as HttpServer,
  async mount(server, planning, opened) {
    const { root, role, logger, clock, ports } = planning
    const app = await makeServer(root, logger)
    const drain = drainable(app)
    const registry = meterRequests(app, root.deployment, ports.database)
    Object.assign(server, { app, drain, registry } satisfies HttpServer)
    if (ports.cache) cacheResponses(app, ports.cache, clock)
    if (SERVES.includes(role) && root.server.docs) await mountDocs(app)
    mountHealth(app, planning, opened)
    mountPages(app, planning)
  },
  context: ({ app }) => ({ app }),
  open: ({ app }, opened, onStop) => onStop('server', () => app.close())
}

/** The routes of the plugins. A role that does not serve mounts them where no request arrives: its plan is complete all the same. */
export const routes: Contribution<MountedRoute[]> = {
  name: 'routes',
  collect: () => [],
  async mount(mounted, { of, role, root, logger, plugins, scopes, problems }) {
    const serves = SERVES.includes(role)
    const app = serves ? of(httpServer).app : await makeServer(root, logger)
    mounted.push(...(await mountRoutes(app, { plugins, scopes, permissions: of(access), problems })))
    mounted.sort((a, b) => a.url.localeCompare(b.url) || a.method.localeCompare(b.method))
    if (!serves) await app.close()
  },
  describe: mounted => ({ routes: mounted })
}

/** Last of all: the server takes requests once it listens, and ends them first when the kernel stops. */
export const serving: Contribution = {
  name: 'serving',
  collect: () => undefined,
  async start(_, { of }, onStop) {
    const { app, drain } = of(httpServer)
    onStop('requests', drain)
    await app.ready()
    return undefined
  }
}
