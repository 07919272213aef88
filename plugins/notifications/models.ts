import { baseColumns, column, defineModel } from 'care-kernel/data'
import { STORED } from './enumerations.ts'

/** `docs/api/gateways-jobs.md §15`. */
export const Notification = defineModel({
  name: 'Notification',
  table: 'facility_notification',
  fixture: 'facility.notification',
  subject: 'intended_for_id',
  columns: {
    ...baseColumns(),
    intended_for_id: column.bigint('none', { null: true }),
    caused_by_id: column.bigint('none', { null: true }),
    medium_sent: column.integer('none', { default: STORED.system }),
    read_at: column.timestamp('none', { null: true }),
    event_type: column.integer('none', { default: STORED.systemGenerated }),
    event: column.integer('none', { default: 0 }),
    message: column.text('health', { null: true }),
    caused_objects: column.json('none', { null: true, default: () => ({}) })
  }
})
