import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { Database } from '../../kernel/ports/database.ts'
import { RequestTimes } from './request-times.ts'
import { hookRoute } from './route-hooks.ts'

/** Measures every request by route pattern and plugin, never by address, and answers `/metrics` for Prometheus. */
export function meterRequests(app: FastifyInstance, deployment: string, database: Database | undefined): Registry {
  const registry = new Registry()
  registry.setDefaultLabels({ deployment })
  collectDefaultMetrics({ register: registry })
  const times = new RequestTimes(registry)
  const refused = new Counter({
    name: 'care_refused_total',
    help: 'Requests refused for want of permission or credentials',
    labelNames: ['plugin'],
    registers: [registry]
  })
  if (database) {
    const pool = (name: string, help: string, read: () => number) =>
      new Gauge({
        name,
        help,
        registers: [registry],
        collect() {
          this.set(read())
        }
      })
    pool('care_pool_waiting', 'Requests that wait for a connection', () => database.pool.waitingCount)
    pool('care_pool_connections', 'Open connections of the read pool', () => database.pool.totalCount)
    pool('care_statements_total', 'Statements run', () => database.statements())
  }

  // By route: `request.routeOptions` creates an object per request.
  const note = (options: Pick<RouteOptions, 'url' | 'config'>) => {
    const byMethod = new Map<string, (status: number, seconds: number) => void>()
    return ({ method }: FastifyRequest, { statusCode, elapsedTime }: FastifyReply) => {
      const { url: route, config: { plugin = 'kernel' } = {} } = options
      let series = byMethod.get(method)
      if (!series) byMethod.set(method, (series = times.of({ method, route, plugin })))
      series(statusCode, elapsedTime / 1000)
      if (statusCode === 401 || statusCode === 403) refused.inc({ plugin })
    }
  }
  app.addHook('onRoute', options => {
    const noted = note(options)
    hookRoute(options, {
      onResponse(request, reply, done) {
        noted(request, reply)
        done()
      }
    })
  })
  const unknown = note({ url: 'unknown' })
  app.addHook('onResponse', (request, reply, done) => {
    if (request.is404) unknown(request, reply)
    done()
  })
  app.get('/metrics', { config: { permission: 'public' }, schema: { hide: true } }, async (request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics())
  )
  return registry
}
