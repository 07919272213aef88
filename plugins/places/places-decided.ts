import type { Queryable } from 'care-kernel'

/** Columns of a row that lies somewhere. */
interface Place {
  readonly local_body_id?: unknown
  readonly district_id?: unknown
  readonly state_id?: unknown
}

/** A local body decides the district, a district the state, whatever a row says besides (contract facilities §2.2, patients §4). */
export async function placesDecided(
  db: Queryable,
  { local_body_id: localBody = null, district_id: district = null, state_id: state = null }: Place
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
