import { Server } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'

const GRACE_MS = 1000
const LOOK_MS = 20

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
