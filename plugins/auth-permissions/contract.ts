import type { FastifyRequest } from 'fastify'
import { defineContract, hooks, relation, type, type Actor, type Queryable, type Tx } from 'care-kernel'
import type { ApiError, Shape } from 'care-kernel/rest'
import type { Tokens } from './tokens.ts'

export * from './predicates.ts'
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
export { GENDERS, RANK, READ_ONLY_TYPES, USER_TYPES } from './enumerations.ts'
export { skillObject, userAssigned, userBaseMinimum } from './outputs.ts'

/** Actors by user, cached on two levels. Every change of a user's permissions is reported to `changed`. */
export interface Actors {
  /** The actor of a user, from the cache or the database; undefined for one that is unknown, deleted or inactive. */
  byExternalId(externalId: string): Promise<Actor | undefined>
  /** Called in the transaction that changes the permissions of these users; every process sees the change within 1 s of the commit. */
  changed(tx: Tx, userIds: readonly number[] | 'all'): void
}

/** A user as rules and other plugins need it. */
export interface VisibleUser {
  readonly id: number
  readonly external_id: string
  readonly user_type: number
  readonly local_body_id: number | null
  readonly district_id: number | null
  readonly state_id: number | null
  readonly home_facility_id: number | null
}

/** Push endpoint of a user's browser, and its keys; empty or null for none. */
export interface PushColumns {
  readonly pf_endpoint?: string | null
  readonly pf_p256dh?: string | null
  readonly pf_auth?: string | null
}

/** The service of users for other plugins. */
export interface Users {
  /** UserAssigned (docs/api/auth-users.md §3.7), slots filled; `u` is the user's row. Available from `routes` on. */
  readonly assigned: Shape
  /** The user of this name, if the actor sees it or is this user. Throws 404 `User not found` otherwise (docs/api/auth-users.md §3.2). `lock` locks the row. */
  visible(db: Queryable, actor: Actor, username: string, lock?: boolean): Promise<VisibleUser>
  /** Clears the facility as home of its users and closes their allocations (docs/api/auth-users.md §3.10). Returns the ids of those users. */
  releaseHomeFacility(tx: Tx, facilityId: number): Promise<number[]>
  /** Sets or clears the home facility of one user and keeps the allocation rows (docs/api/auth-users.md §3.10). */
  setHomeFacility(tx: Tx, userId: number, facilityId: number | null): Promise<void>
  /** Sets the key of the stored picture of a user, null for none. Returns the key before. */
  setPicture(tx: Tx, userId: number, key: string | null): Promise<string | null>
  /** Changes the push columns that are given. With `was`, only if the endpoint is still that one. */
  setPush(tx: Tx, userId: number, columns: PushColumns, was?: string): Promise<void>
}

/** Feature flags of users and facilities (docs/api/auth-users.md §1.21). */
export interface Flags {
  register(kind: 'USER' | 'FACILITY', name: string): void
  /** Throws 400 `Invalid Flag Type` or `Flag not registered`. */
  requireRegistered(kind: 'USER' | 'FACILITY', name: string): void
}

/** A home facility of a body, and whether the actor may set it (row access `facility.home`). */
export interface NamedFacility {
  readonly uuid: string
  readonly id: number
  readonly allowed: boolean
}

/**
 * What a call counts for: a group such as `login` and a value such as a user name, with the rate of the value (default: the deployment's)
 * and of all values of one client address (default: that of logins; `false`: not counted, for hospitals whose users share an address).
 * Rates are texts such as `20/h` or `5/10m`.
 */
export interface Bucket {
  readonly group: string
  readonly value: string
  readonly rate?: string
  readonly ratePerAddress?: string | false
}

/** Limits per value and per client address, counted through the cache (docs/api/auth-users.md §1.11); `rateLimit: false` lifts them. */
export interface RateLimits {
  /** Counts this call; throws `refused` (default: 429) when a limit is exceeded and the request carries no solved captcha. */
  count(request: FastifyRequest, bucket: Bucket, refused?: ApiError): Promise<void>
}

export type AuthHooks = {
  /** The facilities that exist of these, and whether the actor may set each as home facility. */
  'facilities-named': (db: Queryable, payload: { actor: Actor; uuids: readonly string[] }) => Promise<readonly NamedFacility[]>
  /** Host of the facility's middleware; null without one; undefined for an unknown facility. */
  'middleware-address': (db: Queryable, payload: { facility: string }) => Promise<string | null | undefined>
  /** After a user is added: adds its memberships, without facilities outside row access `facility.link` (docs/api/auth-users.md §3.5). */
  'user-added': (tx: Queryable, payload: { actor: Actor; userId: number; facilityIds: readonly number[] }) => Promise<void>
}

/** Login, users, skills, flags, and the predicates and row access of the policy. */
export const authPermissions = defineContract({
  name: 'auth-permissions',
  version: 1,
  services: type<{ actors: Actors; users: Users; flags: Flags; rateLimit: RateLimits; tokens: Tokens }>(),
  hooks: hooks<AuthHooks>('facilities-named', 'middleware-address', 'user-added'),
  slots: {
    /** A user's row as `u`. */
    user: { alias: 'u', fields: { home_facility: 'null', home_facility_object: 'null', read_profile_picture_url: 'null' } },
    /** Facilities of the actor of the user `u`, loaded with the actor. */
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
