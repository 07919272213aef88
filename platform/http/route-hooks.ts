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

/** Adds hooks to a route that run before its own. */
export function hookRoute(options: RouteOptions, hooks: Hooks): void {
  for (const name of Object.keys(hooks) as (keyof Hooks)[])
    Object.assign(options, { [name]: [hooks[name], ...[options[name] ?? []].flat()] })
}

/** Whether a route has a method that may carry a body or change data. */
export function mayWrite({ method }: Pick<RouteOptions, 'method'>): boolean {
  return [method].flat().some(name => name !== 'GET' && name !== 'HEAD')
}

/** Adds hooks to every route that may write; reads do not pay for them. */
export function hookWrites(app: FastifyInstance, hooks: Hooks): void {
  app.addHook('onRoute', options => {
    if (mayWrite(options)) hookRoute(options, hooks)
  })
}
