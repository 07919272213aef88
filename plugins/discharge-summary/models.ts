import { column, defineModel } from 'care-kernel/data'

/** The latest job that makes a summary of a consultation; a request for another locks the row. */
export const SummaryJob = defineModel({
  name: 'DischargeSummaryJob',
  table: 'kernel_discharge_summary',
  subject: null,
  technical: true,
  columns: {
    consultation_id: column.bigint('none', { primaryKey: true }),
    job_id: column.uuid('none', { null: true }),
    asked_at: column.timestamp('none', { null: true }),
    asked_by_user: column.boolean('none', { default: false }),
    /** Addresses to which the summary is mailed when it is ready. */
    mail_to: column.texts('contact', { default: () => [] })
  }
})
