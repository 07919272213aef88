import type {
  FastifyInstance,
  onRequestHookHandler,
  onResponseHookHandler,
  onSendHookHandler,
  preHandlerAsyncHookHandler,
  preParsingHookHandler,
  preValidationHookHandler,
  RouteOptions
} from 'fastify'

interface Hooks {
  readonly onRequest?: onRequestHookHandler
  readonly preParsing?: preParsingHookHandler
  readonly preValidation?: preValidationHookHandler
  readonly preHandler?: preHandlerAsyncHookHandler
  readonly onSend?: onSendHookHandler
  readonly onResponse?: onResponseHookHandler
}

/** Gives a route hooks that run before those it has. */
export function hookRoute(options: RouteOptions, hooks: Hooks): void {
  for (const name of Object.keys(hooks) as (keyof Hooks)[])
    Object.assign(options, { [name]: [hooks[name], ...[options[name] ?? []].flat()] })
}

/** Whether a route answers methods that carry a body or change something. */
export function mayWrite({ method }: Pick<RouteOptions, 'method'>): boolean {
  return [method].flat().some(name => name !== 'GET' && name !== 'HEAD')
}

/** Gives them to every route that may write: a read is not slowed down by what it has no use for. */
export function hookWrites(app: FastifyInstance, hooks: Hooks): void {
  app.addHook('onRoute', options => {
    if (mayWrite(options)) hookRoute(options, hooks)
  })
}
