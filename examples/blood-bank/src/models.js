import { column, defineModel } from 'care-kernel/data'

export const GROUPS = ['A+', 'A-', 'B+', 'B-', 'AB+', 'AB-', 'O+', 'O-']

/** One bag of blood. It is nobody's once it is given: there is no subject. */
export const BloodUnit = defineModel({
  name: 'BloodUnit',
  table: 'blood_bank_unit',
  subject: null,
  columns: {
    id: column.key(),
    external_id: column.uuid('none', { default: () => crypto.randomUUID() }),
    facility_id: column.bigint('none'),
    blood_group: column.varchar('health', 3),
    expires_on: column.date('none'),
    created_date: column.timestamp('none'),
    expired: column.boolean('none', { default: false })
  }
})
