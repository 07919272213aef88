import { column, defineModel } from 'care-kernel/data'

const columns = {
  id: column.uuid('none', { primaryKey: true }),
  created_date: column.timestamp('none', { null: true }),
  modified_date: column.timestamp('none', { null: true }),
  s_type: column.varchar('none', 100),
  data: column.json('none', { null: true })
}
const kernel_day = column.date('none', { null: true })

export const FacilitySummary = defineModel({
  name: 'FacilityRelatedSummary',
  table: 'facility_facilityrelatedsummary',
  fixture: 'facility.facilityrelatedsummary',
  subject: null,
  columns: { ...columns, facility_id: column.bigint('none', { null: true }), kernel_day }
})

export const DistrictSummary = defineModel({
  name: 'DistrictScopedSummary',
  table: 'facility_districtscopedsummary',
  fixture: 'facility.districtscopedsummary',
  subject: null,
  columns: { ...columns, district_id: column.bigint('none', { null: true }), kernel_day }
})

export const LocalBodySummary = defineModel({
  name: 'LocalBodyScopedSummary',
  table: 'facility_localbodyscopedsummary',
  fixture: 'facility.localbodyscopedsummary',
  subject: null,
  columns: { ...columns, lsg_id: column.bigint('none', { null: true }) }
})
