import type { Queryable, Tx } from 'care-kernel'
import { CONSENT, CONSULTATION } from 'care-kernel/contracts/consultations'
import type { Consultations } from 'care-kernel/contracts/consultations'

const HELD = `select id from ${CONSULTATION} where id = $1 for no key update`
const CURRENT = `select distinct k.type from ${CONSENT} k
  join facility_fileupload x on x.file_type = 7 and x.associating_id = k.external_id::text and not x.is_archived and not x.deleted
  where k.consultation_id = $1 and not k.archived and not k.deleted order by k.type`
// Raw SQL: a set, the files of many consents.
const ARCHIVE = `update facility_fileupload set is_archived = true, archive_reason = 'Consent Archived', archived_by_id = $2, archived_datetime = $3
  where file_type = 7 and associating_id = any($1) and not is_archived`

/** Notes which types of consent have a current file (docs/api/gateways-jobs.md §1.7). The consultation is held, so that writers count each other. */
export async function countConsents(tx: Tx, consultationId: number, consultations: Consultations): Promise<void> {
  await tx.query(HELD, [consultationId])
  const { rows } = await tx.query<{ type: number }>(CURRENT, [consultationId])
  await consultations.setConsents(
    tx,
    consultationId,
    rows.map(({ type }) => type)
  )
}

/** Consents gave way to others: so do their files (docs/api/consultations.md §12). */
export async function archiveFiles(
  tx: Queryable,
  { consents, by, at }: { readonly consents: readonly string[]; readonly by: number; readonly at: string }
): Promise<void> {
  await tx.query(ARCHIVE, [consents, by, at])
}
