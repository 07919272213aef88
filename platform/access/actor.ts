import type { Actor } from '../../kernel/plugin/actor.ts'

/** What authentication schemes must say of an actor. Ids are the database's; null where there is none. */
declare module '../../kernel/plugin/actor.ts' {
  /** `facilityIds` are the memberships; the other places are the user's own (docs/api/auth-users.md §4). */
  interface Actor {
    readonly externalId: string
    readonly username: string
    readonly userType: number
    readonly superuser: boolean
    readonly verified: boolean
    readonly wardId: number | null
    readonly localBodyId: number | null
    readonly districtId: number | null
    readonly stateId: number | null
    readonly homeFacilityId: number | null
    readonly facilityIds: readonly number[]
    readonly assetId: number | null
    /** The facility of the asset's location, for users that stand for an asset. */
    readonly assetFacilityId: number | null
  }
}

export type { Actor }
