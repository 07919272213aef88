import { labelSql } from 'care-kernel/rest'
import { SAMPLE_TYPES } from './enumerations.ts'
import { RESULTS } from './statuses.ts'

/** Samples in discharge summaries and in the figures of summaries (`docs/api/gateways-jobs.md §9.4, §10.4`). */
export const slots = {
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
