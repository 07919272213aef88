import type { Actor, Tx } from 'care-kernel'
import { invalid } from 'care-kernel/rest'
import { RANK, USER } from 'care-kernel/contracts/auth-permissions'
import { MEMBER } from 'care-kernel/contracts/facilities'
import type { PatientRow } from 'care-kernel/contracts/patients'
import { watchedValues } from './change-log.ts'
import { OTHER_SYMPTOM } from './enumerations.ts'
import type { consultationInputs, ConsultationInput, NewDiagnosis, NewSymptom } from './inputs.ts'
import { ConsultationDiagnosis, EncounterSymptom, PatientConsultation } from './models.ts'
import { isHome } from './policy.ts'
import type { ConsultationScope } from './services.ts'

const DAY_MS = 86_400_000
const READMISSION_DAYS = 30
const NO_DOCTOR = "This field is required as the suggestion is not 'Declared Death'"
const ONE_SOURCE = 'Only one of referred_from_facility and referred_from_facility_external can be set'

/** Errors of a change after the end. */
export const DISCHARGED = { consultation: ['Discharged Consultation data cannot be updated'] }

type ConsultationValues = Partial<ConsultationInput>

/** A consultation whose row is locked for a change; `before`: its watched values. */
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

/** When the patient is due for review, `minutes` from now; null below `least`. */
export const reviewTime = (now: Date, minutes: number, least: number): Date | null =>
  minutes >= least ? new Date(now.getTime() + minutes * 60_000) : null

/** Begins and changes consultations (docs/api/consultations.md §4), each in the caller's transaction. */
export class Encounters {
  readonly #scope: ConsultationScope
  readonly #input: ReturnType<typeof consultationInputs>

  constructor(scope: ConsultationScope, input: ReturnType<typeof consultationInputs>) {
    this.#scope = scope
    this.#input = input
  }

  /** Begins one, its uuid. The patient's row is locked, so that of concurrent requests one succeeds. */
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
    requireValidDiagnoses(diagnoses)
    if (!symptoms) throw invalid({ create_symptoms: ['This field is required.'] })
    requireValidSymptoms(symptoms, now.getTime())
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
    const event = { consultationId: id, consultation: uuid, by: actor.id }
    await emit(tx, 'consultation-created', event)
    if (values.assigned_to) await emit(tx, 'consultation-assigned', { ...event, assignedTo: values.assigned_to })
    return uuid
  }

  /** Changes a locked one. One that has ended takes only `medico_legal_case` and ignores the rest (QUIRK). */
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
    const event = { consultationId: row.id, consultation: row.external_id, by: actor.id }
    await emit(tx, 'consultation-updated', event)
    const { assigned_to: assigned } = values
    if (assigned && assigned !== row.assigned_to_id) await emit(tx, 'consultation-assigned', { ...event, assignedTo: assigned })
  }

  /** The values that are columns of a consultation. */
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

// Rules over several fields (docs/api/consultations.md §4.1, §4.2). The functions throw 400.

/** An admission has a number; `stored`: the row that changes. */
function requireNumber(
  { suggestion, patient_no: number = null }: ConsultationValues,
  stored?: { readonly patient_no: string | null }
): void {
  if (suggestion === 'A' && !number && (!stored || number !== stored.patient_no))
    throw invalid({ patient_no: ['This field is required for admission.'] })
}

/** The physician is given, is a doctor, and works at the facility. */
async function requirePhysician(
  tx: Tx,
  { suggestion, treating_physician: id }: ConsultationValues,
  facilityId: number | null
): Promise<void> {
  if (suggestion !== undefined && suggestion !== 'DD' && suggestion !== 'DC' && !id)
    throw invalid({ treating_physician: [NO_DOCTOR] })
  if (!id) return
  const {
    rows: [user]
  } = await tx.query<{ user_type: number; home_facility_id: number | null; linked: boolean }>(
    `select u.user_type, u.home_facility_id, exists (select from ${MEMBER} m where m.user_id = u.id and m.facility_id = $2::bigint) as linked
    from ${USER} u where u.id = $1`,
    [id, facilityId]
  )
  const refuse = (message: string) => invalid({ non_field_errors: [message] })
  if (user?.user_type !== RANK.doctor) throw refuse('Only Doctors can verify a Consultation')
  if (!user.linked)
    throw refuse(
      'The treating doctor is no longer linked to this facility. Please update the respective field in the form before proceeding.'
    )
  if (user.home_facility_id !== null && user.home_facility_id !== facilityId)
    throw refuse('Home Facility of the Doctor must be the same as the Consultation Facility')
}

/** Columns of a referral: of the two destinations one is kept. */
function referralOf({ suggestion, referred_to: to, referred_to_external: external }: ConsultationValues): object {
  if (suggestion !== 'R') return {}
  if (!to && !external) throw invalid({ referred_to: ['This field is required as the suggestion is R.'] })
  return external ? { referred_to_id: null } : { referred_to_external: null }
}

