import type { Actor, Queryable } from 'care-kernel'
import { CONSULTATION } from 'care-kernel/contracts/consultations'
import { facilityLike } from 'care-kernel/contracts/facilities'
import { FILE_TYPE, mayTouch, type FileType, type OwnerLike } from 'care-kernel/contracts/files'
import { PATIENT } from 'care-kernel/contracts/patients'

interface OwnerRow extends OwnerLike {
  readonly id: number
  /** Uuid without hyphens. */
  readonly name: string
}

const OWNERS = `select s.id, replace(s.external_id::text, '-', '') as name, json_build_array(p.assigned_to_id, c.assigned_to_id) as assigned,
    json_build_array(${facilityLike('s.testing_facility_id')}, ${facilityLike('p.facility_id')}) as facilities
  from facility_patientsample s join ${PATIENT} p on p.id = s.patient_id join ${CONSULTATION} c on c.id = s.consultation_id
  where s.external_id = any($1) and not s.deleted`

/**
 * Hook `files/owners-asked`: the keys of these samples, or undefined where one is missing or the actor may not access its files. Allowed are the assignees
 * of the patient and the consultation, the patient's facility and the testing one (`docs/api/gateways-jobs.md §1.3`).
 */
export async function fileOwners(
  db: Queryable,
  { type, ids, actor }: { readonly type: FileType; readonly ids: readonly string[]; readonly actor: Actor }
): Promise<readonly string[] | undefined> {
  if (type !== FILE_TYPE.sample) return undefined
  const { rows } = await db.query<OwnerRow>(OWNERS, [ids])
  const allowed = new Map(rows.filter(row => mayTouch.test(actor, row)).map(({ id, name }) => [name, String(id)]))
  const keys = ids.flatMap(id => allowed.get(id.trim().toLowerCase().replaceAll('-', '')) ?? [])
  return keys.length === ids.length ? keys : undefined
}

/** Hook `patients/srf-id-given`: marks the external results of this SRF id as a patient's (`docs/api/patients.md §7`). */
export async function claimResults(tx: Queryable, { srfId }: { readonly srfId: string }): Promise<void> {
  // Raw SQL: a set.
  await tx.query(
    'update facility_patientexternaltest set patient_created = true where upper(srf_id) = upper($1) and not patient_created',
    [srfId]
  )
}
