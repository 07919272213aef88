/** SQL for the slots of `facilities`. */
export const fills = {
  'facilities/facility': {
    patient_count:
      // Maintained by triggers: a page of facilities must not count the patients of each.
      '(select coalesce(sum(x.live), 0) from kernel_patient_count x where x.facility_id = f.id)'
  },
  'facilities/triage': {
    rows: `select x.entry_date, x.num_patients_visited, x.num_patients_home_quarantine, x.num_patients_isolation, x.num_patient_referred,
      x.num_patient_confirmed_positive from facility_facilitypatientstatshistory x where x.facility_id = f.id and not x.deleted`
  }
} as const
