import type { FastifyInstance, FastifyRequest } from 'fastify'
import { rowCondition } from 'care-kernel/access'
import {
  actorOf,
  describe,
  field,
  filter,
  filters,
  invalid,
  isUuid,
  notAUuid,
  notFound,
  ordering,
  out,
  readInput,
  record,
  resource,
  sendJson,
  shape,
  type Where
} from 'care-kernel/rest'
import { USER, userBaseMinimum } from 'care-kernel/contracts/auth-permissions'
import { EVENTS, EVENT_TYPES, MEDIUMS } from './enumerations.ts'
import { Notification } from './models.ts'
import { notificationAccess } from './row-access.ts'
import type { NotificationScope } from './services.ts'

type One = { Params: { id: string } }

const OWN = { permission: 'notification.own' }

const notifications = resource({
  name: 'Notification',
  from: 'facility_notification n',
  key: { column: 'n.external_id', kind: 'uuid' },
  live: 'not n.deleted',
  filters: filters({
    event: filter.label('n.event', EVENTS),
    event_type: filter.label('n.event_type', EVENT_TYPES),
    medium_sent: filter.label('n.medium_sent', MEDIUMS)
  }),
  ordering: ordering({}, 'n.created_date desc, n.id desc'),
  shape: shape({
    id: out.uuid('n.external_id'),
    caused_by: out.object(userBaseMinimum, `from ${USER} u where u.id = n.caused_by_id`),
    event: out.label('n.event', EVENTS),
    event_type: out.label('n.event_type', EVENT_TYPES),
    created_date: out.datetime('n.created_date'),
    read_at: out.datetime('n.read_at'),
    message: out.text('n.message'),
    caused_objects: out.json('n.caused_objects')
  })
})

const readMark = record({ read_at: field.datetime({ optional: true, null: true }) })

const ownRows =
  (request: FastifyRequest): Where =>
  params => [rowCondition(notificationAccess, actorOf(request), params)]

export function routes(app: FastifyInstance, scope: NotificationScope): void {
  notificationRoutes(app, scope)
  subscriptionRoutes(app, scope)
}

/** `notification/` (`docs/api/gateways-jobs.md §6.1`). */
function notificationRoutes(app: FastifyInstance, scope: NotificationScope): void {
  const { database, enqueue, facilities, repository, webPush } = scope

  app.get(
    '/api/v1/notification/',
    {
      config: OWN,
      schema: describe({
        summary: 'Own notifications',
        filters: notifications.filters,
        paging: 'limit',
        answer: notifications.shape
      })
    },
    async (request, reply) => sendJson(reply, await notifications.list(database, request, ownRows(request)))
  )

  app.get(
    '/api/v1/notification/public_key/',
    {
      config: { permission: 'public', scheme: 'user' },
      schema: describe({ summary: 'VAPID public key for web push subscriptions', answer: shape({ public_key: out.text("''") }) })
    },
    async () => ({ public_key: webPush.publicKey })
  )

  app.post(
    '/api/v1/notification/notify/',
    {
      config: { permission: 'notification.send' },
      schema: describe({
        summary: 'Send a message to the users of a facility',
        body: record({ facility: field.uuid(), message: field.text() }),
        status: 204
      })
    },
    async (request, reply) => {
      const actor = actorOf(request)
      const { facility: uuid, message } = (request.body ?? {}) as { readonly facility?: unknown; readonly message?: unknown }
      if (!uuid) throw invalid({ facility: 'is required' })
      if (!message) throw invalid({ message: 'is required' })
      if (typeof message !== 'string' || message.includes('\0')) throw invalid({ message: ['Not a valid string.'] })
      if (typeof uuid !== 'string' || !isUuid(uuid)) throw notAUuid(typeof uuid === 'string' ? uuid : JSON.stringify(uuid))
      await database.transaction(async tx => {
        const facility = await facilities.facilities.byUuid(tx, uuid, { nameableBy: actor })
        if (!facility) throw notFound('Facility')
        await enqueue(tx, 'message', { facilityId: facility.id, userId: actor.id, message })
      })
      return reply.code(204).send()
    }
  )

  app.get<One>(
    '/api/v1/notification/:id/',
    { config: OWN, schema: describe({ summary: 'One of the own notifications', answer: notifications.shape }) },
    async (request, reply) => sendJson(reply, await notifications.one(database, request.params.id, ownRows(request)))
  )

  for (const method of ['PUT', 'PATCH'] as const) {
    app.route<One>({
      method,
      url: '/api/v1/notification/:id/',
      config: OWN,
      schema: describe({ summary: 'Mark a notification as read, or as unread', body: readMark, answer: notifications.shape }),
      async handler(request, reply) {
        const json = await database.transaction(async tx => {
          const { id } = await notifications.row<{ id: number }>(tx, request.params.id, 'n.id', ownRows(request), true)
          const marked = await readInput(request, readMark, { db: tx, partial: true })
          await repository(Notification).update(tx, id, marked)
          return notifications.one(tx, request.params.id, ownRows(request))
        })
        return sendJson(reply, json)
      }
    })
  }
}

const SUBSCRIPTION_URL = '/api/v1/users/:username/pnconfig/'

const text = () => field.text({ optional: true, null: true, blank: true })
const subscriptionInput = record({ pf_endpoint: text(), pf_p256dh: text(), pf_auth: text() })

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

/** `users/{username}/pnconfig/`: always the caller's own subscription, whatever the name in the path (`docs/api/gateways-jobs.md §7`). */
function subscriptionRoutes(app: FastifyInstance, { database, ...scope }: NotificationScope): void {
  const { users } = scope['auth-permissions']

  app.get(
    SUBSCRIPTION_URL,
    { config: OWN, schema: describe({ summary: 'Own web push subscription', answer: subscription.shape }) },
    async (request, reply) => sendJson(reply, await subscription.one(database, actorOf(request).id))
  )

  app.patch(
    SUBSCRIPTION_URL,
    { config: OWN, schema: describe({ summary: 'Subscribe to web push; empty values unsubscribe', body: subscriptionInput }) },
    async (request, reply) => {
      const values = await readInput(request, subscriptionInput, { db: database, partial: true })
      await database.transaction(tx => users.setPush(tx, actorOf(request).id, values))
      return reply.code(200).send()
    }
  )
}
