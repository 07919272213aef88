import { baseColumns, column, defineModel } from 'care-kernel/data'

/** docs/api/gateways-jobs.md §15. `name` is typed by a user and may contain personal data. */
export const FileUpload = defineModel({
  name: 'FileUpload',
  table: 'facility_fileupload',
  fixture: 'facility.fileupload',
  subject: null,
  columns: {
    ...baseColumns(),
    name: column.varchar('health', 2000),
    internal_name: column.varchar('none', 2000),
    associating_id: column.varchar('none', 100),
    upload_completed: column.boolean('none', { default: false }),
    is_archived: column.boolean('none', { default: false }),
    archive_reason: column.text('health', { default: '' }),
    archived_datetime: column.timestamp('none', { null: true }),
    file_type: column.integer('none'),
    file_category: column.varchar('none', 100),
    archived_by_id: column.bigint('none', { null: true }),
    uploaded_by_id: column.bigint('none', { null: true })
  }
})

/** Announced type and size of an upload, and the checked version in the store. */
export const FileContent = defineModel({
  name: 'FileContent',
  table: 'kernel_file_content',
  subject: null,
  technical: true,
  columns: {
    file_id: column.bigint('none', { primaryKey: true }),
    mime_type: column.varchar('none', 255),
    announced_size: column.bigint('none', { null: true }),
    size: column.bigint('none', { null: true }),
    etag: column.varchar('none', 255, { null: true }),
    version: column.varchar('none', 1024, { null: true }),
    checked_at: column.timestamp('none', { null: true })
  }
})
