import type { FastifyInstance } from 'fastify'
import type { HealthCheck, Opened, Planning } from '../../kernel/contributions/contribution.ts'
import { within } from '../../kernel/lifecycle/deadline.ts'
import { VERSION } from '../../kernel/plugin/version.ts'

/** Without these ports a request fails; without any other part the service is degraded. */
const REQUIRED = new Set(['database'])
const CHECK_MS = 3000

/** `/health/live`, `/health/ready` and `/health/startup` for orchestrators. */
export function mountHealth(app: FastifyInstance, { root, plugins }: Planning, opened: () => Opened): void {
  const open = { config: { permission: 'public' }, schema: { hide: true } as object }
  const about = { deployment: root.deployment, kernel: VERSION }
  app.get('/health/live', open, async () => ({ status: 'ok', ...about }))
  app.get('/health/startup', open, async () => ({ status: 'ok', ...about, plugins: plugins.map(({ name }) => name) }))
  app.get('/health/ready', open, async (request, reply) => {
    const checks = Object.fromEntries(
      await Promise.all(
        parts(opened()).map(
          async ([name, check]) =>
            [
              name,
              await withinLimit(check).then(
                () => 'ok',
                error => (error instanceof Error && error.message === 'timeout' ? 'does not answer' : 'fails')
              )
            ] as const
        )
      )
    )
    const failing = Object.keys(checks).filter(name => checks[name] !== 'ok')
    const status = failing.some(name => REQUIRED.has(name)) ? 'down' : failing.length > 0 ? 'degraded' : 'ok'
    return reply.code(status === 'down' ? 503 : 200).send({ status, ...about, checks })
  })
}

/** Every check by the name of its part: ports, what contributions run, parts of plugins as `plugin/part`. */
function parts({ ports, plugins, scopes, health }: Opened): [string, HealthCheck][] {
  const own = plugins.flatMap(({ name, plugin }) =>
    Object.entries(plugin.health ?? {}).map(([part, check]): [string, HealthCheck] => [
      `${name}/${part}`,
      () => check(scopes.get(name) ?? {})
    ])
  )
  return [
    ...Object.entries(ports).map(([name, port]): [string, HealthCheck] => [name, () => port.check()]),
    ...Object.entries(health()),
    ...own
  ]
}

/** The outcome of a check; one that takes longer than 3 s fails with `timeout`. */
export function withinLimit<T>(check: () => Promise<T>): Promise<T> {
  return within(check(), CHECK_MS, () => new Error('timeout'))
}
