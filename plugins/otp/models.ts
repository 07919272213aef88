import { baseColumns, column, defineModel } from 'care-kernel/data'

/** A request for a code. `otp`, the original's column, holds a marker; `kernel_code_hash` is set while the code is valid. */
export const PatientMobileOtp = defineModel({
  name: 'PatientMobileOTP',
  table: 'facility_patientmobileotp',
  fixture: 'facility.patientmobileotp',
  subject: null,
  technical: true,
  columns: {
    ...baseColumns(),
    is_used: column.boolean('none', { default: false }),
    phone_number: column.varchar('contact', 14),
    otp: column.varchar('secret', 10),
    kernel_code_hash: column.text('secret', { null: true }),
    kernel_expires_at: column.timestamp('none', { null: true }),
    kernel_tries: column.smallint('none', { null: true })
  }
})
