import { all, any, not, predicate, type Predicate } from 'care-kernel/access'
import { RANK, READ_ONLY_TYPES } from './enumerations.ts'

/** A row with a district and a state: a facility, a user. A null place matches no actor (docs/api/auth-users.md §4.2, null rule). */
export interface Placed {
  readonly district_id: number | null
  readonly state_id: number | null
}

/** A facility as rules need it. */
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
/** The user of an asset. */
export const assetUser = predicate('asset user', actor => actor.assetId !== null)
export const anyActor = predicate('any actor', () => true)
export const noActor = predicate('no actor', () => false)

/** U.T ≥ rank */
export const atLeast = (rank: number): Predicate => predicate(`type ≥ ${rank}`, actor => actor.userType >= rank)

/** U.T = rank */
export const exactly = (rank: number): Predicate => predicate(`type = ${rank}`, actor => actor.userType === rank)

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
/** HASFAC(f), for an existing facility */
export const hasFacility = any<FacilityLike>(superuser, member, ofDistrict, ofState)

/** Class-level rules of the Base family (docs/api/auth-users.md §4.4). */
export const baseRead = any(superuser, verified)
export const baseWrite = all(not(readOnly), any(superuser, verified, atLeast(RANK.districtAdmin)))
