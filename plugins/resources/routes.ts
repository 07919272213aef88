import type { FastifyInstance, FastifyRequest } from 'fastify'
import { rowDisjunction } from 'care-kernel/access'
import { actorOf, describe, invalid, readInput, sendJson, sendList, type Where } from 'care-kernel/rest'
import { commentRoutes, commentShape, type FacilitiesOfRequest } from 'care-kernel/toolkits/facilities'
import { PENDING } from './enumerations.ts'
import { resourceInput } from './inputs.ts'
import type { ResourceScope } from './manifest.ts'
import { ResourceRequest, ResourceRequestComment } from './models.ts'
import { MAY_SET } from './policy.ts'
import { parties, resourceFilters, resourceRequests } from './reads.ts'
import { resourceAccess } from './row-access.ts'

type One = { Params: { id: string } }
type Query = Record<string, string | string[]>

interface Row extends FacilitiesOfRequest {
  readonly id: number
  readonly external_id: string
  readonly origin_facility_id: number
}

const visible =
  (request: FastifyRequest): Where =>
  params => [rowDisjunction(resourceAccess, actorOf(request), params)]

/** The detail applies the filters of the list, too. */
const visibleAndFiltered =
  (request: FastifyRequest): Where =>
  params => [...visible(request)(params), ...resourceFilters.compile(request.query as Query, params)]

/** `resource/` (`docs/api/shifting-resources.md §9`). */
export function resourceRoutes(app: FastifyInstance, scope: ResourceScope): void {
  const {
    database,
    facilities: { facilities },
    permissions,
    repository
  } = scope
  const requests = resourceRequests(facilities.shapes)
  const answer = requests.shape

  app.get(
    '/api/v1/resource/',
    {
      config: { permission: 'resource.read', permissionBefore405: 'resource.create' },
      schema: describe({
        summary: 'Visible requests for resources; as CSV with `csv`',
        filters: requests.filters,
        ordering: requests.ordering,
        paging: 'limit',
        answer
      })
    },
    async (request, reply) => sendList(request, reply, database, requests, visible(request))
  )

  app.post(
    '/api/v1/resource/',
    {
      config: { permission: 'resource.create' },
      schema: describe({ summary: 'Create a request for resources', body: resourceInput, answer, status: 201 })
    },
    async (request, reply) => {
      const actor = actorOf(request)
      const json = await database.transaction(async tx => {
        const values = await readInput(request, resourceInput, { db: tx })
        const origin = await facilities.byId(tx, values.origin_facility, { hold: true })
        if (!origin || !permissions.allows(actor, 'resource.create', origin))
          throw invalid({ origin_facility: ['object with this id not found'] })
        const made = await repository(ResourceRequest).insert(tx, { ...resourceInput.columns(values), status: PENDING })
        return requests.one(tx, made.external_id)
      })
      return sendJson(reply, json, 201)
    }
  )

  app.get<One>(
    '/api/v1/resource/:id/',
    {
      config: { permission: 'resource.read', permissionBefore405: 'resource.update' },
      schema: describe({ summary: 'One request for resources', answer })
    },
    async (request, reply) => sendJson(reply, await requests.one(database, request.params.id, visibleAndFiltered(request)))
  )

  for (const method of ['PUT', 'PATCH'] as const) {
    app.route<One>({
      method,
      url: '/api/v1/resource/:id/',
      config: { permission: 'resource.update' },
      schema: describe({ summary: 'Change a request for resources', body: resourceInput, answer }),
      async handler(request, reply) {
        const actor = actorOf(request)
        const json = await database.transaction(async tx => {
          const columns = `r.id, r.external_id, r.origin_facility_id, ${parties.columns}`
          const row = await requests.row<Row>(tx, request.params.id, columns, visibleAndFiltered(request), true)
          // PUT is partial, too (§9.2). The origin never changes.
          const values = await readInput(request, resourceInput, { db: tx, partial: true })
          if (values.status !== undefined && !MAY_SET[values.status]?.test(actor, row))
            throw invalid({ status: ['Permission Denied'] })
          await repository(ResourceRequest).update(tx, row.id, {
            ...resourceInput.columns(values),
            origin_facility_id: row.origin_facility_id
          })
          return requests.one(tx, row.external_id)
        })
        return sendJson(reply, json)
      }
    })
  }

  commentRoutes(app, scope, {
    path: 'resource',
    requests,
    rowAccess: resourceAccess,
    model: ResourceRequestComment,
    permissions: { read: 'resource.read', write: 'resource.comment' },
    shapes: { listed: commentShape, one: commentShape }
  })
}
