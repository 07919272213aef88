import { field, record } from 'care-kernel/rest'
import { FACILITY } from 'care-kernel/contracts/facilities'
import { requestInputs } from 'care-kernel/toolkits/facilities'
import { CATEGORIES, STATUSES, SUB_CATEGORIES } from './enumerations.ts'

/** A request for resources (`docs/api/shifting-resources.md §9.4`). */
export const resourceInput = record({
  status: field.label(STATUSES),
  category: field.label(CATEGORIES),
  sub_category: field.label(SUB_CATEGORIES),
  origin_facility: field.externalId(FACILITY, { source: 'origin_facility_id' }),
  approving_facility: field.externalId(FACILITY, { source: 'approving_facility_id' }),
  assigned_facility: field.externalId(FACILITY, { optional: true, source: 'assigned_facility_id' }),
  title: field.text({ max: 255 }),
  priority: field.integer({ optional: true, null: true }),
  requested_quantity: field.integer({ optional: true }),
  assigned_quantity: field.integer({ optional: true }),
  ...requestInputs
})
