import type { Queryable } from 'care-kernel'
import { LOCAL_BODY, WARD } from 'care-kernel/contracts/places'
import { Invalid } from 'care-kernel/rest'
import { BODY_TYPES } from './enumerations.ts'

type Item = Readonly<Record<string, unknown>>

/** Where a result is from. */
export interface ResultPlace {
  readonly local_body_id: number
  readonly ward_id: number | null
}

/** The same as it is written; `ward` is undefined where none is named. */
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
const MOST = 2_147_483_647

/** Where each result of a district is from, or what is wrong with how it says so (docs/api/consultations.md §16). One statement for all. */
export async function placesOf(
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

/** Checked in the original's order: the first thing wrong is told alone. */
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
  return { bodyType, localBody: body, ward: Math.abs(number) > MOST ? -1 : number }
}
