import type { Actor, Tx } from 'care-kernel'
import { invalid } from 'care-kernel/rest'
import {
  placesOf,
  referralOf,
  requireFree,
  requireNumber,
  requirePhysician,
  routeOf,
  type ConsultationValues
} from './admission.ts'
import { watchedValues } from './change-log.ts'
import { REASON } from './enumerations.ts'
import type { consultationInputs, ConsultationInput, DischargeInput } from './inputs.ts'
import { ConsultationDiagnosis, EncounterSymptom, PatientConsultation } from './models.ts'
import { requireFittingDiagnoses, requireFittingSymptoms } from './parts.ts'
import { isHome } from './policy.ts'
import type { ConsultationScope } from './scope.ts'

const DAY_MS = 86_400_000
const READMISSION_DAYS = 30

/** Answered to whoever changes what has ended. */
export const DISCHARGED = { consultation: ['Discharged Consultation data cannot be updated'] }

/** A consultation to be changed, its row held, with the values its events speak of. */
export interface OpenConsultation {
  readonly id: number
  readonly external_id: string
  readonly patient_id: number
  readonly facility_id: number
  readonly patient_no: string | null
  readonly suggestion: string
  readonly assigned_to_id: number | null
  readonly encounter_date: string
  readonly discharge_date: string | null
  readonly is_kasp: boolean
  readonly before: unknown
}

/** Columns of an `OpenConsultation` over `c`. */
export const OPEN_COLUMNS = `c.id, c.external_id, c.patient_id, c.facility_id, c.patient_no, c.suggestion, c.assigned_to_id,
  c.encounter_date, c.discharge_date, c.is_kasp, ${watchedValues('PatientConsultation')} as before`

/** When the patient is looked at again: so many minutes from now. */
export const reviewTime = (now: Date, minutes: number, least: number): Date | null =>
  minutes >= least ? new Date(now.getTime() + minutes * 60_000) : null

/** Begins, changes and ends consultations (contract consultations §4, §5), each in the caller's transaction. */
export class Encounters {
  readonly #scope: ConsultationScope
  readonly #input: ReturnType<typeof consultationInputs>

  constructor(scope: ConsultationScope, input: ReturnType<typeof consultationInputs>) {
    this.#scope = scope
    this.#input = input
  }

