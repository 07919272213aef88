import { labelSql } from 'care-kernel/rest'
import { CATEGORIES, DISCHARGE_REASONS, ROUTES_TO_FACILITY, SUGGESTIONS } from './enumerations.ts'
import type { ConsultationScope } from './services.ts'

/** SQL for the slots of `patients`. */
export const fills = {
  'patients/patient': {
    last_consultation: ({ consultations }: ConsultationScope) =>
      `(${consultations.shape.of('from facility_patientconsultation c where c.id = p.last_consultation_id')})`
  },
  'patients/consultation': {
    route_to_facility: labelSql('c.route_to_facility', ROUTES_TO_FACILITY),
    suggestion: labelSql('c.suggestion', SUGGESTIONS),
    category: labelSql('c.category', CATEGORIES),
    new_discharge_reason: labelSql('c.new_discharge_reason', DISCHARGE_REASONS)
  },
  'patients/joined': {
    consultations: 'facility_patientconsultation',
    daily_rounds: 'facility_dailyround',
    diagnoses: `(select x.consultation_id, x.diagnosis_id, i.label, x.verification_status, x.is_principal
      from facility_consultationdiagnosis x join facility_icd11diagnosis i on i.id = x.diagnosis_id where not x.deleted)`
  }
} as const
