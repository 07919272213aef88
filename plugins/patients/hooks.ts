import type { Actor, Queryable } from 'care-kernel'
import { Params } from 'care-kernel/data'
import { invalid } from 'care-kernel/rest'
import type { PatientScope } from './services.ts'

/** A facility with live patients is not deleted (docs/api/facilities.md §4.5). */
export async function refuseLivePatients(tx: Queryable, { facilityId }: { facilityId: number; actor: Actor }): Promise<void> {
  const {
    rows: [found]
  } = await tx.query<{ live: boolean }>(
    'select exists (select from facility_patientregistration x where x.facility_id = $1 and x.is_active and not x.deleted) as live',
    [facilityId]
  )
  if (found?.live)
    throw invalid({ facility: 'You cannot delete a facility with Live patients. Discharge all patients and try again' })
}

/** Whether the actor sees a patient who is at the facility now (docs/api/facilities.md §6). */
export async function seesPatientAt(
  db: Queryable,
  { facilityId, actor }: { facilityId: number; actor: Actor },
  { patients }: Pick<PatientScope, 'patients'>
): Promise<boolean> {
  const params = new Params([facilityId])
  const seen = patients.seen(actor, params)
  const { rows } = await db.query(
    `select from facility_patientregistration p where p.facility_id = $1 and not p.deleted and ${seen} limit 1`,
    params.values
  )
  return rows.length > 0
}
