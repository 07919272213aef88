import type { FastifyRequest } from 'fastify'
import type { Actor, Relation } from 'care-kernel'
import { rowCondition } from 'care-kernel/access'
import { filter, filters, ordering, resource, type Filters, type Resource, type Where } from 'care-kernel/rest'
import { facilitiesOf, USER } from 'care-kernel/contracts/auth-permissions'
import { DISTRICT, LOCAL_BODY, STATE } from 'care-kernel/contracts/places'
import type { FacilityShapes } from './outputs.ts'

const nameOf = (table: Relation, column: string) => `(select x.name from ${table} x where x.id = ${column})`
const [localBody, district, state] = [
  nameOf(LOCAL_BODY, 'f.local_body_id'),
  nameOf(DISTRICT, 'f.district_id'),
  nameOf(STATE, 'f.state_id')
]

/** docs/api/facilities.md §4.2. */
export const facilityFilters: Filters = filters({
  name: filter.contains('f.name'),
  facility_type: filter.number('f.facility_type'),
  district: filter.number('f.district_id'),
  district_name: filter.contains(district),
  local_body: filter.number('f.local_body_id'),
  local_body_name: filter.contains(localBody),
  state: filter.number('f.state_id'),
  state_name: filter.contains(state),
  kasp_empanelled: filter.bool('f.kasp_empanelled'),
  exclude_user: filter.custom(
    (text, params) =>
      `not exists (select from facility_facilityuser m join ${USER} x on x.id = m.user_id where m.facility_id = f.id and x.username = ${params.add(text.trim(), 'text')})`
  ),
  search_text: filter.search('f.name', district, state)
})

const reached = facilitiesOf('f')

/** Facilities an actor sees: QS of docs/api/facilities.md §4.1. */
export const visibleTo =
  (actor: Actor): Where =>
  params => [rowCondition(reached, actor, params)]

/** The same with the filters of the request, which apply to details too. */
export const visibleAndFiltered =
  (actor: Actor, request: FastifyRequest): Where =>
  params => [rowCondition(reached, actor, params), ...filteredBy(request)(params)]

/** The filters of the request alone, for the public routes. */
export const filteredBy =
  (request: FastifyRequest): Where =>
  params =>
    facilityFilters.compile(request.query as Record<string, string | string[]>, params)

/** The reads of facilities in one deployment. */
export interface FacilityReads {
  readonly listed: Resource
  /** Without filters: what a path names, what a user has. */
  readonly plain: Resource
}

/** Makes the reads of a deployment. */
export function facilityReads(shapes: FacilityShapes): FacilityReads {
  const facility = {
    name: 'Facility',
    from: 'facility_facility f',
    key: { column: 'f.external_id', kind: 'uuid' },
    live: 'not f.deleted',
    shape: shapes.full,
    ordering: ordering({}, 'f.id')
  } as const
  return { listed: resource({ ...facility, filters: facilityFilters }), plain: resource(facility) }
}
