import { isPermissionDenied } from '../access/permissions.ts'
import { randomUUID } from 'node:crypto'
import { Server } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import cors from '@fastify/cors'
import fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest
} from 'fastify'
import type { RootConfig } from '../../kernel/config/schema.ts'
import { messageOf, stackOf } from '../../kernel/plugin/problems.ts'
import type { Logger } from '../../kernel/ports/logger.ts'
import { acceptBodies } from './body.ts'
import { rememberWriters } from './context.ts'
import { denied, isApiError } from './errors.ts'
import './types.ts'

/** On every answer, as the original's (docs/api/auth-users.md §1.9). */
const HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'x-frame-options': 'DENY',
  vary: 'Accept, Accept-Language, Cookie, origin',
  'content-language': 'en-us'
} as const

const CORS = {
  methods: ['DELETE', 'GET', 'OPTIONS', 'PATCH', 'POST', 'PUT'],
  allowedHeaders: ['accept', 'authorization', 'content-type', 'user-agent', 'x-csrftoken', 'x-requested-with'],
  maxAge: 86_400,
  optionsSuccessStatus: 200
}

/** PostgreSQL's codes for values that cannot be stored: answered 400. */
const VALUE_REFUSED = new Set(['22001', '22003', '22007', '22008', '22021', '22P02', '22P05'])
/** PostgreSQL's and the network's codes for a database that is away or overloaded: answered 503. */
const DATABASE_AWAY = /^(08|53|57P|ECONN|EPIPE|ETIMEDOUT)/

/** How long a drain waits for requests that are on their way. */
const GRACE_MS = 1000
const LOOK_MS = 20

/** The Fastify instance every plugin mounts on: headers, CORS, bodies, errors, redirects. No route yet. */
export async function makeServer(config: RootConfig, logger: Logger): Promise<FastifyInstance> {
  const { server, maintenance, log } = config
  const app: FastifyInstance = fastify({
    loggerInstance: logger as unknown as FastifyBaseLogger,
    trustProxy: server.trustProxy,
    bodyLimit: server.bodyLimitMiB * 1_048_576,
    requestTimeout: server.requestTimeoutSeconds * 1000,
    forceCloseConnections: 'idle',
    genReqId: request => headerOf(request.headers['x-request-id']) ?? randomUUID(),
    routerOptions: { maxParamLength: 500 },
    frameworkErrors: (error, request, reply) => void (reply as unknown as FastifyReply).code(400).send({ detail: error.message }),
    logController: new LogController({ disableRequestLogging: true })
  })
  app.decorateRequest('actor', null)
  app.decorateRequest('form', false)
  app.decorateRequest('uploads')
  acceptBodies(app)
  // Schemas describe; records and filters validate, PostgreSQL writes the JSON.
  app.setValidatorCompiler(() => () => true)
  app.setSerializerCompiler(() => payload => JSON.stringify(payload))

  const headers = {
    ...HEADERS,
    ...(server.hstsSeconds > 0
      ? { 'strict-transport-security': `max-age=${server.hstsSeconds}; includeSubDomains; preload` }
      : {})
  }
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(headers).header('x-request-id', request.id)
    if (server.httpsRedirect && request.protocol !== 'https')
      return void reply.redirect(`https://${request.host}${request.url}`, 301)
    done()
  })
  const origin = originsOf(server.cors)
  if (origin) await app.register(cors, { ...CORS, origin })
  if (maintenance)
    app.addHook('onRequest', async (request, reply) =>
      reply
        .code(503)
        .headers({ 'retry-after': '3600', 'cache-control': 'max-age=0, no-cache, no-store, must-revalidate, private' })
        .type('text/html')
        .send(MAINTENANCE_PAGE)
    )
  app.addHook('onResponse', (request, reply, done) => {
    if (request.method !== 'GET' || log.requests)
      request.log.info(
        {
          method: request.method,
          route: request.routeOptions.url,
          status: reply.statusCode,
          user: request.actor?.id,
          ms: Math.round(reply.elapsedTime * 10) / 10
        },
        'request'
      )
    done()
  })
  app.addHook('onSend', (request, reply, payload, done) => {
    if (payload === undefined || payload === null || payload === '') {
      if (reply.statusCode !== 301) reply.removeHeader('content-type')
      reply.header('content-length', '0')
    }
    done(null, payload)
  })
  app.setErrorHandler(answerError)
  redirectToSlash(app)
  rememberWriters(app)
  return app
}