/** Columns of the route into the facility; those of other routes are emptied. */
function routeOf(values: ConsultationValues, location: number | null): object {
  const { route_to_facility: route, referred_from_facility: from, referred_from_facility_external: external } = values
  const notReferred = {
    referred_from_facility_id: null,
    referred_from_facility_external: '',
    referred_by_external: ''
  }
  if (!route) throw invalid({ route_to_facility: 'This field is required' })
  if (route === 10) return { ...notReferred, icu_admission_date: null, transferred_from_location_id: null }
  if (route === 30) {
    if (location === null)
      throw invalid({
        transferred_from_location: ['This field is required as the patient has been transferred from another location.']
      })
    return { ...notReferred, transferred_from_location_id: location }
  }
  if (!from && !external)
    throw invalid({
      referred_from_facility: ['This field is required as the patient has been referred from another facility.']
    })
  if (from && external) throw invalid({ referred_from_facility: [ONE_SOURCE], referred_from_facility_external: [ONE_SOURCE] })
  return { transferred_from_location_id: null }
}

/** The patient's previous consultation. */
interface PreviousConsultation {
  readonly id: number
  readonly assigned_to_id: number | null
  readonly discharge_date: string | null
  readonly suggestion: string
}

/** The patient's last consultation, which is neither open nor assigned to the caller. */
async function requireFree(
  tx: Tx,
  actor: Actor,
  { last_consultation_id: id }: PatientRow
): Promise<PreviousConsultation | undefined> {
  if (id === null) return undefined
  const {
    rows: [last]
  } = await tx.query<PreviousConsultation>(
    'select id, assigned_to_id, discharge_date, suggestion from facility_patientconsultation where id = $1',
    [id]
  )
  if (last && last.assigned_to_id === actor.id)
    throw invalid({ 'Permission Denied': 'Only Facility Staff can create consultation for a Patient' })
  if (last && last.discharge_date === null) throw invalid({ consultation: 'Exists please Edit Existing Consultation' })
  return last
}

/** Ids of the bed and the location of a body, resolved by the plugin that owns them. */
async function placesOf(
  { hooks }: ConsultationScope,
  tx: Tx,
  { bed, transferred_from_location: location }: ConsultationValues
): Promise<{ readonly bed: number | null; readonly location: number | null }> {
  const named = async (hook: 'bed-named' | 'location-named', field: string, uuid: string | undefined) => {
    if (uuid === undefined) return null
    const id = (await hooks[hook](tx, { uuid })).find(answer => answer !== undefined)
    if (id === undefined) throw invalid({ [field]: ['object with this id not found'] })
    return id
  }
  return {
    bed: await named('bed-named', 'bed', bed),
    location: await named('location-named', 'transferred_from_location', location)
  }
}

/** Errors are under `create_diagnoses`. */
function requireValidDiagnoses(diagnoses: readonly NewDiagnosis[]): void {
  const refuse = (message: string) => invalid({ create_diagnoses: [message] })
  const principals = diagnoses.filter(({ is_principal: principal }) => principal)
  if (diagnoses.length === 0) throw refuse('Atleast one diagnosis is required')
  if (new Set(diagnoses.map(({ diagnosis }) => diagnosis)).size < diagnoses.length)
    throw refuse('Duplicate diagnoses are not allowed')
  if (principals.length > 1) throw refuse('Only one diagnosis can be set as principal diagnosis')
  const confirmed = diagnoses.some(({ verification_status: status }) => status === 'confirmed')
  if (confirmed && principals.some(({ verification_status: status }) => status !== 'confirmed'))
    throw refuse('Only confirmed diagnosis can be set as principal diagnosis if it is present')
}

/** Errors are under `create_symptoms`; `now` in milliseconds. */
function requireValidSymptoms(symptoms: readonly NewSymptom[], now: number): void {
  const refuse = (problem: unknown) => invalid({ create_symptoms: problem })
  const active = new Set<string>()
  for (const { symptom, other_symptom: other = '', onset_date: onset, cure_date: cured = null } of symptoms) {
    if (symptom === OTHER_SYMPTOM && other === '')
      throw refuse({ other_symptom: 'Other symptom should not be empty when symptom type is OTHERS' })
    const key = symptom === OTHER_SYMPTOM ? `${symptom} ${other.trim().toLowerCase()}` : String(symptom)
    if (active.has(key)) throw refuse(['Duplicate symptoms are not allowed'])
    if (cured === null) active.add(key)
    if (Date.parse(onset) > now) throw refuse({ onset_date: 'Onset date cannot be in the future' })
    if (cured !== null && Date.parse(cured) < Date.parse(onset))
      throw refuse({ cure_date: 'Cure date should be after onset date' })
  }
}
