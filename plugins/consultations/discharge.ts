import type { Actor, Tx } from 'care-kernel'
import { invalid } from 'care-kernel/rest'
import { DISCHARGED, type OpenConsultation } from './encounters.ts'
import { REASON } from './enumerations.ts'
import type { DischargeInput } from './inputs.ts'
import type { ConsultationScope } from './services.ts'

/** Ends a locked consultation (docs/api/consultations.md §5); `modified_date` stays. Throws 400 for one that has ended (FIX-C7). */
export async function discharge(
  scope: ConsultationScope,
  tx: Tx,
  actor: Actor,
  row: OpenConsultation,
  values: DischargeInput
): Promise<void> {
  const { clock, patients, changeLog, consultations, hooks, emit } = scope
  const at = clock.now().toISOString()
  if (row.discharge_date !== null) throw invalid(DISCHARGED)
  const ended = endColumns(row, values, Date.parse(at))
  const { new_discharge_reason: reason, discharge_notes: notes, referred_to: to, referred_to_external: external } = values
  await consultations.save(tx, row.id, {
    ...ended,
    new_discharge_reason: reason,
    current_bed_id: null,
    ...(notes === undefined ? {} : { discharge_notes: notes }),
    ...(to === undefined ? {} : { referred_to_id: to }),
    ...(external === undefined ? {} : { referred_to_external: external })
  })
  await patients.patients.change(
    tx,
    actor,
    row.patient_id,
    {
      is_active: false,
      allow_transfer: true,
      review_time: null,
      ...(ended.death_datetime ? { death_datetime: ended.death_datetime } : {})
    },
    { partial: true }
  )
  await hooks['consultations-closed'](tx, { consultationIds: [row.id], at })
  await changeLog.record(tx, {
    model: 'PatientConsultation',
    consultationId: row.id,
    ids: [row.id],
    by: actor.id,
    at,
    before: row.before
  })
  await hooks['consultation-discharging'](tx, { consultationId: row.id })
  await emit(tx, 'consultation-discharged', { consultationId: row.id, consultation: row.external_id, by: actor.id })
}

/** Columns of the end: only death keeps its time and witness (QUIRK). Throws 400 for an invalid time. */
function endColumns(
  { encounter_date: encounter }: OpenConsultation,
  {
    new_discharge_reason: reason,
    discharge_date: date,
    death_datetime: death,
    death_confirmed_doctor: doctor,
    referred_to: to,
    referred_to_external: external
  }: DischargeInput,
  now: number
): { readonly discharge_date: string; readonly death_datetime?: string; readonly death_confirmed_doctor?: string } {
  if (to && external) {
    const message = ['Only one of referred_to and referred_to_external can be set']
    throw invalid({ referred_to: message, referred_to_external: message })
  }
  const requireTime = (field: string, time: string) => {
    if (Date.parse(time) > now) throw invalid({ [field]: ['This field value cannot be in the future.'] })
    if (Date.parse(time) < Date.parse(encounter))
      throw invalid({ [field]: ['This field value cannot be before the encounter date.'] })
  }
  if (reason !== REASON.expired) {
    requireTime('discharge_date', date)
    return { discharge_date: date }
  }
  if (!death) throw invalid({ death_datetime: ['This field is required'] })
  requireTime('death_datetime', death)
  if (!doctor) throw invalid({ death_confirmed_doctor: ['This field is required'] })
  return { discharge_date: death, death_datetime: death, death_confirmed_doctor: doctor }
}
