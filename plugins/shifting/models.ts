import { baseColumns, column, defineModel } from 'care-kernel/data'
import { commentModel } from 'care-kernel/toolkits/facilities'

const key = () => column.bigint('none', { null: true })
const flag = (privacy: 'health' | 'none') => column.boolean(privacy, { default: false })
const text = (privacy: 'health' | 'identity' | 'none') => column.text(privacy, { default: '' })
const phone = () => column.varchar('contact', 14, { default: '' })

/** `docs/api/shifting-resources.md §10`. */
export const ShiftingRequest = defineModel({
  name: 'ShiftingRequest',
  table: 'facility_shiftingrequest',
  fixture: 'facility.shiftingrequest',
  subject: 'patient_id',
  stamps: { insert: ['created_by_id', 'last_edited_by_id'], update: ['last_edited_by_id'] },
  columns: {
    ...baseColumns(),
    assigned_facility_type: column.integer('none', { null: true }),
    assigned_facility_external: column.text('none', { null: true, default: '' }),
    emergency: flag('health'),
    is_up_shift: flag('health'),
    reason: text('health'),
    vehicle_preference: text('none'),
    preferred_vehicle_choice: column.integer('none', { null: true }),
    comments: text('health'),
    refering_facility_contact_name: text('identity'),
    refering_facility_contact_number: phone(),
    is_kasp: flag('none'),
    status: column.integer('none'),
    breathlessness_level: column.integer('health', { null: true, default: 10 }),
    is_assigned_to_user: flag('none'),
    ambulance_driver_name: text('identity'),
    ambulance_phone_number: phone(),
    ambulance_number: text('none'),
    assigned_facility_id: key(),
    assigned_to_id: key(),
    created_by_id: key(),
    last_edited_by_id: key(),
    origin_facility_id: column.bigint('none'),
    patient_id: column.bigint('none'),
    shifting_approving_facility_id: key()
  }
})

export const ShiftingRequestComment = commentModel(
  'ShiftingRequestComment',
  'facility_shiftingrequestcomment',
  'facility.shiftingrequestcomment'
)
