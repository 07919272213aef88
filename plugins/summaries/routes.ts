import type { FastifyInstance } from 'fastify'
import { FACILITY } from 'care-kernel/contracts/facilities'
import { DISTRICT } from 'care-kernel/contracts/places'
import {
  describe,
  filter,
  filters,
  isDate,
  ordering,
  out,
  resource,
  sendJson,
  shape,
  type Filter,
  type Resource,
  type Shape
} from 'care-kernel/rest'
import { KIND_NAMES, KINDS, SUBJECTS, type Kind } from './kinds.ts'
import type { SummaryScope } from './services.ts'
import { tagOf } from './summaries.ts'

/** Local midnight of a day, compared as the original does: `end_date` leaves that day's rows out (docs/api/gateways-jobs.md §9.1, QUIRK). */
const midnight = (operator: '>=' | '<='): Filter =>
  filter.custom(
    (text, params) =>
      isDate(text.trim())
        ? `s.created_date ${operator} ${params.add(text.trim(), 'date')}::timestamptz`
        : { error: 'Enter a valid date.' },
    { type: 'string', format: 'date' }
  )
const days = { start_date: midnight('>='), end_date: midnight('<=') }
const ofFacility = (of: Filter): Filter => filter.via(`s.facility_id in (select f.id from ${FACILITY} f where %)`, of)
const ofDistrict = (of: Filter): Filter => filter.via(`s.district_id in (select d.id from ${DISTRICT} d where %)`, of)

const FILTERS = {
  facility: filters({
    ...days,
    facility: filter.externalId(FACILITY, 's.facility_id'),
    district: ofFacility(filter.number('f.district_id')),
    local_body: ofFacility(filter.number('f.local_body_id')),
    state: ofFacility(filter.number('f.state_id'))
  }),
  district: filters({ ...days, district: filter.number('s.district_id'), state: ofDistrict(filter.number('d.state_id')) })
} as const

const dates = { created_date: out.datetime('s.created_date'), modified_date: out.datetime('s.modified_date') }
const districtShape = shape({ ...dates, data: out.json('s.data'), district: out.integer('s.district_id') })

/** Hidden from unauthenticated requests: the address of a facility's middleware (docs/api/gateways-jobs.md §9.1, FIX). */
const HIDDEN = 'middleware_address'

function facilityShapes(full: Shape): { readonly authenticated: Shape; readonly anonymous: Shape } {
  const shown = shape(Object.fromEntries(Object.entries(full.fields).filter(([name]) => name !== HIDDEN)))
  const of = (facility: Shape, data: string) =>
    shape({
      facility: out.object(facility, `from ${FACILITY} f where f.id = s.facility_id`),
      ...dates,
      data: out.json(data)
    })
  return { authenticated: of(full, 's.data'), anonymous: of(shown, `s.data - '${HIDDEN}'`) }
}

function readsOf({ type, subject }: Kind, shown: Shape): Resource {
  return resource({
    name: 'Summary',
    from: `${SUBJECTS[subject].table} s`,
    key: { column: 's.id', kind: 'uuid' },
    live: `s.s_type = '${type}'`,
    filters: FILTERS[subject],
    ordering: ordering({}, 's.created_date desc, s.id'),
    shape: shown
  })
}

/** The lists of summaries, newest first (docs/api/gateways-jobs.md §9.1). A token is optional; a bad one is refused. */
export function routes(app: FastifyInstance, { config, database, facilities }: SummaryScope): void {
  const ofFacilities = facilityShapes(facilities.facilities.shapes.full)
  for (const name of KIND_NAMES) {
    const { path, cacheSeconds: seconds, ...kind }: Kind = KINDS[name]
    const { authenticated, anonymous } =
      kind.subject === 'facility' ? ofFacilities : { authenticated: districtShape, anonymous: districtShape }
    const rows = readsOf({ path, cacheSeconds: seconds, ...kind }, authenticated)
    app.get(
      `/api/v1/${path}/`,
      {
        config: {
          permission: config.anonymous ? 'public' : 'authenticated',
          scheme: 'user',
          cache: { seconds, tag: tagOf(name) }
        },
        schema: describe({
          summary: `${kind.type} by ${kind.subject} and day`,
          filters: rows.filters,
          paging: 'limit',
          answer: authenticated
        })
      },
      async (request, reply) =>
        sendJson(reply, await rows.list(database, request, undefined, request.actor ? authenticated : anonymous))
    )
  }
}
