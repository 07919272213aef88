import type { FastifyInstance } from 'fastify'
import type { Planning } from '../../kernel/contributions/contribution.ts'
import { VERSION } from '../../kernel/plugin/version.ts'

/** The page at `/` that lists the addresses of the server and its plugins. */
export function mountPages(app: FastifyInstance, { plugins, root }: Planning): void {
  const open = { config: { permission: 'public' }, schema: { hide: true } as object }
  const links: [string, string][] = [
    ...(root.server.docs
      ? ([
          ['/swagger/', 'API explorer'],
          ['/api/schema/', 'OpenAPI document']
        ] as [string, string][])
      : []),
    ['/health/ready', 'Health of every part'],
    ['/health/', 'Health page of the original'],
    ['/metrics', 'Metrics for Prometheus']
  ]
  const page = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Care Kernel: ${root.deployment}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem;color:#123}h1{font-size:1.4rem}code{background:#eef3f6;padding:.1em .3em;border-radius:3px}td{padding:.15rem 1rem .15rem 0}a{color:#0a6}</style></head>
<body><h1>Care Kernel</h1><p>Deployment <code>${root.deployment}</code>, ${root.environment}, kernel ${VERSION}. The API is under <code>/api/v1/</code>.</p>
<ul>${links.map(([url, text]) => `<li><a href="${url}">${text}</a> <code>${url}</code></li>`).join('')}</ul>
<p>Log in: <code>POST /api/v1/auth/login/</code> with <code>{"username": …, "password": …}</code>, then send <code>Authorization: Bearer …</code>.</p>
<table>${plugins.map(({ name, plugin: { version, summary } }) => `<tr><td><code>${name}</code></td><td>${version}</td><td>${summary}</td></tr>`).join('')}</table></body></html>`
  app.get('/', open, async (request, reply) => reply.type('text/html').send(page))
}
