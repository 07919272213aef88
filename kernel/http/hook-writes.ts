import type { FastifyInstance, onRequestHookHandler, onSendHookHandler, preParsingHookHandler, RouteOptions } from 'fastify'

interface Hooks {
  readonly onRequest?: onRequestHookHandler
  readonly preParsing?: preParsingHookHandler
  readonly onSend?: onSendHookHandler
}

/** Adds hooks to every route that may write, before those it has. A read is not slowed down by what it has no use for. */
export function hookWrites(app: FastifyInstance, hooks: Hooks): void {
  app.addHook('onRoute', options => {
    if ([options.method].flat().every(method => method === 'GET' || method === 'HEAD')) return
    for (const name of Object.keys(hooks) as (keyof Hooks)[])
      Object.assign(options, { [name]: [hooks[name], ...[options[name as keyof RouteOptions] ?? []].flat()] })
  })
}
