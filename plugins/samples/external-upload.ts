import { Invalid, invalid, rowsOf, type Actor, type Clock, type Messages, type Queryable, type Tx } from 'care-kernel'
import { BODY_TYPES } from './enumerations.ts'
import { externalResult } from './inputs.ts'
import { PatientExternalTest } from './models.ts'

type Item = Readonly<Record<string, unknown>>
type Refused = Readonly<Record<string, Messages>>

/** Where a result is said to be from, as far as it can be looked up; what is wrong with it otherwise. */
interface Named {
  readonly bodyType: number
  readonly localBody: string
  /** Undefined where no ward is named. */
  readonly ward: number | undefined
}
interface Place {
  readonly at: number
  readonly local_body_id: number | null
  readonly ward_id: number | null
}

const results = rowsOf(PatientExternalTest)
const ADD = `with made as (${results.insert} returning *) select id from made`
const PLACES = `select n.at::integer as at, l.id as local_body_id, w.id as ward_id
  from unnest($2::text[], $3::integer[], $4::integer[]) with ordinality n (name, type, ward, at)
  left join lateral (select b.id from users_localbody b
    where b.district_id = $1 and b.body_type = n.type and position(lower(n.name) in lower(b.name)) > 0 order by b.id limit 1) l on true
  left join lateral (select v.id from users_ward v where v.local_body_id = l.id and v.number = n.ward order by v.id limit 1) w on true`
const REQUESTED = `select distinct upper(p.srf_id) as srf from facility_patientregistration p
  where upper(p.srf_id) = any($1) and p.srf_id <> '' and not p.deleted`
const MOST = 2_147_483_647

/**
 * Adds what a laboratory reports, all or nothing (contract consultations §16): `sample_tests` is a list of results from the district of
 * whoever uploads it. Throws 400 with what is wrong with each result that cannot be.
 */
export async function upload(tx: Tx, actor: Actor, body: unknown, clock: Clock): Promise<void> {
  const items = itemsOf(body)
  const { districtId } = actor
  const {
    rows: [district]
  } = await tx.query<{ name: string }>('select name from users_district where id = $1', [districtId])
  if (items.some(({ district: name }) => name !== district?.name)) throw invalid({ Error: 'User must belong to same district' })
  if (items.length === 0) return

  const named = items.map(nameOf)
  const places = await placesOf(tx, districtId, named)
  const read = items.map((item, at) => resultOf(item, named[at], places[at]))
  const refused = read.filter(one => one instanceof Invalid).map(({ messages }) => messages)
  if (refused.length > 0) throw invalid(refused)
  const valid = read.filter(one => !(one instanceof Invalid)) as readonly Readonly<Record<string, unknown>>[]

  const { rows } = await tx.query<{ srf: string }>(REQUESTED, [valid.map(({ srf_id: id }) => String(id).toUpperCase())])
  const requested = new Set(rows.map(({ srf }) => srf))
  const now = clock.now().toISOString()
  await results.add(
    tx,
    ADD,
    valid.map(result => ({
      ...result,
      district_id: districtId,
      patient_created: requested.has(String(result.srf_id).toUpperCase()),
      created_date: now,
      modified_date: now
    }))
  )
}

function itemsOf(body: unknown): readonly Item[] {
  const list = (typeof body === 'object' && body !== null ? body : {}) as { readonly sample_tests?: unknown }
  if (list.sample_tests === undefined || list.sample_tests === null) throw invalid({ sample_tests: 'No Data was provided' })
  const { sample_tests: tests } = list
  if (!Array.isArray(tests) || !tests.every(isItem)) throw invalid({ sample_tests: 'Data should be provided as a list' })
  return tests
}

const isItem = (value: unknown): value is Item => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Where a result is from as it is written, checked in the original's order: the first thing wrong is told alone. */
function nameOf(item: Item): Named | Refused {
  const { local_body_type: type, local_body: body, ward } = item
  if (type === undefined) return { local_body_type: ['local_body_type is not present in data'] }
  if (!type) return { local_body_type: ['local_body_type cannot be empty'] }
  const bodyType = typeof type === 'string' ? BODY_TYPES[type.toLowerCase()] : undefined
  if (bodyType === undefined) return { local_body_type: ['Invalid Local Body Type'] }
  if (body === undefined) return { local_body: ['Local Body Not Present in Data'] }
  if (!body) return { local_body: ['Local Body Cannot Be Empty'] }
  if (typeof body !== 'string' || body.includes('\0')) return { local_body: ['Local Body Does not Exist'] }
  if (ward === undefined) return { bodyType, localBody: body, ward: undefined }
  const number = typeof ward === 'number' || typeof ward === 'string' ? Number(String(ward).trim() || 'x') : Number.NaN
  if (!Number.isInteger(number)) return { ward: ['Ward must be an integer value'] }
  if (number === 0) return { ward: ['Invalid pk "0" - object does not exist.'] }
  return { bodyType, localBody: body, ward: Math.abs(number) > MOST ? -1 : number }
}

const isNamed = (named: Named | Refused | undefined): named is Named => typeof (named as Named | undefined)?.bodyType === 'number'

/** One statement for all of them. */
async function placesOf(db: Queryable, districtId: number | null, named: readonly (Named | Refused)[]): Promise<Place[]> {
  const known = named.map(one => (isNamed(one) ? one : undefined))
  const { rows } = await db.query<Place>(PLACES, [
    districtId,
    known.map(one => one?.localBody ?? null),
    known.map(one => one?.bodyType ?? null),
    known.map(one => one?.ward ?? null)
  ])
  return rows.sort((one, other) => one.at - other.at)
}

function resultOf(
  item: Item,
  named: Named | Refused | undefined,
  place: Place | undefined
): Readonly<Record<string, unknown>> | Invalid {
  if (!isNamed(named)) return new Invalid(named ?? {})
  if (!place || place.local_body_id === null) return new Invalid({ local_body: ['Local Body Does not Exist'] })
  if (named.ward !== undefined && place.ward_id === null) return new Invalid({ ward: ['Ward Does not Exist'] })
  const values = externalResult.read(item, { arrival: { form: false, zone: 'UTC' } })
  return values instanceof Invalid ? values : { ...values, local_body_id: place.local_body_id, ward_id: place.ward_id }
}
