import type { RowAccess } from 'care-kernel/access'
import { PATIENT } from 'care-kernel/contracts/patients'
import { parties, TABLE } from './shift-requests.ts'
import { STATUS } from './statuses.ts'

/** Requests an actor sees: a destination from APPROVED on, and wherever the patient is now (docs/api/shifting-resources.md §3.1). */
export const shiftAccess: RowAccess = parties.rowAccess({
  name: 'shift',
  summary: 'Requests to shift patients an actor sees',
  assignedIf: `status >= ${STATUS.approved}`,
  also: {
    rows: 'requests for patients who are there now',
    // The patients of a hospital, one look-up each: as a join it would be planned as if there were many hospitals.
    ids: facilities =>
      `select x.id from ${PATIENT} p cross join lateral (select x.id from ${TABLE} x where x.patient_id = p.id offset 0) x where p.facility_id = any(${facilities})`
  }
})
