import type { FastifyRequest } from 'fastify'
import { defineContract, hooks, relation, type, type Actor, type Queryable, type Tx } from 'care-kernel'
import type { ApiError, Shape } from 'care-kernel/rest'
import type { Bucket } from './rate-limit.ts'
import type { Tokens } from './tokens.ts'

export * from './predicates.ts'
export type { Bucket } from './rate-limit.ts'
export {
  allOf,
  casesByPlace,
  facilitiesNameableBy,
  facilitiesOf,
  facilityAccess,
  homeFacilitiesOf,
  usersOf,
  type Aliased,
  type PlaceCondition
} from './row-access.ts'
export type { Tokens } from './tokens.ts'
export { GENDERS, RANK, READ_ONLY_TYPES, USER_TYPES } from './user-types.ts'
export { skillObject, userAssigned, userBaseMinimum } from './user-shapes.ts'

/** Actors by user, cached on two levels; every change of what they may see goes through `changed` (design §5). */
export interface Actors {
  /** The actor of a user, from the cache or the database; undefined for one that is gone, deleted or inactive. */
  byExternalId(externalId: string): Promise<Actor | undefined>
  /** To be called in the transaction that changes what these users may see: once committed, every process sees it within 1 s. */
  changed(tx: Tx, userIds: readonly number[] | 'all'): void
}

/** A user as rules and other plugins look at one. */
export interface VisibleUser {
  readonly id: number
  readonly external_id: string
  readonly user_type: number
  readonly local_body_id: number | null
  readonly district_id: number | null
  readonly state_id: number | null
  readonly home_facility_id: number | null
}

/** Where the pushes of a user's browser go, and its keys; empty or null: nowhere. */
export interface PushColumns {
  readonly pf_endpoint?: string | null
  readonly pf_p256dh?: string | null
  readonly pf_auth?: string | null
}

/** What other plugins ask about users, and do to them in their own transactions. */
export interface Users {
  /** UserAssigned (contract auth-users §3.7), slots filled; `u` is the user's row. To be read in `routes` or later. */
  readonly assigned: Shape
  /** The user of this name, if the actor sees it; oneself always. Throws 404 `User not found` otherwise (contract auth-users §3.2). `lock` holds the row. */
  visible(db: Queryable, actor: Actor, username: string, lock?: boolean): Promise<VisibleUser>
  /** Takes the facility away as home of its users and closes their allocations (contract auth-users §3.10). The ids of those users. */
  releaseHomeFacility(tx: Tx, facilityId: number): Promise<number[]>
  /** Sets or clears the home facility of one user and keeps the allocation rows (contract auth-users §3.10). */
  setHomeFacility(tx: Tx, userId: number, facilityId: number | null): Promise<void>
  /** Names the stored picture of a user, or none. The name it had before. */
  setPicture(tx: Tx, userId: number, key: string | null): Promise<string | null>
  /** Changes where the pushes of a user go; what is absent stays. With `was` only where they still go to that endpoint. */
  setPush(tx: Tx, userId: number, columns: PushColumns, was?: string): Promise<void>
}

/** Feature flags of users and facilities (contract auth-users §1.21). */
export interface Flags {
  register(kind: 'USER' | 'FACILITY', name: string): void
  /** Throws 400 `Invalid Flag Type` or `Flag not registered`. */
  requireRegistered(kind: 'USER' | 'FACILITY', name: string): void
}

/** A home facility named in a body: its id, and whether the actor may give it (row access `facility.home`). */
export interface NamedFacility {
  readonly uuid: string
  readonly id: number
  readonly allowed: boolean
}

/** Limits per value and per client address, counted through the cache (contract auth-users §1.11); `rateLimit: false` lifts them. */
export interface RateLimits {
  /** Counts this call; throws `refused`, 429 unless told, when there were too many and no captcha is solved. */
  count(request: FastifyRequest, bucket: Bucket, refused?: ApiError): Promise<void>
}

export type AuthHooks = {
  /** Which of these facilities exist, and which the actor may give as home facility. */
  'facilities-named': (db: Queryable, payload: { actor: Actor; uuids: readonly string[] }) => Promise<readonly NamedFacility[]>
  /** Host of the facility's middleware; null without one; no answer when the facility is unknown. */
  'middleware-address': (db: Queryable, payload: { facility: string }) => Promise<string | null | undefined>
  /** A user was added who shall be a member of these facilities; those outside row access `facility.link` are dropped (§3.5). */
  'user-added': (tx: Queryable, payload: { actor: Actor; userId: number; facilityIds: readonly number[] }) => Promise<void>
}

/** Login, users, skills, roles and the vocabulary of the policy. */
export const authPermissions = defineContract({
  name: 'auth-permissions',
  version: 1,
  services: type<{ actors: Actors; users: Users; flags: Flags; rateLimit: RateLimits; tokens: Tokens }>(),
  hooks: hooks<AuthHooks>('facilities-named', 'middleware-address', 'user-added'),
  slots: {
    /** A user's row as `u`. */
    user: { alias: 'u', fields: { home_facility: 'null', home_facility_object: 'null', read_profile_picture_url: 'null' } },
    /** What the actor of the user `u` may reach, loaded with the actor. */
    actor: { alias: 'u', fields: { facility_ids: "'{}'::bigint[]", asset_facility_id: 'null::bigint' } },
    /** A query for the ids of the members of some facilities; `$facilities` stands for the array of their ids. */
    members: { alias: '', fields: { user_ids: 'select unnest($facilities::bigint[]) where false' } }
  },
  relations: {
    user: relation(
      'users_user',
      `id last_login first_name last_name email is_active external_id username user_type deleted pf_endpoint pf_p256dh
        pf_auth district_id home_facility_id`
    )
  }
})

export const { user: USER } = authPermissions.relations
