import type { FastifyInstance, FastifyRequest, onSendAsyncHookHandler, preHandlerAsyncHookHandler, RouteOptions } from 'fastify'
import type { Cache } from '../../kernel/ports/cache.ts'
import type { Clock } from '../../kernel/ports/clock.ts'
import { hookRoute } from './route-hooks.ts'

/**
 * Caches the responses of routes with `config.cache` by full address, for all clients with the permission; responses to authenticated
 * and to anonymous clients are kept apart (docs/api/auth-users.md §1.15). `invalidateResponses(tag)` makes all responses of a tag stale at once.
 */
export function cacheResponses(app: FastifyInstance, cache: Cache, clock: Clock): void {
  const answerKept: preHandlerAsyncHookHandler = async (request, reply) => {
    const kept = request.routeOptions.config.cache
    if (!kept || request.method !== 'GET') return
    reply.headers({
      'cache-control': `max-age=${kept.seconds}`,
      expires: new Date(clock.now().getTime() + kept.seconds * 1000).toUTCString()
    })
    const text = await cache.get<string>(await keyOf(cache, kept.tag, request))
    if (text !== undefined) return reply.header('content-type', 'application/json').send(text)
  }
  const keep: onSendAsyncHookHandler = async (request, reply, payload) => {
    const kept = request.routeOptions.config.cache
    if (kept && request.method === 'GET' && reply.statusCode === 200 && typeof payload === 'string') {
      await cache.set(await keyOf(cache, kept.tag, request), payload, kept.seconds)
    }
    return payload
  }
  app.addHook('onRoute', options => {
    if (!options.config?.cache) return
    hookRoute(options, { preHandler: answerKept })
    options.onSend = [...[options.onSend ?? []].flat(), keep] as NonNullable<RouteOptions['onSend']>
  })
}

/** Makes every cached response of a tag stale. */
export async function invalidateResponses(cache: Cache, tag: string): Promise<void> {
  await cache.set(`response-tag:${tag}`, crypto.randomUUID(), 86_400)
}

async function keyOf(cache: Cache, tag: string, { actor, protocol, host, url }: FastifyRequest): Promise<string> {
  const version = (await cache.get<string>(`response-tag:${tag}`)) ?? '0'
  return `response:${tag}:${version}:${actor ? 'known' : 'anybody'}:${protocol}://${host}${url}`
}
