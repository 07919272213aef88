import { Type } from 'typebox'
import { defineContract, hooks, relation, type, type Actor, type Queryable, type Tx } from 'care-kernel'
import type { FacilityShapes } from './shapes.ts'

export { DOCTOR_AREAS, FACILITY_TYPES, FEATURES, ROOM_TYPES } from './enumerations.ts'
export { facilityLike, facilityRead, facilityWrite, partWrite } from './policy.ts'
export { capacityShape, facilityBare, facilityNumbered, type FacilityShapes } from './shapes.ts'

/** A live facility as rules and writes of other plugins need it. */
export interface FacilityRow {
  readonly id: number
  readonly external_id: string
  readonly name: string
  readonly created_by_id: number | null
  readonly ward_id: number | null
  readonly local_body_id: number | null
  readonly district_id: number | null
  readonly state_id: number | null
}

export interface FindOptions {
  /** Only where this actor may name the facility (FACA, contract auth-users §4.2). */
  readonly nameableBy?: Actor
  /** Keeps it from being deleted until the end of the transaction: for whoever attaches something to it. */
  readonly hold?: boolean
}

/** What other plugins do with facilities. */
export interface Facilities {
  /** Representations of this deployment, its slots filled; `f` is the facility's row. To be read in `routes` or later. */
  readonly shapes: FacilityShapes
  /** The live facility of a uuid. Throws 400 for a malformed one. */
  byUuid(db: Queryable, uuid: string, options?: FindOptions): Promise<FacilityRow | undefined>
  /** The live facility of a key. */
  byId(db: Queryable, id: number, options?: FindOptions): Promise<FacilityRow | undefined>
  /** FWRITE (contract facilities §1.6): the live facility of a path in which the actor may write; 403 otherwise, for an unknown one too. */
  writable(db: Queryable, actor: Actor, uuid: string, options?: FindOptions): Promise<FacilityRow>
  /** Names the stored picture of a facility, or none; `modified_date` stays. The name it had before. */
  setPicture(tx: Tx, facilityId: number, key: string | null): Promise<string | null>
}

export type FacilityHooks = {
  /** A facility is about to be deleted, its row locked: refuse with an ApiError, or take along what hangs on it. */
  'facility-deleting': (tx: Queryable, payload: { facilityId: number; actor: Actor }) => Promise<void>
  /** Whether the actor, who is not of a facility, is concerned with it all the same: by a patient there, by a request. One yes is enough. */
  'concern-asked': (db: Queryable, payload: { facilityId: number; actor: Actor }) => Promise<boolean>
}

const facility = Type.Object({ facilityId: Type.Integer(), facility: Type.String({ format: 'uuid' }) })

/** Facilities, what they report, who works there, and how they hang together. */
export const facilities = defineContract({
  name: 'facilities',
  version: 1,
  services: type<{ facilities: Facilities }>(),
  events: {
    'facility-created': facility,
    'facility-deleted': facility,
    /** Beds of one kind were reported, changed or withdrawn. */
    'capacity-changed': Type.Object({ facilityId: Type.Integer(), roomType: Type.Integer() })
  },
  hooks: hooks<FacilityHooks>('facility-deleting', 'concern-asked'),
  slots: {
    /** A facility's row as `f`. */
    facility: { alias: 'f', fields: { patient_count: '0', bed_count: '0', read_cover_image_url: 'null' } },
    /** A query for the triage rows of the facility `f`, one column per column of the CSV (contract facilities §4.6). */
    triage: {
      alias: 'f',
      fields: { rows: 'select null::date, null::integer, null::integer, null::integer, null::integer, null::integer where false' }
    }
  },
  relations: {
    facility: relation(
      'facility_facility',
      `id external_id deleted name facility_type pincode address phone_number created_by_id district_id local_body_id
        state_id features`
    ),
    capacity: relation('facility_facilitycapacity', 'id external_id deleted total_capacity facility_id'),
    member: relation('facility_facilityuser', 'id facility_id user_id')
  }
})

export const { facility: FACILITY, capacity: CAPACITY, member: MEMBER } = facilities.relations
