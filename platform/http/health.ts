import type { FastifyInstance } from 'fastify'
import { within } from '../../kernel/lifecycle/deadline.ts'
import type { OpenKernel } from '../../kernel/lifecycle/kernel.ts'

/** One entry of the original's health page (contract auth-users §1.13). */
interface Entry {
  readonly name: string
  readonly title: string
  readonly code: number
  readonly message: string
  readonly latency: number
  readonly meta: Readonly<Record<string, unknown>>
}

type Probe = () => Promise<{ code?: number; meta?: Record<string, unknown> } | void>

/** What a request cannot do without; everything else degrades. */
const HARD = new Set(['database'])
const PROBE_MS = 3000

/** The original's `/health/…` and `/ping/`, and `/health/live`, `/health/ready`, `/health/startup` for orchestrators. */
export function mountHealth(app: FastifyInstance, kernel: OpenKernel): void {
  const open = { config: { permission: 'public' }, schema: { hide: true } as object }
  const probes: Record<string, { name: string; title: string; probe: Probe }> = {
    main_database: { name: 'Database', title: 'Database Check', probe: async () => kernel.ports.database?.check() },
    main_cache: { name: 'Cache', title: 'Cache Check', probe: async () => kernel.ports.cache?.check() },
    celery_queue_length: { name: 'Celery Queue Length', title: 'Cache Check', probe: () => queueLength(kernel) }
  }
  const entry = async (slug: string): Promise<Entry> => {
    const { name, title, probe } = probes[slug] as (typeof probes)[string]
    const from = kernel.clock.monotonic()
    const { code = 200, meta = {} } =
      (await soon(probe).catch((): { code?: number; meta?: Record<string, unknown> } => ({ code: 500 }))) ?? {}
    const latency = Math.round((kernel.clock.monotonic() - from) * 10) / 10_000
    return { name, title, code, message: code === 200 ? 'All OK' : code === 500 ? 'Down' : '', latency, meta }
  }
  const everything = async () => {
    const health = await Promise.all(Object.keys(probes).map(entry))
    return { status: Math.max(...health.map(({ code }) => code)), health }
  }

  app.get('/ping/', open, async () => ({ status: 'OK' }))
  app.get('/health/', open, async (request, reply) => {
    const { status, health } = await everything()
    return reply.code(status).send({ health })
  })
  for (const slug of Object.keys(probes))
    app.get(`/health/${slug}`, open, async (request, reply) => {
      const health = await entry(slug)
      return reply.code(health.code).send({ health })
    })
  app.get('/health/statuspage', open, async (request, reply) => {
    const { health } = await everything()
    const rows = health
      .map(
        ({ name, code, message, latency }) => `<tr><td>${name}</td><td>${code}</td><td>${message}</td><td>${latency} s</td></tr>`
      )
      .join('')
    return reply.type('text/html').send(`<!doctype html><html lang="en"><title>Status</title><table>${rows}</table></html>`)
  })
  app.post('/health/statuspage', open, async () => ({ health: (await everything()).health }))

  const about = { deployment: kernel.plan.deployment, kernel: kernel.plan.kernel }
  app.get('/health/live', open, async () => ({ status: 'ok', ...about }))
  app.get('/health/startup', open, async () => ({
    status: 'ok',
    ...about,
    plugins: kernel.plan.plugins.map(({ plugin }) => plugin)
  }))
  app.get('/health/ready', open, async (request, reply) => {
    const checks = Object.fromEntries(
      await Promise.all(
        parts(kernel).map(
          async ([name, probe]) =>
            [
              name,
              await soon(probe).then(
                () => 'ok',
                error => (error instanceof Error && error.message === 'timeout' ? 'does not answer' : 'fails')
              )
            ] as const
        )
      )
    )
    const failing = Object.keys(checks).filter(name => checks[name] !== 'ok')
    const status = failing.some(name => HARD.has(name)) ? 'down' : failing.length > 0 ? 'degraded' : 'ok'
    return reply.code(status === 'down' ? 503 : 200).send({ status, ...about, checks })
  })
}

/** Everything that can be asked how it is: ports by name, worker and scheduler, plugins' own parts as `plugin/part`. */
function parts(kernel: OpenKernel): [string, Probe][] {
  const ports = Object.entries(kernel.ports).map(([name, port]): [string, Probe] => [name, () => port.check()])
  const own = kernel.composition.plugins.flatMap(({ name, plugin }) =>
    Object.entries(plugin.health ?? {}).map(([part, check]): [string, Probe] => [
      `${name}/${part}`,
      () => check(kernel.scopes.get(name) ?? {})
    ])
  )
  return [...ports, ...Object.entries(kernel.work()?.health ?? {}), ...own]
}

/** Waiting jobs: below 50 is well, below 200 is answered 400, above 500, as the original does. */
async function queueLength({ ports: { database } }: OpenKernel): Promise<{ code: number; meta: Record<string, unknown> }> {
  const length = database
    ? ((
        await database.query<{ count: number }>(
          `select count(*) as count from (select 1 from kernel_message where state in ('waiting', 'queued') and due_at <= now() + interval '1 minute' limit 1000) waiting`
        )
      ).rows[0]?.count ?? 0)
    : 0
  return { code: length < 50 ? 200 : length < 200 ? 400 : 500, meta: { queue_length: length } }
}

/** A probe that hangs has failed. */
function soon(probe: Probe): Promise<Awaited<ReturnType<Probe>>> {
  return within(probe(), PROBE_MS, () => new Error('timeout'))
}
