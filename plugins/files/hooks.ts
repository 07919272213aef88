import type { Queryable } from 'care-kernel'

// Raw SQL: a set, the files of many consents.
const ARCHIVE = `update facility_fileupload set is_archived = true, archive_reason = 'Consent Archived', archived_by_id = $2, archived_datetime = $3
  where file_type = 7 and associating_id = any($1) and not is_archived`

/** Archives the files of archived consents (docs/api/consultations.md §12). */
export async function archiveFiles(
  tx: Queryable,
  { consents, by, at }: { readonly consents: readonly string[]; readonly by: number; readonly at: string }
): Promise<void> {
  await tx.query(ARCHIVE, [consents, by, at])
}
