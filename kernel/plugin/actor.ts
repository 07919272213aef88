/**
 * The user or device a request is made for, loaded once per request. Ids are the database's; null where there is none.
 * `facilityIds` are the memberships; the other places are the user's own (contract auth-users §4).
 */
export interface Actor {
  readonly id: number
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
