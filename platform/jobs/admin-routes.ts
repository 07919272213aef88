import type { FastifyInstance, FastifyRequest } from 'fastify'
import { bodyOrNothing } from '../http/body.ts'
import { invalid, notFound } from '../http/errors.ts'
import type { Clock } from '../../kernel/ports/clock.ts'
import type { Database } from '../../kernel/ports/database.ts'
import {
  countMessages,
  dropMessages,
  jobStatus,
  listMessages,
  listSchedules,
  retryMessages,
  showMessage,
  STATES
} from './admin.ts'
import type { DeclaredJobs } from './handlers.ts'
import type { State } from './message-store.ts'

interface JobRoutesParts {
  readonly database: Database
  readonly clock: Clock
  readonly declared: Pick<DeclaredJobs, 'schedules' | 'root'>
}

const LIMIT = 1000
type ById = FastifyRequest<{ Params: { id: string } }>

/** Routes for operators to see, retry and drop jobs and to see schedules; for users the status of a job they caused. */
export function mountJobRoutes(app: FastifyInstance, { database, clock, declared: { schedules, root } }: JobRoutesParts): void {
  const operator = { config: { permission: 'operator' }, schema: { hide: true } as object }
  const signedIn = { config: { permission: 'authenticated' }, schema: { hide: true } as object }

  app.get('/api/kernel/jobs/', operator, async request => {
    const { state, job, limit } = request.query as Record<string, string | undefined>
    if (state !== undefined && !STATES.includes(state as State)) throw invalid({ state: [`use one of ${STATES.join(', ')}`] })
    const filter = { state: state as State | undefined, job, limit: Math.min(Number(limit) || 100, LIMIT) }
    const [counts, results] = await Promise.all([countMessages(database), listMessages(database, filter)])
    return { counts, results }
  })
  app.get('/api/kernel/jobs/:id/', operator, async request => found(await showMessage(database, (request as ById).params.id)))
  app.get('/api/kernel/jobs/:id/status/', signedIn, async request => {
    if (!request.actor) throw notFound('Job')
    return found(await jobStatus(database, (request as ById).params.id, request.actor))
  })
  app.post('/api/kernel/jobs/:id/retry/', operator, async request => {
    const retried = await retryMessages(database, { ids: [(request as ById).params.id] })
    if (retried === 0) throw notFound('Job')
    return { retried }
  })
  app.post('/api/kernel/jobs/retry/', operator, async request => ({
    retried: await retryMessages(database, { job: jobOf(request) })
  }))
  app.delete('/api/kernel/jobs/:id/', operator, async (request, reply) => {
    if ((await dropMessages(database, { ids: [(request as ById).params.id] })) === 0) throw notFound('Job')
    return reply.code(204).send()
  })
  app.get('/api/kernel/schedules/', operator, async () => ({
    results: await listSchedules(database, schedules, root.timeZone, clock.now())
  }))
}

function jobOf(request: FastifyRequest): string | undefined {
  const body = bodyOrNothing(request) as { job?: unknown } | undefined
  return typeof body?.job === 'string' ? body.job : undefined
}

function found<T>(row: T | undefined): T {
  if (row === undefined) throw notFound('Job')
  return row
}
