import type { Actor, Queryable, Tx } from 'care-kernel'
import { PATIENT } from 'care-kernel/contracts/patients'
import { DISTRICT, LOCAL_BODY, WARD } from 'care-kernel/contracts/places'
import type { Repositories } from 'care-kernel/data'
import { Invalid, invalid } from 'care-kernel/rest'
import { BODY_TYPES } from './enumerations.ts'
import { externalResult } from './inputs.ts'
import { PatientExternalTest } from './models.ts'

type Item = Readonly<Record<string, unknown>>

const REQUESTED = `select distinct upper(p.srf_id) as srf from ${PATIENT} p
  where upper(p.srf_id) = any($1) and p.srf_id <> '' and not p.deleted`

/**
 * Inserts the results of an upload, all or none (`docs/api/consultations.md §16`): `sample_tests` is a list of results of the actor's
 * district. Throws 400 with the errors of each invalid result.
 */
export async function uploadResults(tx: Tx, actor: Actor, body: unknown, repository: Repositories): Promise<void> {
  const items = itemsOf(body)
  const { districtId } = actor
  const {
    rows: [district]
  } = await tx.query<{ name: string }>(`select name from ${DISTRICT} where id = $1`, [districtId])
  if (items.some(({ district: name }) => name !== district?.name)) throw invalid({ Error: 'User must belong to same district' })
  if (items.length === 0) return

  const places = await placesOf(tx, districtId, items)
  const read = places.map((place, at) => (place instanceof Invalid ? place : resultOf(items[at] ?? {}, place)))
  const refused = read.flatMap(one => (one instanceof Invalid ? [one.messages] : []))
  if (refused.length > 0) throw invalid(refused)
  const valid = read.flatMap(one => (one instanceof Invalid ? [] : [one]))

  const { rows } = await tx.query<{ srf: string }>(REQUESTED, [valid.map(({ srf_id: id }) => String(id).toUpperCase())])
  const requested = new Set(rows.map(({ srf }) => srf))
  await repository(PatientExternalTest).insertMany(
    tx,
    valid.map(result => ({
      ...result,
      // Never undefined here: without a district no place is found, and that is refused.
      district_id: districtId ?? undefined,
      patient_created: requested.has(String(result.srf_id).toUpperCase())
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

function resultOf(item: Item, place: object): Item | Invalid {
  const values = externalResult.read(item, { arrival: { form: false, zone: 'UTC' } })
  return values instanceof Invalid ? values : { ...values, ...place }
}

/** The place of an external result. */
interface ResultPlace {
  readonly local_body_id: number
  readonly ward_id: number | null
}

/** The place as an item of the upload names it; `ward` is its number. */
interface Named {
  readonly bodyType: number
  readonly localBody: string
  readonly ward: number | undefined
}

const PLACES = `select l.id as local_body_id, w.id as ward_id
  from unnest($2::text[], $3::integer[], $4::integer[]) with ordinality n (name, type, ward, at)
  left join lateral (select b.id from ${LOCAL_BODY} b
    where b.district_id = $1 and b.body_type = n.type and position(lower(n.name) in lower(b.name)) > 0 order by b.id limit 1) l on true
  left join lateral (select v.id from ${WARD} v where v.local_body_id = l.id and v.number = n.ward order by v.id limit 1) w on true
  order by n.at`
const MAX_INTEGER = 2_147_483_647

/** The place of each item within the district, or the error of an item (`docs/api/consultations.md §16`). One statement for all items. */
async function placesOf(
  db: Queryable,
  districtId: number | null,
  items: readonly Item[]
): Promise<readonly (ResultPlace | Invalid)[]> {
  const named = items.map(nameOf)
  const known = named.map(one => (one instanceof Invalid ? undefined : one))
  const { rows } = await db.query<{ local_body_id: number | null; ward_id: number | null }>(PLACES, [
    districtId,
    known.map(one => one?.localBody ?? null),
    known.map(one => one?.bodyType ?? null),
    known.map(one => one?.ward ?? null)
  ])
  return named.map((one, at) => {
    if (one instanceof Invalid) return one
    const { local_body_id: localBody = null, ward_id: ward = null } = rows[at] ?? {}
    if (localBody === null) return new Invalid({ local_body: ['Local Body Does not Exist'] })
    if (one.ward !== undefined && ward === null) return new Invalid({ ward: ['Ward Does not Exist'] })
    return { local_body_id: localBody, ward_id: ward }
  })
}

/** Checks in the original's order and reports the first error only. */
function nameOf({ local_body_type: type, local_body: body, ward }: Item): Named | Invalid {
  const wrong = (name: string, message: string) => new Invalid({ [name]: [message] })
  if (type === undefined) return wrong('local_body_type', 'local_body_type is not present in data')
  if (!type) return wrong('local_body_type', 'local_body_type cannot be empty')
  const bodyType = typeof type === 'string' ? BODY_TYPES[type.toLowerCase()] : undefined
  if (bodyType === undefined) return wrong('local_body_type', 'Invalid Local Body Type')
  if (body === undefined) return wrong('local_body', 'Local Body Not Present in Data')
  if (!body) return wrong('local_body', 'Local Body Cannot Be Empty')
  if (typeof body !== 'string' || body.includes('\0')) return wrong('local_body', 'Local Body Does not Exist')
  if (ward === undefined) return { bodyType, localBody: body, ward }
  const number = typeof ward === 'number' || typeof ward === 'string' ? Number(String(ward).trim() || 'x') : Number.NaN
  if (!Number.isInteger(number)) return wrong('ward', 'Ward must be an integer value')
  if (number === 0) return wrong('ward', 'Invalid pk "0" - object does not exist.')
  return { bodyType, localBody: body, ward: Math.abs(number) > MAX_INTEGER ? -1 : number }
}
