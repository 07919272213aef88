import type { Actor } from 'care-kernel'
import { all, any, not, predicate, type Predicate, type RowScope } from 'care-kernel/access'
import type { Disjunction, Params } from 'care-kernel/data'
import { RANK, READ_ONLY_TYPES } from './user-types.ts'

/** Anything that lies in a district and a state: a facility, a user. A null place is nobody's (contract auth-users §4.2, null rule). */
export interface Placed {
  readonly district_id: number | null
  readonly state_id: number | null
}

/** A facility as far as rules look at it. */
export interface FacilityLike extends Placed {
  readonly id: number
  readonly created_by_id: number | null
}

/** SU */
export const superuser = predicate('superuser', actor => actor.superuser)
/** VER */
export const verified = predicate('verified', actor => actor.verified)
/** RO */
export const readOnly = predicate('read-only type', actor => READ_ONLY_TYPES.has(actor.userType))
/** A user that stands for an asset. */
export const assetUser = predicate('asset user', actor => actor.assetId !== null)
export const everybody = predicate('everybody', () => true)
export const nobody = predicate('nobody', () => false)

/** U.T ≥ rank */
export const atLeast = (rank: number): Predicate => predicate(`type ≥ ${rank}`, actor => actor.userType >= rank)

/** OWN(x) */
export const owner = predicate<{ readonly created_by_id: number | null }>(
  'owner',
  (actor, { created_by_id: id }) => id !== null && id === actor.id
)
/** MEMBER(f) */
export const member = predicate<{ readonly id: number }>('member', (actor, { id }) => actor.facilityIds.includes(id))

const inDistrict = (rank: number) =>
  predicate<Placed>(
    `type ≥ ${rank} of the district`,
    (actor, { district_id: id }) => actor.userType >= rank && id !== null && id === actor.districtId
  )
const inState = (rank: number) =>
  predicate<Placed>(
    `type ≥ ${rank} of the state`,
    (actor, { state_id: id }) => actor.userType >= rank && id !== null && id === actor.stateId
  )

/** DIST(x) */
export const ofDistrict = inDistrict(RANK.districtLabAdmin)
/** STATE(x) */
export const ofState = inState(RANK.stateLabAdmin)
/** DADM(x) */
export const districtAdmin = inDistrict(RANK.districtAdmin)
/** SADM(x) */
export const stateAdmin = inState(RANK.stateAdmin)
/** HASFAC(f), for a facility that is there */
export const hasFacility = any<FacilityLike>(superuser, member, ofDistrict, ofState)

/** Class-level rules of the Base family (contract auth-users §4.4). */
export const baseRead = any(superuser, verified)
export const baseWrite = all(not(readOnly), any(superuser, verified, atLeast(RANK.districtAdmin)))

const everyRow = () => 'true'
const noRow = () => 'false'

/** The column that holds the place's id, or how to write the condition. */
type PlaceCondition = string | ((id: number, params: Params) => string)

const inPlace = (condition: PlaceCondition, id: number | null, params: Params) => {
  if (id === null) return noRow()
  return typeof condition === 'string' ? `${condition} = ${params.add(id)}` : condition(id, params)
}

/** SQL conditions by rank: state from 35, district from 25, otherwise `else`. The first that fits wins, as in §4.2. */
export function byPlace({
  state,
  district,
  otherwise,
  asset
}: {
  state: PlaceCondition
  district: PlaceCondition
  otherwise: (actor: Actor, params: Params) => string | Disjunction
  /** Condition for users that stand for an asset; they are treated by rank where it is left out. */
  asset?: (actor: Actor, params: Params) => string
}): RowScope {
  return [
    [superuser, everyRow],
    ...(asset ? [[assetUser, asset] as const] : []),
    [atLeast(RANK.stateLabAdmin), ({ stateId }, params) => inPlace(state, stateId, params)],
    [atLeast(RANK.districtLabAdmin), ({ districtId }, params) => inPlace(district, districtId, params)],
    [everybody, otherwise]
  ]
}

const memberOf =
  (column: string) =>
  ({ facilityIds }: Actor, params: Params) =>
    `${column} = any(${params.add(facilityIds, 'bigint[]')})`
const assetFacility =
  (column: string) =>
  ({ assetFacilityId }: Actor, params: Params) =>
    assetFacilityId === null ? noRow() : `${column} = ${params.add(assetFacilityId)}`

/** FAC(path) and FACLIVE(path): rows of facilities the actor reaches; `alias` is the facility's. */
export const facilitiesOf = (alias: string): RowScope =>
  byPlace({ state: `${alias}.state_id`, district: `${alias}.district_id`, otherwise: memberOf(`${alias}.id`) })

/** FACA: facilities an actor may name in a body or a parent path. */
export const facilitiesNameableBy = (alias: string): RowScope =>
  byPlace({
    state: `${alias}.state_id`,
    district: `${alias}.district_id`,
    otherwise: memberOf(`${alias}.id`),
    asset: assetFacility(`${alias}.id`)
  })

/** HOME: facilities an actor may give as a home facility. */
export const homeFacilitiesOf = (alias: string): RowScope =>
  byPlace({
    state: `${alias}.state_id`,
    district: `${alias}.district_id`,
    asset: assetFacility(`${alias}.id`),
    otherwise: ({ homeFacilityId }, params) => (homeFacilityId === null ? 'false' : `${alias}.id = ${params.add(homeFacilityId)}`)
  })

/** USERS: users an actor may act upon. */
export const usersOf = (alias: string): RowScope =>
  byPlace({
    state: `${alias}.state_id`,
    district: `${alias}.district_id`,
    otherwise: ({ id }, params) => `${alias}.id = ${params.add(id)}`
  })
