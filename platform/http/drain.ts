import { Server } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'

const GRACE_MS = 1000
const LOOK_MS = 20

/**
 * Gives the function that ends serving without cutting off a request: it stops listening, and every connection ends with its next
 * answer. Closing a connection that looks idle would meet requests that are on their way already, so those get a second.
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
    // http.Server's own close would also close what looks idle.
    Server.prototype.close.call(app.server)
    const end = performance.now() + GRACE_MS
    while (performance.now() < end && (await connections()) > 0) await wait(LOOK_MS)
  }
}
