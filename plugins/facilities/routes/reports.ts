import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Actor, Tx } from 'care-kernel'
import { rowCondition } from 'care-kernel/access'
import {
  actorOf,
  denied,
  describe,
  isUuid,
  notAUuid,
  sendJson,
  type RecordInput,
  type Resource,
  type Where
} from 'care-kernel/rest'
import { facilitiesOf } from 'care-kernel/contracts/auth-permissions'
import type { FacilityRow } from '../contract.ts'
import type { FacilityScope } from '../services.ts'

/** What a facility reports, one row per number of an enumeration: capacity by room type, doctors by area. `p` is the row. */
export interface Report<Row> {
  /** `facility/{id}/<path>/` */
  readonly path: string
  readonly what: string
  readonly rows: Resource
  readonly input: RecordInput
  /** Columns of the locked row that `change` and `remove` receive. */
  readonly columns: string
  /** Reads the input and writes it; returns the number that identifies the row. */
  add(tx: Tx, request: FastifyRequest, facility: FacilityRow): Promise<number>
  change(tx: Tx, request: FastifyRequest, row: Row): Promise<number>
  remove(tx: Tx, request: FastifyRequest, row: Row): Promise<void>
}

export type OfFacility = { Params: { facility: string } }
export type OfReport = { Params: { facility: string; key: string } }

const reached = facilitiesOf('f')

/** Rows of the facility of the path if the actor reaches it; none otherwise. 400 for a malformed uuid. */
export function ofFacility(column: string, uuid: string, actor: Actor): Where {
  if (!isUuid(uuid)) throw notAUuid(uuid)
  return params => [
    `${column} in (select f.id from facility_facility f where f.external_id = ${params.add(uuid)} and not f.deleted and (${rowCondition(reached, actor, params)}))`
  ]
}

/** Checks FWRITE for the facility of the path before the body is read, as the original does (docs/api/facilities.md §1.6). */
export function requireWritable({ database, facilities }: FacilityScope) {
  return async (request: FastifyRequest<OfFacility>): Promise<void> => {
    await facilities.writable(database, actorOf(request), request.params.facility)
  }
}

/** Mounts list, detail and writes of one kind of report (docs/api/facilities.md §7). */
export function reportRoutes<Row>(
  app: FastifyInstance,
  scope: FacilityScope,
  { path, what, rows, input, columns, add, change, remove }: Report<Row>
): void {
  const { database, facilities } = scope
  const url = `/api/v1/facility/:facility/${path}/`
  const read = { permission: 'facility.part.read', permissionBefore405: 'facility.part.write' }
  const write = { config: { permission: 'facility.part.write' }, onRequest: requireWritable(scope) }
  const answer = rows.shape

  app.get<OfFacility>(
    url,
    { config: read, schema: describe({ summary: `${what} of a facility`, paging: 'limit', answer }) },
    async (request, reply) =>
      sendJson(reply, await rows.list(database, request, ofFacility('p.facility_id', request.params.facility, actorOf(request))))
  )

  app.post<OfFacility>(
    url,
    { ...write, schema: describe({ summary: `Report ${what.toLowerCase()}`, body: input, answer, status: 201 }) },
    async (request, reply) => {
      const json = await database.transaction(async tx => {
        const facility = await facilities.byUuid(tx, request.params.facility, { hold: true })
        if (!facility) throw denied()
        const key = await add(tx, request, facility)
        return rows.one(tx, key, params => [`p.facility_id = ${params.add(facility.id)}`])
      })
      return sendJson(reply, json, 201)
    }
  )

  app.get<OfReport>(
    `${url}:key/`,
    { config: read, schema: describe({ summary: `${what} of one kind`, answer }) },
    async (request, reply) =>
      sendJson(
        reply,
        await rows.one(database, request.params.key, ofFacility('p.facility_id', request.params.facility, actorOf(request)))
      )
  )

  for (const method of ['PUT', 'PATCH'] as const) {
    app.route<OfReport>({
      method,
      url: `${url}:key/`,
      ...write,
      schema: describe({ summary: `Change ${what.toLowerCase()}`, body: input, answer }),
      async handler(request, reply) {
        const where = ofFacility('p.facility_id', request.params.facility, actorOf(request))
        const json = await database.transaction(async tx => {
          const row = await rows.row<Row>(tx, request.params.key, columns, where, true)
          return rows.one(tx, await change(tx, request, row), where)
        })
        return sendJson(reply, json)
      }
    })
  }

  app.delete<OfReport>(
    `${url}:key/`,
    { ...write, schema: describe({ summary: `Withdraw ${what.toLowerCase()}`, status: 204 }) },
    async (request, reply) => {
      const where = ofFacility('p.facility_id', request.params.facility, actorOf(request))
      await database.transaction(async tx =>
        remove(tx, request as FastifyRequest, await rows.row<Row>(tx, request.params.key, columns, where, true))
      )
      return reply.code(204).send()
    }
  )
}
