import type { FastifyInstance } from 'fastify'
import type { RootConfig } from '../kernel/config/schema.ts'
import type { Role } from '../kernel/contributions/contribution.ts'
import { openKernel, type OpenKernel } from '../kernel/lifecycle/kernel.ts'
import type { Source } from '../kernel/lifecycle/load.ts'
import { planKernel, type PlannedKernel } from '../kernel/lifecycle/plan.ts'
import type { Problem } from '../kernel/plugin/problems.ts'
import { VERSION } from '../kernel/plugin/version.ts'
import type { Clock } from '../kernel/ports/clock.ts'
import type { Logger } from '../kernel/ports/logger.ts'
import { contributionsWith } from './contributions.ts'
import { makeLogger, Redaction } from './data/logger.ts'
import { migrate } from './data/migrate.ts'
import { migrations } from './data/migrations.ts'
import { privacy } from './data/privacy.ts'
import { httpServer, routes } from './http/contribution.ts'
import type { MountedRoute } from './http/routes.ts'
import { jobRuntime, makeJobRuntime, type JobContribution } from './jobs/contribution.ts'
import type { JobRuntime } from './jobs/runtime.ts'

export interface CareOptions {
  /** `all` by default. A function where the config decides. */
  readonly role?: Role | ((root: RootConfig) => Role)
  readonly clock?: Clock
  readonly logger?: Logger
  /** Problems of reading the config; reported with the others. */
  readonly problems?: readonly Problem[]
  /** Jobs and schedules move only when `work().settle()` is called: for tests. */
  readonly stepped?: boolean
}

/** A plan of this platform's contributions. */
export interface PlannedCare extends PlannedKernel {
  readonly runtime: JobContribution
}

/** A deployment with its ports open. */
export interface CareKernel extends OpenKernel {
  readonly app: FastifyInstance
  /** What the plugins mounted. */
  readonly routes: readonly MountedRoute[]
  /** Jobs, events and schedules of this process, once it has started and where it has any. */
  work(): JobRuntime | undefined
  /** Brings the schema up. `adopt` takes over a database of the original. */
  migrate(options?: { adopt?: boolean }): Promise<void>
}

/** `planKernel` with everything this platform can contribute. Throws ProblemsError. */
export async function planCare(source: Source, { stepped = false, logger, ...options }: CareOptions = {}): Promise<PlannedCare> {
  const runtime = stepped ? makeJobRuntime(true) : jobRuntime
  const redaction = new Redaction()
  const planned = await planKernel(source, contributionsWith(runtime), {
    ...options,
    logger: root => logger ?? makeLogger(root.log.level, { deployment: root.deployment }, { redaction })
  })
  redaction.add(planned.of(privacy))
  return { ...planned, runtime }
}

/** Opens the gateways of a plan. Throws ProblemsError. */
export async function openCare(planned: PlannedCare, onOpened?: (line: string) => void): Promise<CareKernel> {
  const kernel = await openKernel(planned, onOpened)
  const { database } = kernel.ports
  return {
    ...kernel,
    app: kernel.of(httpServer).app,
    routes: kernel.of(routes),
    work: () => kernel.running(planned.runtime),
    async migrate({ adopt = false } = {}) {
      if (database) await migrate(database.url, kernel.of(migrations), { version: VERSION, adopt })
    }
  }
}
