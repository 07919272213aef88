import type { Asked, Rule, AuthenticationScheme } from '../../kernel/plugin/access.ts'
import type { FastifyInstance, FastifyRequest, onRequestHookHandler, preValidationHookHandler, RouteOptions } from 'fastify'
import type { Actor } from '../access/actor.ts'
import { messageOf, type Problem } from '../../kernel/plugin/problems.ts'
import { bodyOrNothing, readBody, requireReadable } from './body.ts'
import { denied, methodNotAllowed, unauthenticated } from './errors.ts'
import { hookRoute, mayWrite } from './route-hooks.ts'
import type { UntypedScope } from '../../kernel/plugin/plugin.ts'
import type { PlannedPlugin } from '../../kernel/contributions/contribution.ts'
import type { CollectedPermissions } from '../access/permissions.ts'

/** One mounted route. */
export interface MountedRoute {
  readonly owner: string
  readonly method: string
  readonly url: string
  readonly permission: string
  readonly scheme: string
}

interface Mounting {
  readonly plugins: readonly PlannedPlugin[]
  readonly scopes: ReadonlyMap<string, UntypedScope>
  readonly permissions: CollectedPermissions
  readonly problems: Problem[]
}

type Authenticate = (request: FastifyRequest) => ReturnType<AuthenticationScheme<UntypedScope>['authenticate']>

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] as const
const NO_REFUSAL = { status: 403 } as const

/**
 * Mounts the routes of every plugin in an encapsulated instance of its own, with the guard of each route in front of it:
 * authenticate, ask the rule, then read the body. Then answers every other method of every path with 405.
 */
export async function mountRoutes(app: FastifyInstance, mounting: Mounting): Promise<readonly MountedRoute[]> {
  const routes: MountedRoute[] = []
  const first = new Map<string, string>()
  const paths = new Map<string, { url: string; methods: Set<string>; options: RouteOptions; plugin: string }>()
  const authenticators = schemesOf(mounting)
  let owner = 'kernel'

  app.addHook('onRoute', options => {
    const plugin = owner
    options.config = { ...options.config, plugin: options.config?.plugin ?? plugin }
    for (const method of [options.method].flat()) {
      const pattern = options.url.replace(/:[^/]+/g, ':')
      const key = `${method} ${pattern}`
      const taken = first.get(key)
      if (taken && taken !== plugin)
        mounting.problems.push({
          code: 'DUPLICATE_ROUTE',
          owner: plugin,
          fact: `${method} ${options.url} is already declared by "${taken}" (parameter names do not tell routes apart)`,
          remedy: 'give it another path'
        })
      first.set(key, plugin)
      if (options.config.permission === undefined && plugin !== 'kernel')
        mounting.problems.push({
          code: 'ROUTE_WITHOUT_PERMISSION',
          owner: plugin,
          fact: `${method} ${options.url} does not say who may call it`,
          remedy: "set config: { permission: '…' }, or 'public' when anybody may"
        })
      if (plugin === 'kernel') continue
      const path = paths.get(pattern) ?? { url: options.url, methods: new Set<string>(), options, plugin }
      path.methods.add(method)
      paths.set(pattern, path)
      const { permission = '', scheme = permission === 'public' ? 'none' : 'user' } = options.config
      if (method !== 'HEAD') routes.push({ owner: plugin, method, url: options.url, permission, scheme })
    }
    guard(options, plugin, mounting, authenticators)
  })

  for (const { name, plugin } of mounting.plugins) {
    const mount = plugin.routes
    if (!mount) continue
    owner = name
    try {
      await app.register(async child => mount(child, mounting.scopes.get(name) ?? {}))
    } catch (cause) {
      mounting.problems.push({
        code: 'ROUTES_FAILED',
        owner: name,
        fact: messageOf(cause),
        remedy: 'routes(app, scope) may only mount',
        cause
      })
    }
  }
  owner = 'kernel'
  for (const { url, methods, options, plugin } of paths.values()) {
    const missing = METHODS.filter(method => !methods.has(method))
    const allowed = METHODS.filter(method => methods.has(method) || method === 'OPTIONS')
    const { permission = 'authenticated', scheme, permissionBefore405 } = options.config ?? {}
    const rule = permission === 'public' ? 'public' : 'authenticated'
    const config = { plugin, ...(scheme ? { scheme } : {}) }
    const refuse = missing.filter(method => method !== 'OPTIONS')
    if (missing.includes('OPTIONS'))
      app.route({
        method: 'OPTIONS',
        url,
        config: { ...config, permission: rule },
        schema: { hide: true },
        handler: (request, reply) =>
          reply.header('allow', allowed.join(', ')).send({
            renders: ['application/json'],
            parses: ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data']
          })
      })
    if (refuse.length > 0)
      app.route({
        method: refuse,
        url,
        config: { ...config, permission: permissionBefore405 ?? rule },
        schema: { hide: true },
        handler: request => {
          throw methodNotAllowed(request.method, allowed)
        }
      })
  }
  return routes
}

