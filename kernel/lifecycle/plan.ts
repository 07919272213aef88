import type { FastifyInstance } from 'fastify'
import type { Composition } from './compose.ts'
import { eventEngine } from '../../platform/jobs/events.ts'
import { jobEngine, scheduleEngine } from '../../platform/jobs/jobs.ts'
import { migrationEngine } from '../../platform/data/migrations.ts'
import { makeWritePath, modelEngine } from '../../platform/data/models.ts'
import { permissionChecks, permissionEngine } from '../../platform/access/permissions.ts'
import { privacyEngine } from '../../platform/data/privacy.ts'
import { mountRoutes, type MountedRoute } from '../../platform/http/routes.ts'
import type { Problem } from '../plugin/problems.ts'
import { makeServer } from '../../platform/http/server.ts'
import { makeOutbox } from '../../platform/jobs/outbox.ts'
import { systemClock } from '../ports/clock.ts'
import { PORT_NAMES, type Ports } from '../ports/index.ts'
import { makeLogger } from '../ports/logger.ts'
import { buildScopes } from './containers.ts'
import { deploymentOf } from '../plugin/deployment.ts'
import { VERSION } from '../plugin/version.ts'

/** What will exist, as plain data: sorted, stable, without secrets. */
export interface Plan {
  readonly kernel: string
  readonly deployment: string
  readonly environment: string
  readonly plugins: readonly {
    readonly plugin: string
    readonly version: string
    readonly summary: string
    readonly requires: readonly string[]
  }[]
  readonly gateways: readonly { readonly port: string; readonly gateway: string }[]
  readonly routes: readonly MountedRoute[]
  readonly tables: unknown
  readonly personalColumns: unknown
  readonly permissions: unknown
  readonly jobs: unknown
  readonly schedules: unknown
  readonly events: unknown
  readonly migrations: unknown
}

/** Completes the fold with the routes, mounted on a throw-away server whose ports are closed, and tells everything. */
export async function makePlan(composition: Composition, problems: Problem[]): Promise<Plan> {
  const { root, plugins, gateways } = composition
  const routes = await planRoutes(composition, problems)
  return {
    kernel: VERSION,
    deployment: root.deployment,
    environment: root.environment,
    plugins: plugins.map(({ name, plugin }) => ({
      plugin: name,
      version: plugin.version,
      summary: plugin.summary,
      requires: (plugin.requires ?? []).map(contract => contract.name).sort()
    })),
    gateways: [...gateways]
      .map(([port, { gateway }]) => ({ port, gateway: gateway.name }))
      .sort((a, b) => a.port.localeCompare(b.port)),
    routes: [...routes].sort((a, b) => a.url.localeCompare(b.url) || a.method.localeCompare(b.method)),
    tables: modelEngine.describe(composition.models),
    personalColumns: privacyEngine.describe(composition.privacy),
    permissions: permissionEngine.describe(composition.permissions),
    jobs: jobEngine.describe(composition.jobs),
    schedules: scheduleEngine.describe(composition.schedules),
    events: eventEngine.describe(composition.events),
    migrations: migrationEngine.describe(composition.migrations)
  }
}

/** Mounts the routes with every port closed, on a throw-away server unless one is given. */
export async function planRoutes(
  composition: Composition,
  problems: Problem[],
  given?: FastifyInstance
): Promise<readonly MountedRoute[]> {
  const { plugins, permissions, events, jobs, root } = composition
  const logger = makeLogger('silent', {})
  const ports = Object.fromEntries(PORT_NAMES.map(name => [name, closed(name)])) as unknown as Ports
  const common = {
    clock: systemClock(),
    logger,
    deployment: deploymentOf(root),
    permissions: permissionChecks(permissions),
    columns: composition.privacy,
    model: () => closed('model'),
    ...makeWritePath(composition.models, systemClock()),
    outbox: makeOutbox({ events, jobs, clock: systemClock() })
  }
  const scopes = buildScopes(plugins, ports, common, events, problems)
  const app = given ?? (await makeServer(root, logger))
  try {
    return await mountRoutes(app, { plugins, scopes, permissions, problems })
  } finally {
    if (!given) await app.close()
  }
}

/** A port that is not open yet: may be passed around and its properties written into a text, throws when it is used. */
function closed(name: string): object {
  return new Proxy(() => undefined, {
    get(_, key) {
      if (key === Symbol.toPrimitive) return () => name
      return key === 'then' || typeof key === 'symbol' ? undefined : closed(`${name}.${key}`)
    },
    apply: () => {
      throw new Error(`${name} is not open while the plan is made: constructors and routes() do no work`)
    }
  })
}
