import { baseColumns, column, defineModel } from 'care-kernel/data'
import { commentModel } from 'care-kernel/toolkits/facilities'
import { PENDING } from './enumerations.ts'

const key = () => column.bigint('none', { null: true })
const flag = () => column.boolean('none', { default: false })

/** `docs/api/shifting-resources.md §10`. */
export const ResourceRequest = defineModel({
  name: 'ResourceRequest',
  table: 'facility_resourcerequest',
  fixture: 'facility.resourcerequest',
  subject: null,
  stamps: { insert: ['created_by_id', 'last_edited_by_id'], update: ['last_edited_by_id'] },
  columns: {
    ...baseColumns(),
    emergency: flag(),
    title: column.varchar('health', 255),
    reason: column.text('none', { default: '' }),
    refering_facility_contact_name: column.text('identity', { default: '' }),
    refering_facility_contact_number: column.varchar('contact', 14, { default: '' }),
    status: column.integer('none', { default: PENDING }),
    category: column.integer('none', { default: 100 }),
    sub_category: column.integer('none', { default: 1000 }),
    priority: column.integer('none', { null: true }),
    requested_quantity: column.integer('none', { default: 0 }),
    assigned_quantity: column.integer('none', { default: 0 }),
    is_assigned_to_user: flag(),
    approving_facility_id: key(),
    assigned_facility_id: key(),
    assigned_to_id: key(),
    created_by_id: key(),
    last_edited_by_id: key(),
    origin_facility_id: column.bigint('none')
  }
})

export const ResourceRequestComment = commentModel(
  'ResourceRequestComment',
  'facility_resourcerequestcomment',
  'facility.resourcerequestcomment'
)
