import type { Contribution, Role } from '../../kernel/contributions/contribution.ts'
import { httpServer, SERVES } from '../http/contribution.ts'
import { mountJobRoutes } from './admin-routes.ts'
import type { Outcome } from './attempt.ts'
import { events } from './events.ts'
import type { DeclaredJobs } from './handlers.ts'
import { jobs, schedules } from './jobs.ts'
import { meterJobs } from './metrics.ts'
import { makeOutbox, type Outbox } from './outbox.ts'
import { makeNotifier } from './pg-notify.ts'
import { startJobRuntime, type JobRuntime } from './runtime.ts'

const WORKS: readonly Role[] = ['worker', 'all', 'background']
const SCHEDULES: readonly Role[] = ['scheduler', 'all', 'background']
/** A stop leaves this long for what comes after the jobs. */
const REST_SECONDS = 5

interface Work {
  readonly declared: DeclaredJobs
  readonly outbox: Outbox
  observe?: (job: string, outcome: Outcome, seconds: number) => void
}

/** Writes messages for the plugins, runs their handlers and schedules. */
export type JobContribution = Contribution<Work, JobRuntime>

/** `stepped`: messages and schedules move only when `settle` is called, for tests that move the clock. */
export const makeJobRuntime = (stepped: boolean): JobContribution => ({
  name: 'job runtime',
  collect(plugins, { of, root, clock, ports: { database } }) {
    const declared = { plugins, root, jobs: of(jobs), events: of(events), schedules: of(schedules) }
    const written = database && !stepped ? { written: makeNotifier(database) } : {}
    return { declared, outbox: makeOutbox({ events: declared.events, jobs: declared.jobs, clock, ...written }) }
  },
  provide:
    ({ outbox }) =>
    ({ name }) => ({ emit: outbox.emitter(name), enqueue: outbox.enqueuer(name), enqueueAll: outbox.batcher(name) }),
  mount(work, { of, role, clock, ports: { database, queue } }) {
    const { app, registry } = of(httpServer)
    work.observe = meterJobs(registry, { database, queue, clock, declared: work.declared })
    if (SERVES.includes(role) && database && queue) mountJobRoutes(app, { database, clock, declared: work.declared })
  },
  async start({ declared, outbox, observe = () => undefined }, opened, onStop) {
    const { role, root, clock, logger, scopes, ports } = opened
    const { database, queue } = ports
    const duties = { work: WORKS.includes(role), schedule: SCHEDULES.includes(role) }
    if (!database || !queue || (!duties.work && !duties.schedule)) return undefined
    const runtime = startJobRuntime({ declared, database, queue, clock, logger, scopes, outbox, observe, duties, stepped })
    onStop('job runtime', () => runtime.stop(Math.max(1, root.server.stopSeconds - REST_SECONDS) * 1000))
    return runtime
  }
})

export const jobRuntime: JobContribution = makeJobRuntime(false)
