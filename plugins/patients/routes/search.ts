import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Queryable } from 'care-kernel'
import { phoneField } from 'care-kernel/care'
import {
  actorOf,
  addressOf,
  describe,
  field,
  invalid,
  lookupIn,
  invalidPage,
  ordering,
  out,
  pageEnvelope,
  pageNumber,
  record,
  resource,
  sendJson,
  shape,
  type Query
} from 'care-kernel/rest'
import { GENDERS, RANK } from 'care-kernel/contracts/auth-permissions'
import { FACILITY } from 'care-kernel/contracts/facilities'
import { PatientSearch } from '../models.ts'
import { SCHEME } from './patients.ts'
import type { PatientScope } from '../services.ts'

const PAGE = 200
const optional = { optional: true } as const

const keysInput = record({
  phone_number: phoneField({ ...optional, types: ['mobile', 'landline'] }),
  name: field.text({ ...optional, max: 200 }),
  gender: field.label(GENDERS, optional),
  facility: field.reference(FACILITY, { ...optional, null: true }),
  allow_transfer: field.boolean(optional),
  is_active: field.boolean(optional)
})

const found = {
  name: 'PatientRegistration',
  from: 'facility_patientregistration p',
  key: { column: 'p.external_id', kind: 'uuid' },
  live: 'not p.deleted',
  pageSize: PAGE,
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
/** By phone number and name. The name is the first value of the statement. */
const byBoth = resource({ ...found, ordering: ordering({}, 'similarity(p.name, $1) desc, p.id') })

/** Names are compared once, for count and order; `$2` null: the last page. */
const BY_NAME = `with m as materialized (select id, likeness from kernel_patients_called($1) where likeness > 0.2),
  n as (select count(*) as count from m),
  page as (select id, likeness from m order by likeness desc, id
    limit ${PAGE} offset coalesce(($2::integer - 1)::bigint * ${PAGE}, (select greatest(count - 1, 0) / ${PAGE} * ${PAGE} from n)))
  select (select count from n) as count, (select coalesce('[' || string_agg(${found.shape.sql}::text, ',' order by page.likeness desc, page.id) || ']', '[]')
    from page join facility_patientregistration p on p.id = page.id) as results`

/** Patients by similarity of the name, most similar first. Throws 404 for a page beyond the last. */
async function named(db: Queryable, request: FastifyRequest, name: string): Promise<string> {
  const requested = pageNumber(request.query as Query)
  const { rows } = await db.query<{ count: number; results: string }>(BY_NAME, [name, requested === 'last' ? null : requested])
  const { count, results } = rows[0] ?? { count: 0, results: '[]' }
  const pages = Math.max(1, Math.ceil(count / PAGE))
  const page = requested === 'last' ? pages : requested
  if (page > pages) throw invalidPage()
  return pageEnvelope(count, results, { url: addressOf(request), page, pages })
}

/** `patient/search/`: patients of all facilities, to find earlier registrations (docs/api/patients.md §12); rate-limited and logged (FIX-8). */
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
      const { phone_number: phone, name } = await keysInput.parse(request.query, {
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
      await rateLimit.count(request, { group: 'patient-search', value: String(actor.id), rate, ratePerAddress: false })
      const json = phone
        ? await (wanted === undefined ? byPhone : byBoth).list(database, request, params => [
            wanted === undefined ? undefined : `similarity(p.name, ${params.add(wanted, 'text')}) > 0.2`,
            `p.phone_number = ${params.add(phone)}`
          ])
        : await named(database, request, wanted ?? '')
      const keys = [...(wanted === undefined ? [] : ['name']), ...(phone ? ['phone_number'] : [])]
      await logSearch(scope, { userId: actor.id, keys, page: json })
      return sendJson(reply, json)
    }
  )
}

interface SearchPage {
  readonly count: number
  readonly results: readonly { readonly patient_id: string }[]
}

/** Logs the user, the keys and the patients shown: a search shows patients of all facilities (FIX-8). */
async function logSearch(
  { database, clock, repository }: Pick<PatientScope, 'database' | 'clock' | 'repository'>,
  { userId, keys, page }: { readonly userId: number; readonly keys: readonly string[]; readonly page: string }
): Promise<void> {
  const { count, results } = JSON.parse(page) as SearchPage
  await repository(PatientSearch).insert(database, {
    searched_at: clock.now(),
    user_id: userId,
    keys,
    found: count,
    shown: results.map(({ patient_id: id }) => id)
  })
}
