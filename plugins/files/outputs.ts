import { labelSql, out, shape, type Output } from 'care-kernel/rest'
import { USER, userBaseMinimum } from 'care-kernel/contracts/auth-permissions'
import { FILE_CATEGORIES, FILE_TYPES } from './enumerations.ts'

const user = (column: string): Output => out.object(userBaseMinimum, `from ${USER} u where u.id = ${column}`)
const common = {
  id: out.uuid('x.external_id'),
  name: out.text('x.name')
}
const state = {
  upload_completed: out.boolean('x.upload_completed'),
  is_archived: out.boolean('x.is_archived'),
  archive_reason: out.text('x.archive_reason')
}
const archived = {
  archived_by: user('x.archived_by_id'),
  archived_datetime: out.datetime('x.archived_datetime')
}
const kind = {
  created_date: out.datetime('x.created_date'),
  file_category: out.text('x.file_category'),
  extension: out.text("coalesce(substring(x.internal_name from '\\.[^.]*$'), '')")
}
const uploader = { uploaded_by: user('x.uploaded_by_id') }

/** docs/api/gateways-jobs.md §1.5; `x` is the file. */
export const listed = shape({
  ...common,
  associating_id: out.text('x.associating_id'),
  ...uploader,
  ...archived,
  ...state,
  ...kind
})

/** A single file without its address, which is signed outside the database. */
export const single = shape({ ...common, ...uploader, ...state, ...kind })
/** `single` with its address. */
export const retrieved = shape({ ...single.fields, read_signed_url: out.text('null') })

export const changed = shape({ ...common, ...state, ...archived })

/** A new file without its address. */
export const added = shape({
  id: out.uuid('x.external_id'),
  file_type: { ...out.text(labelSql('x.file_type', FILE_TYPES)), schema: { type: 'string', enum: Object.values(FILE_TYPES) } },
  file_category: { ...out.text('x.file_category'), schema: { type: 'string', enum: Object.values(FILE_CATEGORIES) } },
  name: out.text('x.name'),
  internal_name: out.text('x.internal_name')
})
/** `added` with its address. */
export const created = shape({ ...added.fields, signed_url: out.text('null') })

/** An object as JSON text with a further text property. */
export const withText = (json: string, name: string, text: string): string =>
  `${json.slice(0, -1)},${JSON.stringify(name)}:${JSON.stringify(text)}}`

/** Files of the consent `k`, null without any (docs/api/consultations.md §12). */
export const FILES_OF_CONSENT = `(select json_agg(${listed.sql} order by x.created_date desc, x.id desc) from facility_fileupload x
  where x.file_type = 7 and x.associating_id = k.external_id::text and not x.deleted)`