/** The scheme of each name with its refusal, bound to its plugin's scope. */
function schemesOf({
  plugins,
  scopes
}: Mounting): ReadonlyMap<string, { scheme: AuthenticationScheme<UntypedScope>; authenticate: Authenticate }> {
  return new Map(
    plugins.flatMap(({ name, plugin }) =>
      Object.entries(plugin.schemes ?? {}).map(([key, scheme]) => {
        const scope = scopes.get(name) ?? {}
        return [key, { scheme, authenticate: (request: FastifyRequest) => scheme.authenticate(request, scope) }] as const
      })
    )
  )
}

/** Puts authentication and the permission check before the route's own hooks. */
function guard(
  options: RouteOptions,
  plugin: string,
  { permissions, problems }: Mounting,
  schemes: ReturnType<typeof schemesOf>
): void {
  const { permission, scheme: named } = options.config ?? {}
  if (permission === undefined) return
  const rule = permissions.rules.get(permission)?.rule
  const open = permission === 'public'
  const scheme = schemes.get(named ?? 'user')
  if (!rule)
    problems.push({
      code: 'ROUTE_UNKNOWN_PERMISSION',
      owner: plugin,
      fact: `${String(options.method)} ${options.url} asks for the permission ${permission}, which no plugin declares`,
      remedy: 'declare it under permissions.rules'
    })
  if (named !== undefined && named !== 'none' && !scheme)
    problems.push({
      code: 'ROUTE_UNKNOWN_PERMISSION',
      owner: plugin,
      fact: `${String(options.method)} ${options.url} asks for the scheme ${named}, which no plugin provides`,
      remedy: 'enable the plugin that provides it'
    })
  const authenticate = named === 'none' || (open && named === undefined) ? undefined : scheme?.authenticate
  const refusal = scheme?.scheme.refused ?? NO_REFUSAL

  const enter = (request: FastifyRequest, actor: Actor | null) => {
    request.actor = actor
    if (open) return
    if (!actor) throw unauthenticated(refusal)
    if (rule && !rule.readsBody) ask(rule, request)
  }
  // Cached actors are authorised synchronously: a promise costs as much as the check itself.
  const atRequest: onRequestHookHandler = (request, reply, done) => {
    try {
      const actor = authenticate?.(request) ?? null
      if (actor instanceof Promise) return void actor.then(found => enter(request, found)).then(() => done(), done)
      enter(request, actor)
    } catch (error) {
      return done(error as Error)
    }
    done()
  }
  const look = (request: FastifyRequest) => {
    if (rule?.readsBody) ask(rule, request)
    requireReadable(request)
  }
  const atBody: preValidationHookHandler = (request, reply, done) => {
    const reading = readBody(request)
    if (reading) return void reading.then(() => look(request)).then(() => done(), done)
    look(request)
    done()
  }
  hookRoute(options, { onRequest: atRequest, ...(mayWrite(options) || rule?.readsBody ? { preValidation: atBody } : {}) })
}

function ask(rule: Rule, request: FastifyRequest): void {
  const asked: Asked = {
    params: request.params as Record<string, string>,
    body: rule.readsBody ? bodyOrNothing(request) : undefined,
    method: request.method
  }
  if (!request.actor || !rule.allow.test(request.actor, asked)) throw denied()
}

/** The actor of a request on a route that is not public. Throws 401 without one, which the guard of such a route refuses before. */
export function actorOf({ actor }: FastifyRequest): Actor {
  if (!actor) throw unauthenticated()
  return actor
}
