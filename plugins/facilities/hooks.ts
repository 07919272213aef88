import type { Actor, Queryable } from 'care-kernel'
import { rowCondition } from 'care-kernel/access'
import { Params } from 'care-kernel/data'
import { homeFacilitiesOf, type NamedFacility } from 'care-kernel/contracts/auth-permissions'
import { linkableFacilities } from './row-access.ts'

const homes = homeFacilitiesOf('f')

/** The live facilities of these uuids, and whether the actor may set each as a home facility (docs/api/auth-users.md §3.4, HOME). */
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

/** The host of a facility's middleware: null without one, undefined for an unknown facility (docs/api/auth-users.md §1.3.3). */
export async function middlewareAddress(db: Queryable, { facility }: { facility: string }): Promise<string | null | undefined> {
  const {
    rows: [row]
  } = await db.query<{ middleware_address: string | null }>(
    'select f.middleware_address from facility_facility f where f.external_id = $1 and not f.deleted',
    [facility]
  )
  return row?.middleware_address
}

/** Adds the memberships of a new user; facilities outside row access `facility.link` are left out (docs/api/auth-users.md §3.5). */
export async function addMemberships(
  tx: Queryable,
  { actor, userId, facilityIds }: { actor: Actor; userId: number; facilityIds: readonly number[] }
): Promise<void> {
  const params = new Params()
  const [by, user, ids] = [params.add(actor.id), params.add(userId), params.add(facilityIds, 'bigint[]')]
  // Raw SQL: a set, the facilities that row access finds. No cached actor is invalidated, because the user is new.
  await tx.query(
    `insert into facility_facilityuser (created_by_id, user_id, facility_id)
    select ${by}::bigint, ${user}::bigint, f.id from facility_facility f where f.id = any(${ids}) and not f.deleted and (${rowCondition(linkableFacilities, actor, params)}) for share
    on conflict (facility_id, user_id) do nothing`,
    params.values
  )
}
