import type { Actor, Queryable } from 'care-kernel'
import type { ConsultationScope } from './services.ts'

/** A move of the patient ends open consultations as Referred; a transfer ends only the first (docs/api/patients.md §11, docs/api/shifting-resources.md §5.1). */
export async function referMoved(
  tx: Queryable,
  { patientId, by }: { readonly patientId: number; readonly by: 'transfer' | 'shift' },
  { consultations }: ConsultationScope
): Promise<void> {
  await consultations.referOpen(tx, patientId, { firstOnly: by === 'transfer' })
}

/** Records a note on a patient as a change of the consultation, where there is one (docs/api/consultations.md §11). */
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
