import type { RowAccess } from 'care-kernel/access'
import { PATIENT } from 'care-kernel/contracts/patients'
import { parties, TABLE } from './reads.ts'
import { STATUS } from './statuses.ts'

/** Requests an actor sees. The destination sees them from APPROVED on; the patient's current facility sees them, too (`docs/api/shifting-resources.md §3.1`). */
export const shiftAccess: RowAccess = parties.rowAccess({
  name: 'shift',
  summary: 'Requests to shift patients an actor sees',
  assignedIf: `status >= ${STATUS.approved}`,
  also: {
    rows: 'requests for patients who are there now',
    // `offset 0` forces one index lookup per patient; the planner overestimates the rows of a plain join.
    ids: facilities =>
      `select x.id from ${PATIENT} p cross join lateral (select x.id from ${TABLE} x where x.patient_id = p.id offset 0) x where p.facility_id = any(${facilities})`
  }
})
