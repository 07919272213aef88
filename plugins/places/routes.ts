import type { FastifyInstance } from 'fastify'
import { describe, sendJson, type Resource, type Shape } from 'care-kernel/rest'
import { districts, localBodies, states, wards } from './reads.ts'
import { districtObject, localBodyObject, localBodyWithWards } from './outputs.ts'
import type { PlacesScope } from './services.ts'

const PATHS: readonly (readonly [string, Resource])[] = [
  ['state', states],
  ['district', districts],
  ['local_body', localBodies],
  ['ward', wards]
]

interface Nested {
  readonly url: string
  readonly parent: Resource
  readonly of: Resource
  readonly column: string
  readonly shape: Shape
}

const NESTED: readonly Nested[] = [
  { url: 'state/:id/districts', parent: states, of: districts, column: 'd.state_id', shape: districtObject },
  { url: 'district/:id/local_bodies', parent: districts, of: localBodies, column: 'l.district_id', shape: localBodyObject },
  {
    url: 'district/:id/get_all_local_body',
    parent: districts,
    of: localBodies,
    column: 'l.district_id',
    shape: localBodyWithWards
  }
]

/** Reads for any authenticated user; the answers are cached for all until places change (docs/api/auth-users.md §5, §1.15). */
export function routes(app: FastifyInstance, { database }: PlacesScope): void {
  const cached = (seconds: number, schema: object) => ({
    schema,
    config: { permission: 'place.read', cache: { seconds, tag: 'places' } }
  })
  for (const [path, resource] of PATHS) {
    const { filters, shape: answer } = resource
    app.get(
      `/api/v1/${path}/`,
      cached(6000, describe({ summary: `Every ${path}`, filters, paging: 'page', answer })),
      async (request, reply) => sendJson(reply, await resource.list(database, request))
    )
    app.get<{ Params: { id: string } }>(
      `/api/v1/${path}/:id/`,
      cached(6000, describe({ summary: `One ${path}`, answer })),
      async ({ params }, reply) => sendJson(reply, await resource.one(database, params.id))
    )
  }
  for (const { url, parent, of, column, shape } of NESTED) {
    app.get<{ Params: { id: string } }>(
      `/api/v1/${url}/`,
      cached(3600, describe({ summary: `All of one ${parent.name}`, answer: shape })),
      async (request, reply) => {
        await parent.row(database, request.params.id, '1 as found')
        return sendJson(
          reply,
          await of.all(database, request, params => [`${column} = ${params.add(Number(request.params.id))}`], shape)
        )
      }
    )
  }
}
