import type { Tx } from 'care-kernel'
import { CONSULTATION } from 'care-kernel/contracts/consultations'
import { PATIENT } from 'care-kernel/contracts/patients'
import type { SummaryScope } from './services.ts'

/** The latest admission of the demo district that ended as recovered. */
const RECOVERED = `select c.id from ${CONSULTATION} c join ${PATIENT} p on p.id = c.patient_id
  where p.external_id::text like '9a711111-%' and c.suggestion = 'A' and c.new_discharge_reason = 1 order by c.discharge_date desc, c.id limit 1`

/** One summary, made by a job after the first start. */
export async function demo(tx: Tx, { summaries }: SummaryScope): Promise<void> {
  const { rows } = await tx.query<{ id: number }>(RECOVERED)
  for (const { id } of rows) await summaries.request(tx, id)
}