/**
 * Returns the function that ends serving without cutting off a request: the server stops listening, and every connection closes after its
 * next response. Connections that look idle are given a second, because a request may be on its way.
 */
export function drainable(app: FastifyInstance): () => Promise<void> {
  let draining = false
  app.addHook('onSend', (request, reply, payload, done) => {
    if (draining) reply.header('connection', 'close')
    done(null, payload)
  })
  const connections = () =>
    new Promise<number>(resolve => app.server.getConnections((error, count) => resolve(error ? 0 : count)))

  return async () => {
    if (!app.server.listening) return
    draining = true
    // http.Server.close would close idle connections at once.
    Server.prototype.close.call(app.server)
    const end = performance.now() + GRACE_MS
    while (performance.now() < end && (await connections()) > 0) await wait(LOOK_MS)
  }
}

/** Sends JSON text without parsing it. */
export function sendJson(reply: FastifyReply, text: string, status = 200): FastifyReply {
  return reply.code(status).header('content-type', 'application/json').serializer(asIs).send(text)
}

const asIs = (payload: unknown) => payload as string

function answerError(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = isPermissionDenied(thrown) ? denied() : thrown
  if (isApiError(error)) return reply.code(error.status).headers(error.headers).send(error.body)
  const { code = '', statusCode } = error as { code?: string; statusCode?: number }
  if (statusCode !== undefined && statusCode < 500) return reply.code(statusCode).send({ detail: messageOf(error) })
  if (VALUE_REFUSED.has(sqlState(error)))
    return reply
      .code(400)
      .send({ detail: 'A value cannot be stored: it is too long, out of range or holds forbidden characters.' })
  const away =
    DATABASE_AWAY.test(sqlState(error) || code) ||
    /timeout exceeded when trying to connect|Connection terminated|connection error and is not queryable|SequelizeConnection/.test(
      nameOf(error) + messageOf(error)
    )
  request.log.error(
    { route: request.routeOptions.url, code: sqlState(error) || code, stack: stackOf(error) },
    away ? 'a service is away' : 'unexpected error'
  )
  return away
    ? reply.code(503).header('retry-after', '2').send({ detail: 'The service is temporarily unavailable, please try again.' })
    : reply.code(500).send({ detail: 'Internal server error.' })
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : ''
}

function sqlState(error: unknown): string {
  const { code, original } = (error ?? {}) as { code?: string; original?: { code?: string } }
  return original?.code ?? code ?? ''
}

/** A GET without its slash is sent to the path with it (docs/api/auth-users.md §1.1); anything else unknown is 404. */
function redirectToSlash(app: FastifyInstance): void {
  const patterns: RegExp[] = []
  app.addHook('onRoute', ({ url, method }) => {
    if (url.endsWith('/') && [method].flat().includes('GET'))
      patterns.push(
        new RegExp(
          `^${url
            .slice(0, -1)
            .split('/')
            .map(part => (part.startsWith(':') ? '[^/]+' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')))
            .join('/')}$`
        )
      )
  })
  app.setNotFoundHandler((request, reply) => {
    const [path = '', query] = request.url.split('?', 2)
    if (request.method === 'GET' && !path.endsWith('/') && patterns.some(pattern => pattern.test(path)))
      return reply
        .code(301)
        .type('text/html; charset=utf-8')
        .header('location', `${path}/${query === undefined ? '' : `?${query}`}`)
        .send()
    return reply.code(404).send({ detail: 'Not found.' })
  })
}

/** Undefined where no other origin is allowed. */
function originsOf({ origins, patterns }: RootConfig['server']['cors']): (string | RegExp)[] | '*' | undefined {
  if (origins.includes('*')) return '*'
  const allowed = [...origins, ...patterns.map(pattern => new RegExp(pattern))]
  return allowed.length > 0 ? allowed : undefined
}

function headerOf(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' && /^[\w.:-]{8,100}$/.test(value) ? value : undefined
}

const MAINTENANCE_PAGE =
  '<!doctype html><html lang="en"><title>Under maintenance</title><h1>Under maintenance</h1><p>We will be back soon.</p></html>'
