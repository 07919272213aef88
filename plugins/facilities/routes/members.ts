import type { FastifyInstance } from 'fastify'
import type { Actor, Tx } from 'care-kernel'
import { actorOf, describe, filter, filters, invalid, isUuid, notAUuid, ordering, resource, sendJson } from 'care-kernel/rest'
import { RANK, READ_ONLY_TYPES, USER, USER_TYPES, userAssigned, type VisibleUser } from 'care-kernel/contracts/auth-permissions'
import type { FacilityRow } from '../contract.ts'
import { facilityReads } from '../reads.ts'
import { BARE_HOME } from '../slots.ts'
import type { OfFacility } from './reports.ts'
import { mayLink, seesPeople } from '../policy.ts'
import type { FacilityScope } from '../services.ts'

type Named = { Params: { username: string } }

const refuse = (facility: string) => invalid({ facility })
const numbersByType = Object.fromEntries(Object.entries(USER_TYPES).map(([number, name]) => [name, Number(number)]))

const assigned = resource({
  name: 'User',
  from: `${USER} u`,
  live: 'not u.deleted',
  key: { column: 'u.id', kind: 'integer' },
  shape: userAssigned({ home_facility: 'null', home_facility_object: BARE_HOME, read_profile_picture_url: 'null' }),
  ordering: ordering({}, 'u.last_login desc nulls first, u.id'),
  filters: filters({
    user_type: filter.choice('u.user_type', numbersByType),
    search_text: filter.search('u.first_name', 'u.last_name', 'u.username')
  })
})

/** Who works at a facility, and where a user works (docs/api/facilities.md §6, docs/api/auth-users.md §3.6). */
export function memberRoutes(app: FastifyInstance, scope: FacilityScope): void {
  const { database, facilities, hooks } = scope
  const { users } = scope['auth-permissions']
  const { plain } = facilityReads(facilities.shapes)

  app.get<OfFacility>(
    '/api/v1/facility/:facility/get_users/',
    {
      config: { permission: 'facility.users.read' },
      schema: describe({ summary: 'Who works at a facility', filters: assigned.filters, paging: 'limit', answer: assigned.shape })
    },
    async (request, reply) => {
      const actor = actorOf(request)
      const facility = await facilities.byUuid(database, request.params.facility)
      if (!facility) throw invalid({ Facility: 'Facility not found' })
      // FIX: the list is empty for actors that are not concerned with the facility.
      const seen =
        seesPeople.test(actor, facility) ||
        (await hooks['concern-asked'](database, { facilityId: facility.id, actor })).includes(true)
      return sendJson(
        reply,
        await assigned.list(database, request, params => [
          seen ? undefined : 'false',
          `u.id in (select m.user_id from facility_facilityuser m where m.facility_id = ${params.add(facility.id)})`
        ])
      )
    }
  )

  app.get<Named>(
    '/api/v1/users/:username/get_facilities/',
    {
      config: { permission: 'user.facility.read' },
      schema: describe({ summary: 'Where a user works', paging: 'limit', answer: facilities.shapes.basic })
    },
    async (request, reply) => {
      const { id } = await users.visible(database, actorOf(request), request.params.username)
      return sendJson(
        reply,
        await plain.list(
          database,
          request,
          params => [`f.id in (select m.facility_id from facility_facilityuser m where m.user_id = ${params.add(id)})`],
          facilities.shapes.basic
        )
      )
    }
  )

  app.put<Named>(
    '/api/v1/users/:username/add_facility/',
    { config: { permission: 'user.facility.link' }, schema: describe({ summary: 'Let a user work at a facility', status: 201 }) },
    async (request, reply) => {
      const actor = actorOf(request)
      await database.transaction(async tx => {
        const user = await users.visible(tx, actor, request.params.username, true)
        const facility = await linkable(tx, scope, actor, user, request.body)
        if (!(await facilities.addMember(tx, { facilityId: facility.id, userId: user.id, by: actor.id })))
          throw refuse('User Already has permission to this facility')
      })
      return reply.code(201).send()
    }
  )

  app.delete<Named>(
    '/api/v1/users/:username/delete_facility/',
    {
      config: { permission: 'user.facility.link' },
      schema: describe({ summary: 'Let a user no longer work at a facility', status: 204 })
    },
    async (request, reply) => {
      const actor = actorOf(request)
      await database.transaction(async tx => {
        const user = await users.visible(tx, actor, request.params.username, true)
        const facility = await linkable(tx, scope, actor, user, request.body)
        const removed = await facilities.removeMember(tx, facility.id, user.id)
        if (!mayLink.test(asActor(user, actor, removed ? [facility.id] : []), facility))
          throw refuse('Intended User Does not have permission to this facility')
        if (user.home_facility_id === facility.id) throw refuse("Cannot Delete User's Home Facility")
      })
      return reply.code(204).send()
    }
  )

  app.delete<Named>(
    '/api/v1/users/:username/clear_home_facility/',
    { config: { permission: 'user.facility.home' }, schema: describe({ summary: "Clear a user's home facility", status: 204 }) },
    async (request, reply) => {
      const actor = actorOf(request)
      await database.transaction(async tx => {
        const user = await users.visible(tx, actor, request.params.username, true)
        requireClearing(actor, user)
        await users.setHomeFacility(tx, user.id, null)
      })
      return reply.code(204).send()
    }
  )
}

/** The facility of the body if the actor may link this user to it; 400 otherwise, checked in the original's order. */
async function linkable(
  tx: Tx,
  { facilities, permissions }: FacilityScope,
  actor: Actor,
  user: VisibleUser,
  body: unknown
): Promise<FacilityRow> {
  const { facility: uuid } = (typeof body === 'object' && body !== null ? body : {}) as { facility?: unknown }
  if (uuid === undefined) throw refuse('required')
  if (typeof uuid !== 'string' || !isUuid(uuid)) throw notAUuid(typeof uuid === 'string' ? uuid : JSON.stringify(uuid))
  const facility = await facilities.byUuid(tx, uuid, { hold: true })
  if (!facility) throw refuse('Does not Exist')
  if (actor.userType < user.user_type) throw refuse('cannot Access Higher Level User')
  if (!permissions.allows(actor, 'user.facility.link', facility)) throw refuse('Facility Access not Present')
  return facility
}

function requireClearing(actor: Actor, user: VisibleUser): void {
  const isSelf = actor.id === user.id && actor.userType === RANK.nurse
  if (user.home_facility_id === null) throw invalid({ home_facility: 'No Home Facility Present' })
  if (isSelf) return
  if (actor.userType < RANK.districtAdmin || READ_ONLY_TYPES.has(actor.userType))
    throw invalid({ home_facility: 'Insufficient Permissions' })
  if (actor.userType < user.user_type) throw invalid({ home_facility: 'Cannot Access Higher Level User' })
  if (actor.userType <= RANK.districtAdmin && (user.district_id === null || user.district_id !== actor.districtId))
    throw refuse("Cannot unlink User's Home Facility from other district")
}

/** A user as an actor who is a member of these facilities, for rules. Superusers are visible to themselves only. */
function asActor(
  { id, external_id: externalId, user_type: userType, ...user }: VisibleUser,
  actor: Actor,
  facilityIds: readonly number[]
): Actor {
  return {
    id,
    externalId,
    username: '',
    userType,
    superuser: id === actor.id && actor.superuser,
    verified: true,
    wardId: null,
    localBodyId: user.local_body_id,
    districtId: user.district_id,
    stateId: user.state_id,
    homeFacilityId: user.home_facility_id,
    facilityIds,
    assetId: null,
    assetFacilityId: null
  }
}
