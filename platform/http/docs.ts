import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { stringify } from 'yaml'
import { VERSION } from '../../kernel/plugin/version.ts'

const REDOC_PAGE = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Care API</title></head>
<body><p>The reference of this API: <a href="/swagger/">explorer</a>, <a href="/api/schema/?format=json">document (JSON)</a>, <a href="/api/schema/">document (YAML)</a>.</p></body></html>`

/** The OpenAPI document of what is mounted, at `/api/schema/` (YAML, `?format=json`), an explorer at `/swagger/`. Call before routes are mounted. */
export async function mountDocs(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.0.3',
      info: { title: 'Care API', version: '1.0.0', description: `Served by care-kernel ${VERSION}` },
      components: { securitySchemes: { jwtAuth: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } }
    },
    hideUntagged: false,
    transform: ({ schema, url, route }) => {
      const config = route.config as { plugin?: string; permission?: string } | undefined
      const described = {
        tags: [config?.plugin ?? 'kernel'],
        ...schema,
        ...(config?.permission === 'public' || !config?.permission ? {} : { security: [{ jwtAuth: [] }] })
      }
      return {
        schema: {
          ...described,
          ...((schema as { hide?: boolean } | undefined)?.hide || !url.startsWith('/api/v1/') ? { hide: true } : {})
        },
        url
      }
    }
  })
  await app.register(swaggerUi, { routePrefix: '/swagger', uiConfig: { docExpansion: 'none' } })
  app.get('/api/schema/', { config: { permission: 'public' } }, async (request, reply) => {
    const document = app.swagger()
    const { format } = request.query as { format?: string }
    return format === 'json'
      ? reply.type('application/vnd.oai.openapi+json').send(JSON.stringify(document))
      : reply.type('application/vnd.oai.openapi').send(stringify(document, { aliasDuplicateObjects: false }))
  })
  app.get('/redoc/', { config: { permission: 'public' } }, async (request, reply) => reply.type('text/html').send(REDOC_PAGE))
}
