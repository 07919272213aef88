import type { FastifyInstance } from 'fastify'
import { compose, type Composition, type Source } from './compose.ts'
import { deploymentOf } from '../plugin/deployment.ts'
import { attachModels, makeWritePath } from '../../platform/data/models.ts'
import { permissionChecks } from '../../platform/access/permissions.ts'
import { mountRoutes } from '../../platform/http/routes.ts'
import { messageOf, refuse, type Problem } from '../plugin/problems.ts'
import { mountDocs } from '../../platform/http/docs.ts'
import { drainable } from '../../platform/http/drain.ts'
import { mountHealth } from '../../platform/http/health.ts'
import { meterRequests } from '../../platform/http/metrics.ts'
import { mountPages } from '../../platform/http/pages.ts'
import { cacheResponses } from '../../platform/http/response-cache.ts'
import { makeServer } from '../../platform/http/server.ts'
import { migrate, migrationState, stateProblems } from '../../platform/data/migrate.ts'
import { makePlan, type Plan } from './plan.ts'
import type { LooseScope } from '../plugin/plugin.ts'
import { systemClock, type Clock } from '../ports/clock.ts'
import type { Ports } from '../ports/index.ts'
import { makeLogger, type Logger } from '../ports/logger.ts'
import { buildScopes } from './containers.ts'
import { inTime, openPorts, type Started } from './open-gateways.ts'
import { VERSION } from '../plugin/version.ts'
import { makeOutbox } from '../../platform/jobs/outbox.ts'
import { mountJobRoutes } from '../../platform/jobs/admin-routes.ts'
import { makeNotifier } from '../../platform/jobs/pg-notify.ts'
import { startJobRuntime, type JobRuntime } from '../../platform/jobs/runtime.ts'

/** What a process does. `background` is all that is not web: beside web processes on the same machine. */
export type Role = 'web' | 'worker' | 'scheduler' | 'all' | 'background'

const SERVES: readonly Role[] = ['web', 'all']
const WORKS: readonly Role[] = ['worker', 'all', 'background']
const SCHEDULES: readonly Role[] = ['scheduler', 'all', 'background']

export interface KernelOptions {
  readonly clock?: Clock
  readonly logger?: Logger
  /** Called once per thing that was opened, for the person who started it. */
  readonly onOpened?: (line: string) => void
  /** Jobs and schedules move only when `work().settle()` is called: for tests. */
  readonly stepped?: boolean
}

/** A deployment with its ports open and its plugins built, not yet serving. */
export interface OpenKernel {
  readonly composition: Composition
  readonly plan: Plan
  readonly app: FastifyInstance
  readonly ports: Partial<Ports>
  readonly scopes: ReadonlyMap<string, LooseScope>
  readonly logger: Logger
  readonly clock: Clock
  /** Jobs, events and schedules of this process, once it has started and where it has any. */
  work(): JobRuntime | undefined
  /** Checks the schema, starts the plugins, mounts what the role serves; `listen` is left to the caller. Throws ProblemsError. */
  start(role: Role): Promise<void>
  /** Brings the schema up. */
  migrate(options?: { adopt?: boolean }): Promise<void>
  /** Stops what was started in reverse order, then closes the ports. Every step has a deadline; safe to call twice. */
  stop(): Promise<void>
}

/** Without its files there is no config to find anything else in. */
const UNREADABLE = new Set(['CONFIG_NOT_FOUND', 'CONFIG_UNREADABLE'])

/** load → order → configure → plan. Throws ProblemsError with everything that is wrong. Touches no network. */
export async function planKernel(source: Source, earlier: Problem[] = []): Promise<{ composition: Composition; plan: Plan }> {
  const problems = [...earlier]
  if (problems.some(({ code }) => UNREADABLE.has(code))) refuse('Cannot start', problems)
  const composition = await compose(source, problems)
  refuse('Cannot start', problems)
  const plan = await makePlan(composition, problems)
  refuse('Cannot start', problems)
  return { composition, plan }
}

