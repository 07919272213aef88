import type { FastifyInstance } from 'fastify'
import { actorOf, describe, field, invalid, lookupIn, ordering, out, record, resource, sendJson, shape } from 'care-kernel'
import { GENDERS, RANK } from 'care-kernel/contracts/auth-permissions'
import { keepSearch } from './search-log.ts'
import { SCHEME } from './patient-routes.ts'
import type { PatientScope } from './scope.ts'

const NO_LIMIT = '1000000000/m'
const optional = { optional: true } as const

const asked = record({
  phone_number: field.phone({ ...optional, types: ['mobile', 'landline'] }),
  name: field.text({ ...optional, max: 200 }),
  gender: field.label(GENDERS, optional),
  facility: field.reference('facility_facility', { ...optional, null: true }),
  allow_transfer: field.boolean(optional),
  is_active: field.boolean(optional)
})

const found = {
  name: 'PatientRegistration',
  from: 'facility_patientregistration p',
  key: { column: 'p.external_id', kind: 'uuid' },
  live: 'not p.deleted',
  pageSize: 200,
  shape: shape({
    patient_id: out.uuid('p.external_id'),
    name: out.text('p.name'),
    gender: out.label('p.gender', GENDERS),
    phone_number: out.text('p.phone_number'),
    state_id: out.integer('p.state_id'),
    facility: out.integer('p.facility_id'),
    allow_transfer: out.boolean('p.allow_transfer'),
    is_active: out.boolean('p.is_active'),
    is_expired: out.boolean('(p.death_datetime is not null)')
  })
} as const
const byPhone = resource({ ...found, ordering: ordering({}, 'p.id') })
/** The name is always the first value of the statement. */
const byName = resource({ ...found, ordering: ordering({}, 'similarity(p.name, $1) desc, p.id') })

/** `patient/search/`: patients of all facilities, to find out whether somebody is registered already (contract patients §12); counted and kept (FIX-8). */
export function searchRoutes(app: FastifyInstance, scope: PatientScope): void {
  const { config, database } = scope
  const { rateLimit } = scope['auth-permissions']
  const rate = `${config.searchesPerMinute}/m`

  app.get(
    '/api/v1/patient/search/',
    {
      config: { permission: 'patient.search', scheme: SCHEME },
      schema: describe({ summary: 'Find a patient of any facility by phone number or name', paging: 'page', answer: found.shape })
    },
    async (request, reply) => {
      const { phone_number: phone, name } = await asked.parse(request.query, {
        partial: true,
        arrival: { form: true, zone: 'Asia/Kolkata' },
        lookup: lookupIn(database)
      })
      const actor = actorOf(request)
      const namesAllowed = actor.userType >= RANK.districtLabAdmin
      const wanted = namesAllowed && name ? name : undefined
      if (!phone && wanted === undefined)
        throw invalid({
          detail: [
            `None of the search keys provided. Available: date_of_birth, year_of_birth, phone_number, ${namesAllowed ? 'name, ' : ''}age`
          ]
        })
      // Per user only: a hospital has one address for all of its people.
      await rateLimit.count(request, { group: 'patient-search', value: String(actor.id), rate, ratePerAddress: NO_LIMIT })
      const json = await (wanted === undefined ? byPhone : byName).list(database, request, params => {
        const alike = wanted === undefined ? undefined : params.add(wanted, 'text')
        return [
          alike && `p.id in (select kernel_patients_named(${alike}))`,
          alike && `similarity(p.name, ${alike}) > 0.2`,
          phone ? `p.phone_number = ${params.add(phone)}` : undefined
        ]
      })
      const keys = [...(wanted === undefined ? [] : ['name']), ...(phone ? ['phone_number'] : [])]
      await keepSearch(scope, { userId: actor.id, keys, page: json })
      return sendJson(reply, json)
    }
  )
}
