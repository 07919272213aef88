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
import type { NotificationScope } from './scope.ts'

type One = { Params: { id: string } }

const own = resource({
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

const mark = record({ read_at: field.datetime({ optional: true, null: true }) })

const mine =
  (request: FastifyRequest): Where =>
  params => [rowCondition(notificationAccess, actorOf(request), params)]

/** `notification/` (contract gateways-jobs §6.1). */
export function notificationRoutes(app: FastifyInstance, scope: NotificationScope): void {
  const { database, enqueue, facilities, repository, webPush } = scope
  const config = { permission: 'notification.own' }

  app.get(
    '/api/v1/notification/',
    {
      config,
      schema: describe({ summary: "One's own notifications", filters: own.filters, paging: 'limit', answer: own.shape })
    },
    async (request, reply) => sendJson(reply, await own.list(database, request, mine(request)))
  )

  app.get(
    '/api/v1/notification/public_key/',
    {
      config: { permission: 'public', scheme: 'user' },
      schema: describe({ summary: 'What browsers subscribe to pushes with', answer: shape({ public_key: out.text("''") }) })
    },
    async () => ({ public_key: webPush.publicKey })
  )

  app.post(
    '/api/v1/notification/notify/',
    {
      config: { permission: 'notification.send' },
      schema: describe({
        summary: 'Write to everybody at a facility',
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
    { config, schema: describe({ summary: "One of one's own notifications", answer: own.shape }) },
    async (request, reply) => sendJson(reply, await own.one(database, request.params.id, mine(request)))
  )

  for (const method of ['PUT', 'PATCH'] as const) {
    app.route<One>({
      method,
      url: '/api/v1/notification/:id/',
      config,
      schema: describe({ summary: 'Mark a notification as read, or as unread', body: mark, answer: own.shape }),
      async handler(request, reply) {
        const json = await database.transaction(async tx => {
          const { id } = await own.row<{ id: number }>(tx, request.params.id, 'n.id', mine(request), true)
          const marked = await readInput(request, mark, { db: tx, partial: true })
          await repository(Notification).update(tx, id, marked)
          return own.one(tx, request.params.id, mine(request))
        })
        return sendJson(reply, json)
      }
    })
  }
}
