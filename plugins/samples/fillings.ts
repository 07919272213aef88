import type { Actor, Queryable } from 'care-kernel'
import { CONSULTATION } from 'care-kernel/contracts/consultations'
import { labelSql } from 'care-kernel/rest'
import { facilityLike } from 'care-kernel/contracts/facilities'
import { FILE_TYPE, mayTouch, type FileType, type OwnerLike } from 'care-kernel/contracts/files'
import { PATIENT } from 'care-kernel/contracts/patients'
import { SAMPLE_TYPES } from './enumerations.ts'
import { RESULTS } from './statuses.ts'

/** What other plugins print and count of samples (docs/api/gateways-jobs.md §9.4, §10.4). */
export const fillings = {
  'discharge-summary/consultation': {
    samples: `coalesce((select json_agg(x) from (
      select s.created_date as requested_on, ${labelSql('s.sample_type', SAMPLE_TYPES)} as sample_type, s.icmr_label as label,
        ${labelSql('s.result', RESULTS)} as result
      from facility_patientsample s where s.consultation_id = c.id and s.patient_id = c.patient_id and not s.deleted order by s.id) x), '[]'::json)`
  },
  'summaries/joined': {
    samples: '(select s.consultation_id, s.result from facility_patientsample s where not s.deleted)'
  }
} as const

interface OwnerRow extends OwnerLike {
  readonly id: number
  /** The uuid without dashes. */
  readonly name: string
}

const OWNERS = `select s.id, replace(s.external_id::text, '-', '') as name, json_build_array(p.assigned_to_id, c.assigned_to_id) as assigned,
    json_build_array(${facilityLike('s.testing_facility_id')}, ${facilityLike('p.facility_id')}) as facilities
  from facility_patientsample s join ${PATIENT} p on p.id = s.patient_id join ${CONSULTATION} c on c.id = s.consultation_id
  where s.external_id = any($1) and not s.deleted`

/** Files of samples are for whoever looks after the patient, and for the facilities of both (docs/api/gateways-jobs.md §1.3). */
export async function ownFiles(
  db: Queryable,
  { type, ids, actor }: { readonly type: FileType; readonly ids: readonly string[]; readonly actor: Actor }
): Promise<readonly string[] | undefined> {
  if (type !== FILE_TYPE.sample) return undefined
  const { rows } = await db.query<OwnerRow>(OWNERS, [ids])
  const allowed = new Map(rows.filter(row => mayTouch.test(actor, row)).map(({ id, name }) => [name, String(id)]))
  const keys = ids.flatMap(id => allowed.get(id.trim().toLowerCase().replaceAll('-', '')) ?? [])
  return keys.length === ids.length ? keys : undefined
}

/** A patient has a request's number now: what laboratories reported on it is of a patient (docs/api/patients.md §7). */
export async function claimResults(tx: Queryable, { srfId }: { readonly srfId: string }): Promise<void> {
  // Raw SQL: a set, every result on a number.
  await tx.query(
    'update facility_patientexternaltest set patient_created = true where upper(srf_id) = upper($1) and not patient_created',
    [srfId]
  )
}