/** Opens the gateways somebody needs, side by side, and builds the plugins on them. Throws ProblemsError. */
export async function openKernel(
  planned: { composition: Composition; plan: Plan },
  options: KernelOptions = {}
): Promise<OpenKernel> {
  const { composition, plan } = planned
  const { root, plugins, events, jobs } = composition
  const clock = options.clock ?? systemClock()
  const logger = options.logger ?? makeLogger(root.log.level, { deployment: root.deployment })
  const deployment = deploymentOf(root)
  const app = await makeServer(root, logger)
  const drain = drainable(app)
  const started: Started[] = []
  const ports = await openPorts(composition, { app, clock, logger, deployment }, started, options.onOpened)

  const problems: Problem[] = []
  const writePath = makeWritePath(composition.models, clock)
  const model = ports.database
    ? attachModels(composition.models, ports.database.sequelize, writePath.writes)
    : () => {
        throw new Error('no database is open')
      }
  const common = {
    clock,
    logger,
    deployment,
    permissions: permissionChecks(composition.permissions),
    columns: composition.privacy,
    model: model as (definition: never) => unknown,
    ...writePath,
    outbox: makeOutbox({
      events,
      jobs,
      clock,
      ...(ports.database && !options.stepped ? { written: makeNotifier(ports.database) } : {})
    })
  }
  const scopes = buildScopes(plugins, ports, common, events, problems)
  let stopping: Promise<void> | undefined
  let work: JobRuntime | undefined
  const kernel: OpenKernel = {
    composition,
    plan,
    app,
    ports,
    scopes,
    logger,
    clock,
    work: () => work,
    start,
    migrate: bringUp,
    stop: () => (stopping ??= stop())
  }
  if (problems.length > 0) {
    await kernel.stop()
    refuse('Cannot start', problems)
  }
  return kernel

  async function bringUp({ adopt = false } = {}): Promise<void> {
    if (ports.database) await migrate(ports.database.url, composition.migrations, { version: VERSION, adopt })
  }

  async function start(role: Role): Promise<void> {
    const found: Problem[] = ports.database ? stateProblems(await migrationState(ports.database.url, composition.migrations)) : []
    refuse('Cannot start', found)
    const observe = meterRequests(app, kernel)
    if (ports.cache) cacheResponses(app, ports.cache, clock)
    const serves = SERVES.includes(role)
    const { database, queue } = ports
    if (serves && root.server.docs) await mountDocs(app)
    mountHealth(app, kernel)
    mountPages(app, kernel)
    if (serves) await mountRoutes(app, { plugins, scopes, permissions: composition.permissions, problems: found })
    if (serves && database && queue) mountJobRoutes(app, { database, clock, composition })
    refuse('Cannot start', found)
    for (const { name, plugin } of plugins) {
      if (plugin.start) await inTime(plugin.start(scopes.get(name) ?? {}), 30, name)
      const { stop } = plugin
      if (stop) started.push({ name, stop: () => stop(scopes.get(name) ?? {}) })
    }
    const duties = { work: WORKS.includes(role), schedule: SCHEDULES.includes(role) }
    if (database && queue && (duties.work || duties.schedule)) {
      const { outbox } = common
      work = startJobRuntime({ ...kernel, database, queue, outbox, observe, duties, stepped: options.stepped ?? false })
      const { stop } = work
      started.push({ name: 'work', stop: () => stop(Math.max(1, root.server.stopSeconds - 5) * 1000) })
    }
    await app.ready()
  }

  async function stop(): Promise<void> {
    const deadline = root.server.stopSeconds
    const attempt = (name: string, work: Promise<unknown>) =>
      inTime(work, deadline, name).catch(error =>
        logger.error({ code: 'PLUGIN_STOP_FAILED', owner: name, reason: messageOf(error) }, 'not stopped cleanly')
      )
    // Requests and jobs end first, ports close last.
    await attempt('server', drain())
    const opened = started.filter(({ name }) => name.startsWith('port '))
    for (const { name, stop } of started.filter(entry => !opened.includes(entry)).reverse()) await attempt(name, stop())
    await attempt('server', app.close())
    for (const { name, stop } of opened.reverse()) await attempt(name, stop())
  }
}
