import type { Actor, Queryable } from 'care-kernel'
import { rowCondition } from 'care-kernel/access'
import { Params } from 'care-kernel/data'
import { out } from 'care-kernel/rest'
import { homeFacilitiesOf, type NamedFacility } from 'care-kernel/contracts/auth-permissions'
import { facilityBare } from './shapes.ts'

/** A user's home facility as `{id, name}`; `u` is the user. */
export const BARE_HOME = out.object(facilityBare, 'from facility_facility f where f.id = u.home_facility_id').sql

/** The members of the facilities `$facilities`. */
export const MEMBERS = 'select m.user_id from facility_facilityuser m where m.facility_id = any($facilities)'

/** What this plugin fills into the slots of `auth-permissions`. */
export const fillings = {
  'auth-permissions/user': {
    home_facility: '(select f.external_id from facility_facility f where f.id = u.home_facility_id)',
    home_facility_object: BARE_HOME
  },
  'auth-permissions/actor': {
    facility_ids: 'array(select m.facility_id from facility_facilityuser m where m.user_id = u.id order by m.facility_id)'
  },
  'auth-permissions/members': { user_ids: MEMBERS }
} as const

const homes = homeFacilitiesOf('f')

/** Which of these facilities there are, and which the actor may give as a home (contract auth-users §3.4, HOME). */
export async function facilitiesNamed(
  db: Queryable,
  { actor, uuids }: { actor: Actor; uuids: readonly string[] }
): Promise<readonly NamedFacility[]> {
  const params = new Params()
  const given = params.add(uuids, 'uuid[]')
  const { rows } = await db.query<NamedFacility>(
    `select f.external_id as uuid, f.id, coalesce(${rowCondition(homes, actor, params)}, false) as allowed from facility_facility f where f.external_id = any(${given}) and not f.deleted`,
    params.values
  )
  return rows
}

/** The host of a facility's middleware: null without one, undefined for an unknown facility (contract auth-users §1.3.3). */
export async function middlewareAddress(db: Queryable, { facility }: { facility: string }): Promise<string | null | undefined> {
  const {
    rows: [row]
  } = await db.query<{ middleware_address: string | null }>(
    'select f.middleware_address from facility_facility f where f.external_id = $1 and not f.deleted',
    [facility]
  )
  return row?.middleware_address
}
