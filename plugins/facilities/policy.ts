import { all, any, not, predicate, type Asked, type Rule } from 'care-kernel/access'
import {
  atLeast,
  baseRead,
  districtAdmin,
  anyActor,
  member,
  ofDistrict,
  ofState,
  owner,
  RANK,
  readOnly,
  stateAdmin,
  superuser,
  verified,
  type FacilityLike
} from 'care-kernel/contracts/auth-permissions'

/** A facility as the rules for linking users need it. */
export interface LinkableFacility extends FacilityLike {
  readonly local_body_id: number | null
}

/** SQL of a `FacilityLike`, for rules about one row: the facility of this id, null without one. */
export const facilityLike = (id: string): string =>
  `(select json_build_object('id', f.id, 'created_by_id', f.created_by_id, 'district_id', f.district_id, 'state_id', f.state_id)
    from facility_facility f where f.id = ${id})`

/** FACREAD (docs/api/facilities.md §4.1): who may read a facility. */
export const facilityRead = any<FacilityLike>(superuser, owner, districtAdmin, stateAdmin, member, ofState, ofDistrict)

/** Who may change what belongs to a facility: FWRITE of docs/api/facilities.md §1.6, and superusers (FIX). */
export const partWrite = any<FacilityLike>(superuser, owner, ofDistrict, ofState, member)

const trusted = any(superuser, verified)
const writer = all(not(readOnly), trusted)

/** Who may change a facility (docs/api/facilities.md §4.1). */
export const facilityWrite = all<FacilityLike>(not(readOnly), atLeast(RANK.staff), facilityRead)

/** The places of a body if it names all three by number. That they exist is checked after the rule, see `FacilityService.requirePlaces`. */
export function placesNamed(
  body: unknown
): { readonly state: number; readonly district: number; readonly localBody: number } | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  const { state, district, local_body: localBody } = body as Record<string, unknown>
  const ids = [state, district, localBody].map(value =>
    typeof value === 'number' || typeof value === 'string' ? Number(value === '' ? Number.NaN : value) : Number.NaN
  )
  if (!ids.every(Number.isSafeInteger)) return undefined
  const [stateId = 0, districtId = 0, localBodyId = 0] = ids
  return { state: stateId, district: districtId, localBody: localBodyId }
}

type Places = NonNullable<ReturnType<typeof placesNamed>>
const names = (name: string, test: (actor: Parameters<Rule['allow']['test']>[0], places: Places) => boolean) =>
  predicate<Asked>(name, (actor, { body }) => {
    const places = placesNamed(body)
    return places !== undefined && test(actor, places)
  })

/** CREATE (docs/api/facilities.md §4.1), with its FIX: neither read-only types nor unverified users. */
const mayCreate = all<Asked>(
  not(readOnly),
  trusted,
  names('names a state, a district and a local body', () => true),
  any<Asked>(
    superuser,
    names(
      'type ≤ 23 in the own local body',
      ({ userType, ...own }, { state, district, localBody }) =>
        userType <= RANK.localBodyAdmin && state === own.stateId && district === own.districtId && localBody === own.localBodyId
    ),
    names(
      'type ≤ 30 in the own district',
      ({ userType, ...own }, { state, district }) =>
        userType > RANK.localBodyAdmin && userType <= RANK.districtAdmin && state === own.stateId && district === own.districtId
    ),
    names(
      'type ≤ 40 in the own state',
      ({ userType, ...own }, { state }) => userType > RANK.districtAdmin && userType <= RANK.stateAdmin && state === own.stateId
    )
  )
)

/** LINK (docs/api/auth-users.md §3.6). */
export const mayLink = any<LinkableFacility>(
  superuser,
  member,
  ofDistrict,
  ofState,
  predicate<LinkableFacility>(
    'type ≥ 23 of the local body',
    (actor, { local_body_id: id }) => actor.userType >= RANK.localBodyAdmin && id !== null && id === actor.localBodyId
  )
)

/** LINK without read-only types (docs/api/auth-users.md §6, FIX 19). */
export const maySetLink = all<LinkableFacility>(not(readOnly), mayLink)

/** Who sees the users of a facility without the hook `concern-asked` (docs/api/auth-users.md §3.2, docs/api/facilities.md §6, FIX): users of the facility and of its district. */
export const seesPeople = any<FacilityLike>(
  superuser,
  member,
  ofState,
  predicate<FacilityLike>('of its district', ({ districtId }, { district_id: id }) => id !== null && id === districtId),
  predicate<FacilityLike>('device of it', ({ assetFacilityId }, { id }) => id === assetFacilityId)
)

/** Rules of facilities and of who works there (docs/api/facilities.md §4.1, §1.6, docs/api/auth-users.md §3.6). */
export const facilityRules = {
  'facility.read': { summary: 'See facilities', allow: baseRead, object: facilityRead },
  'facility.create': { summary: 'Add facilities', allow: mayCreate, readsBody: true },
  'facility.update': { summary: 'Change a facility', allow: all(writer, atLeast(RANK.staff)), object: facilityWrite },
  'facility.delete': {
    summary: 'Delete a facility',
    allow: all(writer, atLeast(RANK.districtAdmin)),
    object: all<FacilityLike>(atLeast(RANK.districtAdmin), facilityWrite)
  },
  'facility.part.read': { summary: 'See what belongs to a facility', allow: baseRead },
  'facility.part.write': { summary: 'Change what belongs to a facility', allow: writer, object: partWrite },
  'facility.hubs.read': { summary: 'See the hubs of a facility', allow: anyActor },
  'facility.users.read': { summary: 'See who works at a facility', allow: anyActor, object: seesPeople },
  'user.facility.read': { summary: 'See where a user works', allow: anyActor },
  'user.facility.link': { summary: 'Let a user work at a facility, or no longer', allow: anyActor, object: maySetLink },
  'user.facility.home': { summary: "Clear a user's home facility", allow: anyActor }
} as const satisfies Readonly<Record<string, Rule>>
