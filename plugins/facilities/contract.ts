import { Type } from 'typebox'
import { defineContract, hooks, relation, type, type Actor, type Queryable, type Tx } from 'care-kernel'
import type { FacilityShapes } from './outputs.ts'

export { DOCTOR_AREAS, FACILITY_TYPES, FEATURES, ROOM_TYPES } from './enumerations.ts'
export { facilityLike, facilityRead, facilityWrite, partWrite } from './policy.ts'
export { capacityShape, facilityBare, facilityNumbered, type FacilityShapes } from './outputs.ts'

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
  /** Only where this actor may name the facility (FACA, docs/api/auth-users.md §4.2). */
  readonly nameableBy?: Actor
  /** Locks the row, so that the facility is not deleted before the transaction that refers to it ends. */
  readonly hold?: boolean
}

/** The service of facilities for other plugins. */
export interface Facilities {
  /** Representations of this deployment, its slots filled; `f` is the facility's row. Available from `routes` on. */
  readonly shapes: FacilityShapes
  /** The live facility of a uuid. Throws 400 for a malformed one. */
  byUuid(db: Queryable, uuid: string, options?: FindOptions): Promise<FacilityRow | undefined>
  /** The live facility of a key. */
  byId(db: Queryable, id: number, options?: FindOptions): Promise<FacilityRow | undefined>
  /** FWRITE (docs/api/facilities.md §1.6): the live facility of a path in which the actor may write; 403 otherwise, for an unknown one too. */
  writable(db: Queryable, actor: Actor, uuid: string, options?: FindOptions): Promise<FacilityRow>
  /** Sets the key of the stored picture of a facility, null for none; `modified_date` stays. Returns the key before. */
  setPicture(tx: Tx, facilityId: number, key: string | null): Promise<string | null>
}

export type FacilityHooks = {
  /** Before a facility is deleted, its row locked: throws an ApiError to refuse, or deletes the rows that depend on the facility. */
  'facility-deleting': (tx: Queryable, payload: { facilityId: number; actor: Actor }) => Promise<void>
  /** Whether an actor outside a facility is concerned with it: by a patient there, by a request. One true answer is enough. */
  'concern-asked': (db: Queryable, payload: { facilityId: number; actor: Actor }) => Promise<boolean>
}

const facility = Type.Object({ facilityId: Type.Integer(), facility: Type.String({ format: 'uuid' }) })

/** Facilities, the beds and doctors they report, their members, hubs and spokes. */
export const facilities = defineContract({
  name: 'facilities',
  version: 1,
  services: type<{ facilities: Facilities }>(),
  events: {
    'facility-created': facility,
    'facility-deleted': facility,
    /** The capacity of one room type was reported, changed or withdrawn. */
    'capacity-changed': Type.Object({ facilityId: Type.Integer(), roomType: Type.Integer() })
  },
  hooks: hooks<FacilityHooks>('facility-deleting', 'concern-asked'),
  slots: {
    /** A facility's row as `f`. */
    facility: { alias: 'f', fields: { patient_count: '0', bed_count: '0', read_cover_image_url: 'null' } },
    /** A query for the triage rows of the facility `f`, one column per column of the CSV (docs/api/facilities.md §4.6). */
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
