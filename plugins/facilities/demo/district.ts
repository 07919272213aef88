import type { Clock, Queryable } from 'care-kernel'
import { USER } from 'care-kernel/contracts/auth-permissions'

const DAY_MS = 86_400_000

/** External id of a demo row, the same in every database: eight hexadecimal digits per kind of row, then its number from 1. */
export const demoUuid = (kind: string, number: number): string => `${kind}-0000-4000-8000-${String(number).padStart(12, '0')}`

/** A facility of the demo district and its members. */
export interface DemoPlace {
  readonly id: number
  readonly type: number
  readonly district_id: number
  readonly state_id: number
  /** Keys of members by user name. */
  readonly staff: Readonly<Record<string, number>>
}

/** Users and facilities of the demo district by name, for the demos of other plugins. */
export interface DemoDistrict {
  /** Key of the user. Throws for an unknown user name. */
  person(username: string): number
  /** Throws for an unknown name. */
  facility(name: string): DemoPlace
  /** The time `days` before now, as ISO text. */
  daysAgo(days: number): string
}

/** The demo district of this database; undefined where it has none. */
export async function demoDistrict(db: Queryable, clock: Clock): Promise<DemoDistrict | undefined> {
  const { rows: people } = await db.query<{ username: string; id: number }>(
    `select username, id from ${USER} where username like 'demo-%'`
  )
  const { rows: facilities } = await db.query<DemoPlace & { name: string }>(
    `select f.name, f.id, f.facility_type as type, f.district_id, f.state_id, coalesce(
      (select json_object_agg(u.username, u.id order by u.id) from facility_facilityuser m join ${USER} u on u.id = m.user_id where m.facility_id = f.id), '{}') as staff
    from facility_facility f where f.external_id::text like 'fac11111-%' and not f.deleted`
  )
  if (people.length === 0 || facilities.length === 0) return undefined
  const ids = new Map(people.map(({ username, id }) => [username, id]))
  const places = new Map(facilities.map(facility => [facility.name, facility]))
  const now = clock.now().getTime()
  return {
    person: username => found(ids.get(username), username),
    facility: name => found(places.get(name), name),
    daysAgo: days => new Date(now - Math.round(days * DAY_MS)).toISOString()
  }
}

function found<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`the demo district has no ${name}`)
  return value
}