  /** Begins one; the patient's row is held, so that of many at once one is kept. The uuid. */
  async begin(tx: Tx, actor: Actor, values: ConsultationInput): Promise<string> {
    const { clock, repository, patients, changeLog, hooks, emit } = this.#scope
    const patient = await patients.patients.byId(tx, values.patient, { lock: true })
    if (!patient) throw invalid({ patient: ['object with this id not found'] })
    const { bed, location } = await placesOf(this.#scope, tx, values)
    const { create_diagnoses: diagnoses, create_symptoms: symptoms } = values
    const now = clock.now()
    const at = now.toISOString()

    requireNumber(values)
    await requirePhysician(tx, values, patient.facility_id)
    const referral = referralOf(values)
    if (!diagnoses) throw invalid({ create_diagnoses: ['This field is required.'] })
    requireFittingDiagnoses(diagnoses)
    if (!symptoms) throw invalid({ create_symptoms: ['This field is required.'] })
    requireFittingSymptoms(symptoms, now.getTime())
    const route = routeOf(values, location)
    const { facility } = patient
    if (!facility || !isHome(actor, facility))
      throw invalid({ facility: 'Consultation creates are only allowed in home facility' })
    const previous = await requireFree(tx, actor, patient)

    const encounter = values.encounter_date ?? at
    const ends = values.suggestion === 'OP'
    const { id, external_id: uuid } = await repository(PatientConsultation).insert(tx, {
      ...this.#columns(values),
      ...referral,
      ...route,
      patient_id: patient.id,
      facility_id: facility.id,
      bed_number: values.admitted ? (values.bed_number ?? null) : null,
      encounter_date: encounter,
      created_date: at,
      modified_date: at,
      previous_consultation_id: previous?.id ?? null,
      is_readmission: isReadmission(values.suggestion, encounter, previous),
      kasp_enabled_date: values.is_kasp ? at : null,
      discharge_date: ends ? at : null
    })
    const part = { consultation_id: id, created_date: at, modified_date: at }
    const addedDiagnoses = await repository(ConsultationDiagnosis).insertMany(
      tx,
      diagnoses.map(({ diagnosis, ...rest }) => ({ ...part, ...rest, diagnosis_id: diagnosis }))
    )
    const addedSymptoms = await repository(EncounterSymptom).insertMany(
      tx,
      symptoms.map(symptom => ({
        ...part,
        ...symptom,
        clinical_impression_status: symptom.cure_date ? 'completed' : 'in-progress'
      }))
    )
    if (bed !== null && values.suggestion === 'A') {
      const assigned = await hooks['bed-assigned'](tx, { consultationId: id, facilityId: facility.id, bedId: bed, at })
      await this.#scope.consultations.save(tx, id, { current_bed_id: assigned.find(answer => answer !== undefined) ?? null })
    }
    await patients.patients.change(tx, actor, patient.id, {
      is_active: !ends,
      ...(ends ? { allow_transfer: true } : {}),
      last_consultation_id: id,
      ...(values.action === undefined ? {} : { action: values.action }),
      review_time: reviewTime(now, values.review_interval ?? -1, 1)
    })
    const change = { consultationId: id, by: actor.id, at }
    await changeLog.record(tx, { ...change, model: 'PatientConsultation', ids: [id] })
    await changeLog.record(tx, { ...change, model: 'ConsultationDiagnosis', ids: addedDiagnoses.map(row => row.id) })
    await changeLog.record(tx, { ...change, model: 'EncounterSymptom', ids: addedSymptoms.map(row => row.id) })
    const told = { consultationId: id, consultation: uuid, by: actor.id }
    await emit(tx, 'consultation-created', told)
    if (values.assigned_to) await emit(tx, 'consultation-assigned', { ...told, assignedTo: values.assigned_to })
    return uuid
  }

  /** Changes one that is held. One that has ended takes only `medico_legal_case`, silently leaving out the rest (QUIRK). */
  async change(tx: Tx, actor: Actor, row: OpenConsultation, values: ConsultationValues): Promise<void> {
    const { clock, patients, changeLog, consultations, emit } = this.#scope
    const now = clock.now()
    const at = now.toISOString()
    const saved = { modified_date: at, last_edited_by_id: actor.id }
    const { location } = await placesOf(this.#scope, tx, values)
    requireNumber(values, row)
    await requirePhysician(tx, values, row.facility_id)
    const referral = referralOf(values)
    for (const [field, what] of [
      ['create_diagnoses', 'diagnoses'],
      ['create_symptoms', 'symptoms']
    ] as const)
      if ((values[field] ?? []).length > 0) throw invalid({ [field]: [`Bulk create ${what} is not allowed on update`] })

    if (row.discharge_date !== null) {
      if (values.medico_legal_case === undefined) throw invalid(DISCHARGED)
      return consultations.save(tx, row.id, { ...saved, medico_legal_case: values.medico_legal_case })
    }
    await consultations.save(tx, row.id, {
      ...this.#columns(values),
      ...referral,
      ...(location === null ? {} : { transferred_from_location_id: location }),
      ...('bed_number' in values && !values.admitted ? { bed_number: null } : {}),
      ...(row.suggestion === 'OP' ? { discharge_date: at } : {}),
      ...(values.is_kasp && !row.is_kasp ? { kasp_enabled_date: at } : {}),
      last_updated_by_telemedicine: actor.id === row.assigned_to_id,
      ...saved
    })
    const { action, review_interval: interval } = values
    if (action !== undefined || interval !== undefined)
      await patients.patients.change(tx, actor, row.patient_id, {
        ...(action === undefined ? {} : { action }),
        ...(interval === undefined ? {} : { review_time: reviewTime(now, interval, 0) })
      })
    await changeLog.record(tx, {
      model: 'PatientConsultation',
      consultationId: row.id,
      ids: [row.id],
      by: actor.id,
      at,
      before: row.before
    })
    const told = { consultationId: row.id, consultation: row.external_id, by: actor.id }
    await emit(tx, 'consultation-updated', told)
    const { assigned_to: assigned } = values
    if (assigned && assigned !== row.assigned_to_id) await emit(tx, 'consultation-assigned', { ...told, assignedTo: assigned })
  }

  /** Ends one that is held (contract consultations §5); `modified_date` stays. Throws 400 for one that has ended (FIX-C7). */
  async discharge(tx: Tx, actor: Actor, row: OpenConsultation, values: DischargeInput): Promise<void> {
    const { clock, patients, changeLog, consultations, hooks, emit } = this.#scope
    const at = clock.now().toISOString()
    if (row.discharge_date !== null) throw invalid(DISCHARGED)
    const ended = endOf(row, values, Date.parse(at))
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
        ...('death_datetime' in ended ? { death_datetime: ended.death_datetime } : {})
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

  /** The values under their columns, without what is no column of a consultation. */
  #columns(values: ConsultationValues): Record<string, unknown> {
    return Object.fromEntries(
      Object.entries(this.#input.columns(values)).filter(([name]) => name !== 'patient_id' && name in PatientConsultation.columns)
    )
  }
}

function isReadmission(
  suggestion: string,
  encounter: string,
  previous: { readonly suggestion: string; readonly discharge_date: string | null } | undefined
): boolean {
  if (suggestion !== 'A' || previous?.suggestion !== 'A' || previous.discharge_date === null) return false
  return Date.parse(previous.discharge_date) + READMISSION_DAYS * DAY_MS > Date.parse(encounter)
}

/** When and how it ended; death has a time and a witness, other reasons drop theirs (QUIRK). Throws 400 for a time that cannot be. */
function endOf(
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
): { readonly discharge_date: string } | { readonly discharge_date: string; readonly death_datetime: string } {
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
  const dead = { discharge_date: death, death_datetime: death, death_confirmed_doctor: doctor }
  return dead
}
