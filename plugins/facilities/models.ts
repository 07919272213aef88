import { baseColumns, column, defineModel } from 'care-kernel/data'

const count = () => column.integer('none', { default: 0 })

/** docs/api/facilities.md §2.2. */
export const Facility = defineModel({
  name: 'Facility',
  table: 'facility_facility',
  fixture: 'facility.facility',
  subject: null,
  columns: {
    ...baseColumns(),
    name: column.varchar('none', 1000),
    is_active: column.boolean('none', { default: true }),
    verified: column.boolean('none', { default: false }),
    facility_type: column.integer('none'),
    kasp_empanelled: column.boolean('none', { default: false }),
    longitude: column.decimal('none', 22, 16, { null: true }),
    latitude: column.decimal('none', 22, 16, { null: true }),
    pincode: column.integer('none', { null: true }),
    address: column.text('none'),
    oxygen_capacity: count(),
    type_b_cylinders: count(),
    type_c_cylinders: count(),
    type_d_cylinders: count(),
    expected_oxygen_requirement: count(),
    expected_type_b_cylinders: count(),
    expected_type_c_cylinders: count(),
    expected_type_d_cylinders: count(),
    phone_number: column.varchar('none', 14, { default: '' }),
    corona_testing: column.boolean('none', { default: false }),
    cover_image_url: column.varchar('none', 500, { null: true }),
    middleware_address: column.varchar('none', 200, { null: true }),
    created_by_id: column.bigint('none', { null: true }),
    district_id: column.bigint('none', { null: true }),
    local_body_id: column.bigint('none', { null: true }),
    state_id: column.bigint('none', { null: true }),
    ward_id: column.bigint('none', { null: true }),
    features: column.smallints('none', { null: true })
  }
})

/** Memberships (docs/api/facilities.md §2.3); rows are deleted physically. */
export const FacilityUser = defineModel({
  name: 'FacilityUser',
  table: 'facility_facilityuser',
  fixture: 'facility.facilityuser',
  subject: 'user_id',
  columns: {
    id: column.key(),
    facility_id: column.bigint('none'),
    user_id: column.bigint('none'),
    created_by_id: column.bigint('none')
  }
})

/** docs/api/facilities.md §2.4. */
export const FacilityHubSpoke = defineModel({
  name: 'FacilityHubSpoke',
  table: 'facility_facilityhubspoke',
  fixture: 'facility.facilityhubspoke',
  subject: null,
  columns: {
    ...baseColumns(),
    hub_id: column.bigint('none'),
    spoke_id: column.bigint('none'),
    relationship: column.integer('none', { default: 1 })
  }
})

/** docs/api/facilities.md §2.5. */
export const HospitalDoctors = defineModel({
  name: 'HospitalDoctors',
  table: 'facility_hospitaldoctors',
  fixture: 'facility.hospitaldoctors',
  subject: null,
  columns: { ...baseColumns(), facility_id: column.bigint('none'), area: column.integer('none'), count: column.integer('none') }
})

const capacity = { room_type: column.integer('none'), total_capacity: count(), current_capacity: count() }

/** docs/api/facilities.md §2.6. */
export const FacilityCapacity = defineModel({
  name: 'FacilityCapacity',
  table: 'facility_facilitycapacity',
  fixture: 'facility.facilitycapacity',
  subject: null,
  columns: { ...baseColumns(), facility_id: column.bigint('none'), ...capacity }
})

/** One row per save of a capacity (docs/api/facilities.md §2.6). */
export const HistoricalFacilityCapacity = defineModel({
  name: 'HistoricalFacilityCapacity',
  table: 'facility_historicalfacilitycapacity',
  fixture: 'facility.historicalfacilitycapacity',
  subject: null,
  columns: {
    ...baseColumns(),
    id: column.bigint('none'),
    facility_id: column.bigint('none', { null: true }),
    ...capacity,
    history_id: { ...column.key(), options: { ...column.integer('none', { primaryKey: true }).options, autoIncrement: true } },
    history_date: column.timestamp('none'),
    history_change_reason: column.varchar('health', 100, { null: true }),
    history_type: column.varchar('none', 1),
    history_user_id: column.bigint('none', { null: true })
  }
})

/** docs/api/facilities.md §2.8. */
export const FacilityFlag = defineModel({
  name: 'FacilityFlag',
  table: 'facility_facilityflag',
  fixture: 'facility.facilityflag',
  subject: null,
  columns: { ...baseColumns(), flag: column.varchar('none', 1024), facility_id: column.bigint('none') }
})
