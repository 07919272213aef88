import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Actor, Queryable, Tx } from 'care-kernel'
import { rowCondition } from 'care-kernel/access'
import { refusingDuplicates } from 'care-kernel/data'
import {
  actorOf,
  describe,
  invalid,
  isUuid,
  notAUuid,
  ordering,
  out,
  readInput,
  resource,
  sendJson,
  shape
} from 'care-kernel/rest'
import { facilitiesNameableBy } from 'care-kernel/contracts/auth-permissions'
import { facilityReads } from '../reads.ts'
import { spokeInput } from '../inputs.ts'
import { FacilityHubSpoke } from '../models.ts'
import { requireWritable, type OfFacility } from './reports.ts'
import type { FacilityScope } from '../services.ts'

type Link = { Params: { facility: string; id: string } }
interface LinkRow {
  readonly id: number
  readonly spoke_id: number
}

const LINKED = { spoke: ['Facility is already a spoke/hub'] }
const ITSELF = { spoke: ["Cannot set a facility as it's own spoke"] }
const ANCESTOR = ['This facility is already an ancestor hub']
/** Serializes writes of links, because two concurrent ones could close a cycle. */
const LOCK = `select pg_advisory_xact_lock(hashtext('facility_facilityhubspoke'))`
const ANCESTORS = `with recursive above(id) as (
    select $1::bigint union select k.hub_id from facility_facilityhubspoke k join above on k.spoke_id = above.id where not k.deleted and k.id <> $3
  ) select exists (select from above where id = $2) as found`

const nameable = facilitiesNameableBy('f')

/** `facility/{hub}/spokes/` and `facility/{spoke}/hubs/` (docs/api/facilities.md §8). */
export function spokeRoutes(app: FastifyInstance, scope: FacilityScope): void {
  const { database, facilities } = scope
  const spokes = scope.repository(FacilityHubSpoke)
  const { basic } = facilities.shapes
  const { plain } = facilityReads(facilities.shapes)
  const links = resource({
    name: 'FacilityHubSpoke',
    from: 'facility_facilityhubspoke k',
    key: { column: 'k.external_id', kind: 'uuid' },
    live: 'not k.deleted',
    ordering: ordering({}, 'k.id'),
    shape: shape({
      id: out.uuid('k.external_id'),
      hub_object: out.object(basic, 'from facility_facility f where f.id = k.hub_id'),
      spoke_object: out.object(basic, 'from facility_facility f where f.id = k.spoke_id'),
      relationship: out.integer('k.relationship'),
      created_date: out.datetime('k.created_date'),
      modified_date: out.datetime('k.modified_date')
    })
  })

  /** The key of the facility of the path if the actor may name it; 404 otherwise. */
  async function pathFacility(db: Queryable, actor: Actor, uuid: string): Promise<number> {
    if (!isUuid(uuid)) throw notAUuid(uuid)
    const { id } = await plain.row<{ id: number }>(db, uuid, 'f.id', params => [rowCondition(nameable, actor, params)])
    return id
  }

  /** The input of a request; its spoke is checked against all live links except `link`. */
  async function read(tx: Tx, request: FastifyRequest, hub: number, link?: LinkRow) {
    const partial = request.method === 'PATCH'
    const { spoke, ...rest } = await (partial
      ? readInput(request, spokeInput, { db: tx, partial })
      : readInput(request, spokeInput, { db: tx }))
    if (spoke === hub) throw invalid(ITSELF)
    await tx.query(LOCK)
    if (spoke !== undefined) {
      const { rows } = await tx.query(
        'select 1 from facility_facilityhubspoke where not deleted and ((hub_id = $1 and spoke_id = $2) or (hub_id = $2 and spoke_id = $1)) limit 1',
        [hub, spoke]
      )
      if (rows.length > 0) throw invalid(LINKED)
    }
    const {
      rows: [ancestor]
    } = await tx.query<{ found: boolean }>(ANCESTORS, [hub, spoke ?? link?.spoke_id ?? 0, link?.id ?? 0])
    if (ancestor?.found) throw invalid(ANCESTOR)
    return { ...rest, ...(spoke === undefined ? {} : { spoke_id: spoke }) }
  }
  const repeated = { unique_hub_spoke: () => invalid(LINKED) }

  const url = '/api/v1/facility/:facility/spokes/'
  const reading = { permission: 'facility.part.read', permissionBefore405: 'facility.part.write' }
  const writing = { config: { permission: 'facility.part.write' }, onRequest: requireWritable(scope) }
  const answer = links.shape

  app.get<OfFacility>(
    url,
    { config: reading, schema: describe({ summary: 'Spokes of a facility', paging: 'limit', answer }) },
    async (request, reply) => {
      const hub = await pathFacility(database, actorOf(request), request.params.facility)
      return sendJson(reply, await links.list(database, request, params => [`k.hub_id = ${params.add(hub)}`]))
    }
  )

  app.post<OfFacility>(
    url,
    { ...writing, schema: describe({ summary: 'Add a spoke', body: spokeInput, answer, status: 201 }) },
    async (request, reply) => {
      const json = await database.transaction(async tx => {
        const hub = await pathFacility(tx, actorOf(request), request.params.facility)
        const values = await read(tx, request, hub)
        const made = await refusingDuplicates(repeated, () => spokes.insert(tx, { hub_id: hub, ...values }))
        return links.one(tx, made.external_id)
      })
      return sendJson(reply, json, 201)
    }
  )

  app.get<Link>(`${url}:id/`, { config: reading, schema: describe({ summary: 'One spoke', answer }) }, async (request, reply) => {
    const hub = await pathFacility(database, actorOf(request), request.params.facility)
    return sendJson(reply, await links.one(database, request.params.id, params => [`k.hub_id = ${params.add(hub)}`]))
  })

  for (const method of ['PUT', 'PATCH'] as const) {
    app.route<Link>({
      method,
      url: `${url}:id/`,
      ...writing,
      schema: describe({ summary: 'Change a spoke', body: spokeInput, answer }),
      async handler(request, reply) {
        const json = await database.transaction(async tx => {
          const hub = await pathFacility(tx, actorOf(request), request.params.facility)
          const link = await links.row<LinkRow>(
            tx,
            request.params.id,
            'k.id, k.spoke_id',
            params => [`k.hub_id = ${params.add(hub)}`],
            true
          )
          const values = await read(tx, request, hub, link)
          await refusingDuplicates(repeated, () => spokes.update(tx, link.id, values))
          return links.one(tx, request.params.id)
        })
        return sendJson(reply, json)
      }
    })
  }

  app.delete<Link>(
    `${url}:id/`,
    { ...writing, schema: describe({ summary: 'Remove a spoke', status: 204 }) },
    async (request, reply) => {
      await database.transaction(async tx => {
        const hub = await pathFacility(tx, actorOf(request), request.params.facility)
        const { id } = await links.row<LinkRow>(tx, request.params.id, 'k.id', params => [`k.hub_id = ${params.add(hub)}`], true)
        await spokes.delete(tx, id)
      })
      return reply.code(204).send()
    }
  )

  app.get<OfFacility>(
    '/api/v1/facility/:facility/hubs/',
    {
      config: { permission: 'facility.hubs.read' },
      schema: describe({ summary: 'Hubs of a facility', paging: 'limit', answer })
    },
    async (request, reply) => {
      const spoke = await pathFacility(database, actorOf(request), request.params.facility)
      return sendJson(reply, await links.list(database, request, params => [`k.spoke_id = ${params.add(spoke)}`]))
    }
  )
}
