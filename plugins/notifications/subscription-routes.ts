import type { FastifyInstance } from 'fastify'
import { USER } from 'care-kernel/contracts/auth-permissions'
import { actorOf, describe, field, out, readInput, record, resource, sendJson, shape } from 'care-kernel/rest'
import type { NotificationScope } from './scope.ts'

const URL = '/api/v1/users/:username/pnconfig/'

const text = () => field.text({ optional: true, null: true, blank: true })
const input = record({ pf_endpoint: text(), pf_p256dh: text(), pf_auth: text() })

const subscription = resource({
  name: 'User',
  from: `${USER} u`,
  key: { column: 'u.id', kind: 'integer' },
  shape: shape({
    pf_endpoint: out.text('u.pf_endpoint'),
    pf_p256dh: out.text('u.pf_p256dh'),
    pf_auth: out.text('u.pf_auth')
  })
})

/** `users/{username}/pnconfig/`: always one's own, whatever name the path has (contract gateways-jobs §7). */
export function subscriptionRoutes(app: FastifyInstance, { database, ...scope }: NotificationScope): void {
  const { users } = scope['auth-permissions']
  const config = { permission: 'notification.own' }

  app.get(
    URL,
    { config, schema: describe({ summary: "Where one's pushes go", answer: subscription.shape }) },
    async (request, reply) => sendJson(reply, await subscription.one(database, actorOf(request).id))
  )

  app.patch(
    URL,
    { config, schema: describe({ summary: 'Subscribe to pushes, or with empty values no longer', body: input }) },
    async (request, reply) => {
      const values = await readInput(request, input, { db: database, partial: true })
      await database.transaction(tx => users.setPush(tx, actorOf(request).id, values))
      return reply.code(200).send()
    }
  )
}
