import { field, record } from 'care-kernel/rest'
import { FILE_CATEGORIES, FILE_TYPES } from './enumerations.ts'

/** A new file (docs/api/gateways-jobs.md §1.4). `size`, where it is given, is bound into the address. */
export const fileInput = (mostBytes: number) =>
  record({
    file_type: field.label(FILE_TYPES),
    file_category: field.label(FILE_CATEGORIES, { default: 'UNSPECIFIED' }),
    name: field.text({ max: 2000 }),
    associating_id: field.text(),
    original_name: field.text(),
    mime_type: field.text(),
    size: field.integer({ min: 0, max: mostBytes, optional: true, help: 'Bytes; no other number of them is then accepted' })
  })

export type FileInput = ReturnType<typeof fileInput>

/** A file that changes (docs/api/gateways-jobs.md §1.6). */
export const fileChange = record(
  {
    name: field.text({ max: 2000 }),
    upload_completed: field.boolean({ optional: true }),
    is_archived: field.boolean({ optional: true }),
    archive_reason: field.text({ blank: true, optional: true })
  },
  ({ is_archived: archived, archive_reason: reason }) =>
    archived && !reason ? { non_field_errors: ['Archive reason must be specified.'] } : undefined
)
