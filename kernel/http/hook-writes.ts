import type {
  FastifyInstance,
  onRequestHookHandler,
  onResponseHookHandler,
  onSendHookHandler,
  preParsingHookHandler,
  RouteOptions
} from 'fastify'

interface Hooks {
  readonly onRequest?: onRequestHookHandler
  readonly preParsing?: preParsingHookHandler
  readonly onSend?: onSendHookHandler
  readonly onResponse?: onResponseHookHandler
}

/** Whether a route answers methods that carry a body or change something. */
export function mayWrite({ method }: Pick<RouteOptions, 'method'>): boolean {
  return [method].flat().some(name => name !== 'GET' && name !== 'HEAD')
}

/** Adds hooks to every route that may write, before those it has. A read is not slowed down by what it has no use for. */
export function hookWrites(app: FastifyInstance, hooks: Hooks): void {
  app.addHook('onRoute', options => {
    if (!mayWrite(options)) return
    for (const name of Object.keys(hooks) as (keyof Hooks)[])
      Object.assign(options, { [name]: [hooks[name], ...[options[name] ?? []].flat()] })
  })
}
