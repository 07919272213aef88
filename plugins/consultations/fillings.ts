import type { Actor, Queryable } from 'care-kernel'
import { labelSql } from 'care-kernel/rest'
import { CATEGORIES, DISCHARGE_REASONS, ROUTES_TO_FACILITY, SUGGESTIONS } from './enumerations.ts'
import type { ConsultationScope } from './scope.ts'

/** What this plugin fills into the slots of `patients`. */
export const fillings = {
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
  'patients/relations': {
    consultations: 'facility_patientconsultation',
    daily_rounds: 'facility_dailyround',
    diagnoses: `(select x.consultation_id, x.diagnosis_id, i.label, x.verification_status, x.is_principal
      from facility_consultationdiagnosis x join facility_icd11diagnosis i on i.id = x.diagnosis_id where not x.deleted)`
  }
} as const

/** The patient moves: what was open elsewhere ends as Referred; by a transfer the first of it (contract patients §11, shifting-resources §5.1). */
export async function referMoved(
  tx: Queryable,
  { patientId, by }: { readonly patientId: number; readonly by: 'transfer' | 'shift' },
  { consultations }: ConsultationScope
): Promise<void> {
  await consultations.referOpen(tx, patientId, { firstOnly: by === 'transfer' })
}

/** A note on a patient is a change of the consultation (contract consultations §11); without one there is nothing to tell. */
export async function recordNote(
  tx: Queryable,
  { noteId, consultationId, actor }: { readonly noteId: number; readonly consultationId: number | null; readonly actor: Actor },
  { changeLog, clock }: ConsultationScope
): Promise<void> {
  if (consultationId === null) return
  await changeLog.record(tx, {
    model: 'PatientNotes',
    consultationId,
    ids: [noteId],
    by: actor.id,
    at: clock.now().toISOString()
  })
}
