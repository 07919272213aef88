import type { Queryable } from 'care-kernel'

/** Kinds of local bodies by the first letter of their code. */
const BODY_TYPES: Readonly<Record<string, number>> = { G: 1, B: 2, D: 3, N: 4, M: 10, C: 20 }
const OTHER_BODY = 50

/** The kind of a local body by the first letter of its code; 50 for any other code and for none (docs/api/auth-users.md §5). */
export function bodyTypeOf(code: string | undefined): number {
  return BODY_TYPES[code?.charAt(0).toUpperCase() ?? ''] ?? OTHER_BODY
}

/** The place columns of a row. */
interface PlaceColumns {
  readonly local_body_id?: unknown
  readonly district_id?: unknown
  readonly state_id?: unknown
}

/**
 * District and state of a row as its place columns resolve: the local body sets the district and the district the state, whatever the row
 * has in these columns (docs/api/facilities.md §2.2, docs/api/patients.md §4).
 */
export async function resolvedPlaces(
  db: Queryable,
  { local_body_id: localBody = null, district_id: district = null, state_id: state = null }: PlaceColumns
): Promise<{ district_id: number | null; state_id: number | null }> {
  const {
    rows: [place]
  } = await db.query<{ district_id: number | null; state_id: number | null }>(
    `select d.id as district_id, coalesce(d.state_id, $3::bigint) as state_id from (select 1) _
      left join users_localbody l on l.id = $1 left join users_district d on d.id = coalesce(l.district_id, $2::bigint)`,
    [localBody, district, state]
  )
  return place ?? { district_id: null, state_id: null }
}
