import type { FastifyInstance } from 'fastify'
import type { Contribution, Opened } from '../../kernel/contributions/contribution.ts'
import { httpServer } from '../http/contribution.ts'
import { withinLimit } from '../http/health.ts'

/** One entry of the original's health page (docs/api/auth-users.md §1.13). */
interface Entry {
  readonly name: string
  readonly title: string
  readonly code: number
  readonly message: string
  readonly latency: number
  readonly meta: Readonly<Record<string, unknown>>
}

interface Probed {
  readonly code?: number
  readonly meta?: Readonly<Record<string, unknown>>
}

/** The original's `/ping/`, `/health/…` and `/app_version/`. */
export const originalPages: Contribution = {
  name: 'pages of the original',
  collect: () => undefined,
  mount(_, { of, root }, opened) {
    const { app } = of(httpServer)
    mountHealthPage(app, opened)
    app.get('/app_version/', OPEN, async () => ({ version: root.appVersion }))
  }
}

const OPEN = { config: { permission: 'public' }, schema: { hide: true } as object }

function mountHealthPage(app: FastifyInstance, opened: () => Opened): void {
  const probes: Record<string, { name: string; title: string; probe: () => Promise<Probed | void> }> = {
    main_database: { name: 'Database', title: 'Database Check', probe: async () => opened().ports.database?.check() },
    main_cache: { name: 'Cache', title: 'Cache Check', probe: async () => opened().ports.cache?.check() },
    celery_queue_length: { name: 'Celery Queue Length', title: 'Cache Check', probe: () => queueLength(opened()) }
  }
  const entry = async (slug: string): Promise<Entry> => {
    const { name, title, probe } = probes[slug] as (typeof probes)[string]
    const { clock } = opened()
    const from = clock.monotonic()
    const { code = 200, meta = {} } = (await withinLimit(probe).catch((): Probed => ({ code: 500 }))) ?? {}
    const latency = Math.round((clock.monotonic() - from) * 10) / 10_000
    return { name, title, code, message: code === 200 ? 'All OK' : code === 500 ? 'Down' : '', latency, meta }
  }
  const everything = async () => {
    const health = await Promise.all(Object.keys(probes).map(entry))
    return { status: Math.max(...health.map(({ code }) => code)), health }
  }

  app.get('/ping/', OPEN, async () => ({ status: 'OK' }))
  app.get('/health/', OPEN, async (request, reply) => {
    const { status, health } = await everything()
    return reply.code(status).send({ health })
  })
  for (const slug of Object.keys(probes))
    app.get(`/health/${slug}`, OPEN, async (request, reply) => {
      const health = await entry(slug)
      return reply.code(health.code).send({ health })
    })
  app.get('/health/statuspage', OPEN, async (request, reply) => {
    const { health } = await everything()
    const rows = health
      .map(
        ({ name, code, message, latency }) => `<tr><td>${name}</td><td>${code}</td><td>${message}</td><td>${latency} s</td></tr>`
      )
      .join('')
    return reply.type('text/html').send(`<!doctype html><html lang="en"><title>Status</title><table>${rows}</table></html>`)
  })
  app.post('/health/statuspage', OPEN, async () => ({ health: (await everything()).health }))
}

const WAITING = `select count(*) as count from (
  select 1 from kernel_message where state in ('waiting', 'queued') and due_at <= now() + interval '1 minute' limit 1000) waiting`

/** Waiting jobs: below 50 is well, below 200 is answered 400, above 500, as the original does. */
async function queueLength({ ports: { database } }: Opened): Promise<Probed> {
  const length = database ? ((await database.query<{ count: number }>(WAITING)).rows[0]?.count ?? 0) : 0
  return { code: length < 50 ? 200 : length < 200 ? 400 : 500, meta: { queue_length: length } }
}
