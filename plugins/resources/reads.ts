import { USER } from 'care-kernel/contracts/auth-permissions'
import {
  cell,
  filter,
  filters,
  labelSql,
  ordering,
  out,
  resource,
  shape,
  type Filters,
  type Ordering,
  type Resource
} from 'care-kernel/rest'
import type { FacilityShapes } from 'care-kernel/contracts/facilities'
import { requestDates, requestFilters, requestOutputs, requestParties } from 'care-kernel/toolkits/facilities'
import { CATEGORIES, STATUSES, SUB_CATEGORIES } from './enumerations.ts'

/** The facilities of a request for resources. */
export const parties = requestParties('facility_resourcerequest', {
  origin: 'origin_facility',
  approving: 'approving_facility',
  assigned: 'assigned_facility'
})

/** `docs/api/shifting-resources.md §9.2`. */
export const resourceFilters: Filters = filters({
  status: filter.label('r.status', STATUSES),
  category: filter.label('r.category', CATEGORIES),
  sub_category: filter.label('r.sub_category', SUB_CATEGORIES),
  priority: filter.number('r.priority'),
  title: filter.contains('r.title'),
  ...parties.filters,
  ...requestFilters
})

/** Default order: newest first, so that pages are stable (FIX: the original has none). */
const resourceOrder: Ordering = ordering(
  {
    id: 'r.id',
    created_date: 'r.created_date',
    modified_date: 'r.modified_date',
    emergency: 'r.emergency',
    priority: 'r.priority'
  },
  'r.id desc'
)

/** List, detail and CSV of a deployment: one shape for all answers (`docs/api/shifting-resources.md §9.3`). */
export function resourceRequests({ basic }: FacilityShapes): Resource {
  return resource({
    name: 'ResourceRequest',
    from: 'facility_resourcerequest r',
    key: { column: 'r.external_id', kind: 'uuid' },
    live: 'not r.deleted',
    shape: shape({
      id: out.uuid('r.external_id'),
      status: out.label('r.status', STATUSES),
      category: out.label('r.category', CATEGORIES),
      sub_category: out.label('r.sub_category', SUB_CATEGORIES),
      ...parties.outputs(basic),
      title: out.text('r.title'),
      priority: out.integer('r.priority'),
      requested_quantity: out.integer('r.requested_quantity'),
      assigned_quantity: out.integer('r.assigned_quantity'),
      ...requestOutputs
    }),
    filters: resourceFilters,
    ordering: resourceOrder,
    table: { file: 'resourcerequest_export.csv', columns: resourceTable }
  })
}

/** Columns of the CSV; the status is its number (`docs/api/shifting-resources.md §7`, QUIRK). */
const resourceTable = {
  ...requestDates,
  'From Facility': cell.text(parties.names.origin),
  'Assigned Facility': cell.text(parties.names.assigned),
  'Approving Facility': cell.text(parties.names.approving),
  'Current Status': cell.value('r.status'),
  'Emergency Shift': cell.yesNo('r.emergency'),
  'Reason for Shifting': cell.text('r.reason'),
  Title: cell.text('r.title'),
  Category: labelSql('r.category', CATEGORIES),
  'Sub Category': labelSql('r.sub_category', SUB_CATEGORIES),
  Priority: cell.value('r.priority'),
  'Requested Quantity': cell.value('r.requested_quantity'),
  'Assigned Quantity': cell.value('r.assigned_quantity'),
  'Assigned User Username': cell.text(`(select u.username from ${USER} u where u.id = r.assigned_to_id)`)
} as const
