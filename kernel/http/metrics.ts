import type { FastifyInstance } from 'fastify'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { OpenKernel } from '../kernel.ts'
import { meterWork } from '../work/meter.ts'

const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]

/**
 * Measures every request by route pattern and plugin, never by address, and answers `/metrics` for Prometheus. The result notes
 * attempts of jobs.
 */
export function meterRequests(app: FastifyInstance, kernel: OpenKernel): ReturnType<typeof meterWork> {
  const { ports, plan } = kernel
  const registry = new Registry()
  registry.setDefaultLabels({ deployment: plan.deployment })
  collectDefaultMetrics({ register: registry })
  const duration = new Histogram({
    name: 'care_request_seconds',
    help: 'Time to answer',
    labelNames: ['method', 'route', 'status', 'plugin'],
    buckets: BUCKETS,
    registers: [registry]
  })
  const refused = new Counter({
    name: 'care_refused_total',
    help: 'Requests refused for want of permission or credentials',
    labelNames: ['plugin'],
    registers: [registry]
  })
  const { database } = ports
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

  app.addHook('onResponse', (request, reply, done) => {
    const { url = 'unknown', config } = request.routeOptions
    const plugin = config.plugin ?? 'kernel'
    duration.observe({ method: request.method, route: url, status: reply.statusCode, plugin }, reply.elapsedTime / 1000)
    if (reply.statusCode === 401 || reply.statusCode === 403) refused.inc({ plugin })
    done()
  })
  app.get('/metrics', { config: { permission: 'public' }, schema: { hide: true } }, async (request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics())
  )
  return meterWork(registry, { ...kernel, database, queue: ports.queue })
}
