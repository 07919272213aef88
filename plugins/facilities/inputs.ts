import type { Relation } from 'care-kernel'
import { phoneField } from 'care-kernel/care'
import { DISTRICT, LOCAL_BODY, STATE, WARD } from 'care-kernel/contracts/places'
import { field, Invalid, record, type Field, type Infer, type Messages } from 'care-kernel/rest'
import { DOCTOR_AREAS, FACILITY_TYPES, FEATURES, numbersOf, RELATIONSHIPS, ROOM_TYPES } from './enumerations.ts'

/** A host name: no scheme, no slash. */
const HOST = /^(?!https?:\/\/)[a-zA-Z0-9_-]+(\.[a-zA-Z0-9_-]+)*\.[a-zA-Z]{2,}$/
const HOST_MESSAGE = 'The domain name is invalid. It should not start with scheme and should not end with a trailing slash.'
const MOST = 2_147_483_647

const place = <const S extends string>(table: Relation, source: S) =>
  field.reference(table, { optional: true, null: true, source })
const degrees = () => field.decimal({ digits: 22, places: 16, optional: true, null: true })
const amount = () => field.integer({ optional: true })

function features(): Field<number[], false> {
  const list = field.list(field.choice(numbersOf(FEATURES)), { optional: true })
  return {
    ...list,
    parse(input, arrival) {
      const value = list.parse(input, arrival)
      if (value instanceof Invalid) return value
      return new Set(value).size < value.length ? new Invalid(['Features should not contain duplicate values.']) : value
    }
  }
}

/** A facility (docs/api/facilities.md §4.3). */
export const facilityInput = record(
  {
    name: field.text({ max: 1000 }),
    ward: place(WARD, 'ward_id'),
    local_body: place(LOCAL_BODY, 'local_body_id'),
    district: place(DISTRICT, 'district_id'),
    state: place(STATE, 'state_id'),
    facility_type: field.label(FACILITY_TYPES),
    address: field.text(),
    longitude: degrees(),
    latitude: degrees(),
    features: features(),
    pincode: field.integer({ optional: true, null: true }),
    oxygen_capacity: amount(),
    phone_number: phoneField({ types: ['mobile', 'landline'], optional: true, blank: true }),
    kasp_empanelled: field.boolean({ optional: true }),
    middleware_address: field.text({ optional: true, null: true, max: 200, rules: [[HOST, HOST_MESSAGE]] }),
    expected_oxygen_requirement: amount(),
    type_b_cylinders: amount(),
    type_c_cylinders: amount(),
    type_d_cylinders: amount(),
    expected_type_b_cylinders: amount(),
    expected_type_c_cylinders: amount(),
    expected_type_d_cylinders: amount()
  },
  ({ middleware_address: address }): Record<string, Messages> | undefined =>
    address === null ? { middleware_address: ['Middleware Address is required'] } : undefined
)

export type FacilityInput = Infer<typeof facilityInput>

/** The capacity of one room type (docs/api/facilities.md §7.1). */
export const capacityInput = record({
  room_type: field.choice(numbersOf(ROOM_TYPES)),
  total_capacity: field.integer({ optional: true, min: 0, max: MOST }),
  current_capacity: field.integer({ optional: true, min: 0, max: MOST })
})

/** The number of doctors of one area (docs/api/facilities.md §7.2). */
export const doctorsInput = record({ area: field.choice(numbersOf(DOCTOR_AREAS)), count: field.integer({ min: 0, max: MOST }) })

/** A spoke of a hub (docs/api/facilities.md §8.1). */
export const spokeInput = record({
  spoke: field.externalId('facility_facility', { source: 'spoke_id' }),
  relationship: field.choice(numbersOf(RELATIONSHIPS), { optional: true })
})
