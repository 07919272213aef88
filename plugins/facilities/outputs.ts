import { out, shape, type Shape } from 'care-kernel/rest'
import {
  DISTRICT,
  districtObject,
  LOCAL_BODY,
  localBodyObject,
  STATE,
  stateObject,
  WARD,
  wardObject
} from 'care-kernel/contracts/places'
import { FACILITY_TYPES, ROOM_TYPES } from './enumerations.ts'

/** SQL of the slot `facility`: number of live patients, number of beds, address of the picture. */
export interface FacilitySlot {
  readonly patient_count: string
  readonly bed_count: string
  readonly read_cover_image_url: string
}

/** The representations of a facility in one deployment, with the slots as other plugins fill them; `f` is the facility's row. */
export interface FacilityShapes {
  /** docs/api/facilities.md §4.3. */
  readonly full: Shape
  /** docs/api/facilities.md §4.4: `getallfacilities`, hubs and spokes, and embedded objects of other plugins. */
  readonly basic: Shape
}

/** Id and name of a facility, as other resources embed it; `f` is the facility's row. */
export const facilityBare = shape({ id: out.uuid('f.external_id'), name: out.text('f.name') })

/** The same with the key as id, in lists of requests (docs/api/shifting-resources.md §4.1, QUIRK). */
export const facilityNumbered = shape({ id: out.integer('f.id'), name: out.text('f.name') })

/** The capacity of one room type (docs/api/facilities.md §7.1); `p` is the capacity's row. */
export const capacityShape = shape({
  id: out.uuid('p.external_id'),
  room_type_text: out.label('p.room_type', ROOM_TYPES),
  modified_date: out.datetime('p.modified_date'),
  room_type: out.integer('p.room_type'),
  total_capacity: out.integer('p.total_capacity'),
  current_capacity: out.integer('p.current_capacity')
})

const facilityType = shape({ id: out.integer('f.facility_type'), name: out.label('f.facility_type', FACILITY_TYPES) })
const flags = `(select coalesce(json_agg(g.flag order by g.id), '[]') from facility_facilityflag g where g.facility_id = f.id and not g.deleted)`
const smallints = { type: 'integer' }

const placeObjects = {
  ward_object: out.object(wardObject, `from ${WARD} w where w.id = f.ward_id`),
  local_body_object: out.object(localBodyObject, `from ${LOCAL_BODY} l where l.id = f.local_body_id`),
  district_object: out.object(districtObject, `from ${DISTRICT} d where d.id = f.district_id`),
  state_object: out.object(stateObject, `from ${STATE} s where s.id = f.state_id`)
}
const placeIds = {
  local_body: out.integer('f.local_body_id'),
  district: out.integer('f.district_id'),
  state: out.integer('f.state_id')
}

/** The representations of a facility with these slots. */
export function facilityShapes(slot: FacilitySlot): FacilityShapes {
  const counts = { patient_count: out.integer(slot.patient_count), bed_count: out.integer(slot.bed_count) }
  const picture = out.text(slot.read_cover_image_url)
  return {
    full: shape({
      id: out.uuid('f.external_id'),
      name: out.text('f.name'),
      ward: out.integer('f.ward_id'),
      ...placeIds,
      facility_type: out.label('f.facility_type', FACILITY_TYPES),
      address: out.text('f.address'),
      longitude: out.decimal('f.longitude'),
      latitude: out.decimal('f.latitude'),
      features: out.list('f.features', smallints),
      pincode: out.integer('f.pincode'),
      oxygen_capacity: out.integer('f.oxygen_capacity'),
      phone_number: out.text('f.phone_number'),
      ...placeObjects,
      modified_date: out.datetime('f.modified_date'),
      created_date: out.datetime('f.created_date'),
      kasp_empanelled: out.boolean('f.kasp_empanelled'),
      middleware_address: out.text('f.middleware_address'),
      expected_oxygen_requirement: out.integer('f.expected_oxygen_requirement'),
      type_b_cylinders: out.integer('f.type_b_cylinders'),
      type_c_cylinders: out.integer('f.type_c_cylinders'),
      type_d_cylinders: out.integer('f.type_d_cylinders'),
      expected_type_b_cylinders: out.integer('f.expected_type_b_cylinders'),
      expected_type_c_cylinders: out.integer('f.expected_type_c_cylinders'),
      expected_type_d_cylinders: out.integer('f.expected_type_d_cylinders'),
      read_cover_image_url: picture,
      ...counts,
      facility_flags: out.list(flags, { type: 'string' })
    }),
    basic: shape({
      id: out.uuid('f.external_id'),
      name: out.text('f.name'),
      ...placeIds,
      ...placeObjects,
      facility_type: out.object(facilityType),
      read_cover_image_url: picture,
      features: out.list('f.features', smallints),
      ...counts
    })
  }
}
