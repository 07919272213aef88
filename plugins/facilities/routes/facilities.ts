import type { FastifyInstance, FastifyRequest } from 'fastify'
import { actorOf, describe, readInput, sendJson } from 'care-kernel/rest'
import type { FacilityRow } from '../contract.ts'
import { facilityCsv } from '../csv.ts'
import { FACILITY_ROW } from '../facilities.ts'
import { filteredBy, facilityReads, visibleAndFiltered, visibleTo } from '../reads.ts'
import { facilityInput } from '../inputs.ts'
import type { FacilityScope } from '../services.ts'

type One = { Params: { id: string } }

const given = ({ query }: FastifyRequest, name: string) => Object.hasOwn(query as object, name)
const wantsBasic = ({ query }: FastifyRequest) => (query as Record<string, unknown>).all === 'true'

/** `facility/` and `getallfacilities/` (docs/api/facilities.md §4, §5). The row access of a read implies its object rule FACREAD. */
export function facilityRoutes(app: FastifyInstance, scope: FacilityScope): void {
  const { database, facilities, permissions } = scope
  const { shapes } = facilities
  const { listed, plain } = facilityReads(shapes)
  const csv = facilityCsv(scope)
  const shapeFor = (request: FastifyRequest) => (wantsBasic(request) ? shapes.basic : shapes.full)

  app.get(
    '/api/v1/facility/',
    {
      config: { permission: 'facility.read', permissionBefore405: 'facility.create' },
      schema: describe({
        summary: 'Facilities one sees; with `csv` as a table',
        filters: listed.filters,
        paging: 'limit',
        answer: shapes.full
      })
    },
    async (request, reply) => {
      const visible = visibleTo(actorOf(request))
      if (given(request, 'csv')) return csv(request, reply, visible)
      return sendJson(reply, await listed.list(database, request, visible, shapeFor(request)))
    }
  )

  app.post(
    '/api/v1/facility/',
    {
      config: { permission: 'facility.create' },
      schema: describe({ summary: 'Add a facility', body: facilityInput, answer: shapes.full, status: 201 })
    },
    async (request, reply) => {
      const json = await database.transaction(async tx => {
        await facilities.requirePlaces(tx, request.body)
        const values = await readInput(request, facilityInput, { db: tx })
        const { uuid } = await facilities.create(tx, actorOf(request).id, values)
        return plain.one(tx, uuid)
      })
      return sendJson(reply, json, 201)
    }
  )

  app.get<One>(
    '/api/v1/facility/:id/',
    { config: { permission: 'facility.read' }, schema: describe({ summary: 'One facility', answer: shapes.full }) },
    async (request, reply) =>
      sendJson(
        reply,
        await plain.one(database, request.params.id, visibleAndFiltered(actorOf(request), request), shapeFor(request))
      )
  )

  for (const method of ['PUT', 'PATCH'] as const) {
    app.route<One>({
      method,
      url: '/api/v1/facility/:id/',
      config: { permission: 'facility.update' },
      schema: describe({ summary: 'Change a facility', body: facilityInput, answer: shapes.full }),
      async handler(request, reply) {
        const actor = actorOf(request)
        const json = await database.transaction(async tx => {
          const facility = await plain.row<FacilityRow>(
            tx,
            request.params.id,
            FACILITY_ROW,
            visibleAndFiltered(actor, request),
            true
          )
          permissions.check(actor, 'facility.update', facility)
          const values = await (method === 'PATCH'
            ? readInput(request, facilityInput, { db: tx, partial: true })
            : readInput(request, facilityInput, { db: tx }))
          await facilities.update(tx, facility, values)
          return plain.one(tx, facility.external_id)
        })
        return sendJson(reply, json)
      }
    })
  }

  app.delete<One>(
    '/api/v1/facility/:id/',
    { config: { permission: 'facility.delete' }, schema: describe({ summary: 'Delete a facility', status: 204 }) },
    async (request, reply) => {
      const actor = actorOf(request)
      await database.transaction(async tx => {
        const facility = await plain.row<FacilityRow>(
          tx,
          request.params.id,
          FACILITY_ROW,
          visibleAndFiltered(actor, request),
          true
        )
        permissions.check(actor, 'facility.delete', facility)
        await facilities.remove(tx, actor, facility)
      })
      return reply.code(204).send()
    }
  )

  const open = { permission: 'public', scheme: 'user' }
  app.get(
    '/api/v1/getallfacilities/',
    {
      config: open,
      schema: describe({ summary: 'Every facility', filters: listed.filters, paging: 'limit', answer: shapes.basic })
    },
    async (request, reply) => sendJson(reply, await listed.list(database, request, undefined, shapes.basic))
  )
  app.get<One>(
    '/api/v1/getallfacilities/:id/',
    { config: open, schema: describe({ summary: 'One of every facility', answer: shapes.basic }) },
    async (request, reply) => sendJson(reply, await plain.one(database, request.params.id, filteredBy(request), shapes.basic))
  )
}
