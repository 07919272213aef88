import { out, shape, type Output, type Shape } from 'care-kernel/rest'
import { USER, userBaseMinimum } from 'care-kernel/contracts/auth-permissions'
import { FACILITY } from 'care-kernel/contracts/facilities'
import { PATIENT } from 'care-kernel/contracts/patients'
import { CATEGORIES, COVID_CATEGORIES, ROUNDS_TYPES, SUGGESTIONS } from './enumerations.ts'
import { roundFields } from './round-fields.ts'

const user = (column: string): Output => out.object(userBaseMinimum, `from ${USER} u where u.id = ${column}`)
const each = (make: (sql: string) => Output, alias: string, names: string) =>
  Object.fromEntries(names.split(/\s+/).map(name => [name, make(`${alias}.${name}`)]))

/** An entry of ICD-11; `i` is its row. */
export const icdShape = shape({
  id: out.integer('i.id'),
  label: out.text('i.label'),
  chapter: out.text("coalesce(i.meta_chapter_short, '')")
})

/** docs/api/consultations.md §8; `x` is the row. */
export const diagnosisShape = shape({
  id: out.uuid('x.external_id'),
  diagnosis: out.integer('x.diagnosis_id'),
  diagnosis_object: out.object(icdShape, 'from facility_icd11diagnosis i where i.id = x.diagnosis_id'),
  created_by: user('x.created_by_id'),
  ...each(out.datetime, 'x', 'created_date modified_date'),
  verification_status: out.text('x.verification_status'),
  ...each(out.boolean, 'x', 'is_principal is_migrated')
})

/** docs/api/consultations.md §9; `y` is the row. */
export const symptomShape = shape({
  id: out.uuid('y.external_id'),
  created_by: user('y.created_by_id'),
  updated_by: user('y.updated_by_id'),
  ...each(out.datetime, 'y', 'created_date modified_date'),
  symptom: out.integer('y.symptom'),
  other_symptom: out.text('y.other_symptom'),
  ...each(out.datetime, 'y', 'onset_date cure_date'),
  clinical_impression_status: out.text('y.clinical_impression_status'),
  is_migrated: out.boolean('y.is_migrated')
})

/** docs/api/consultations.md §10.2; `r` is the row. */
export const roundShape = shape({
  id: out.uuid('r.external_id'),
  ...Object.fromEntries(roundFields.map(([name, { output }]) => [name, output(`r."${name}"`)])),
  taken_at: out.datetime('r.taken_at'),
  rounds_type: out.label('r.rounds_type', ROUNDS_TYPES),
  last_edited_by: user('r.last_edited_by_id'),
  created_by: user('r.created_by_id'),
  external_id: out.uuid('r.external_id'),
  ...each(out.datetime, 'r', 'created_date modified_date'),
  ...each(out.boolean, 'r', 'last_updated_by_telemedicine created_by_telemedicine is_parsed_by_ocr'),
  glasgow_total_calculated: out.integer('r.glasgow_total_calculated'),
  ...each(out.decimal, 'r', 'total_intake_calculated total_output_calculated'),
  medicine_administration: out.json('r.medicine_administration'),
  consultation: out.integer('r.consultation_id')
})

/** What others fill into a consultation. */
export interface ConsultationSlot {
  readonly current_bed: string
  readonly transferred_from_location: string
  readonly transferred_from_location_object: string
  readonly discharge_prescription: string
  readonly discharge_prn_prescription: string
}

/** What the representation of a consultation embeds of others: a facility as `f`, an assigned user as `u`. */
export interface Embedded {
  readonly facility: Shape
  readonly assigned: Shape
  readonly slot: ConsultationSlot
}

/** docs/api/consultations.md §3; `c` is the row. */
export function consultationShape({ facility, assigned, slot }: Embedded): Shape {
  const otherFacility = (column: string) => out.object(facility, `from ${FACILITY} f where f.id = c.${column}`)
  const facilityId = (column: string) => out.uuid(`(select f.external_id from ${FACILITY} f where f.id = c.${column})`)
  return shape({
    id: out.uuid('c.external_id'),
    facility_name: out.text(`(select f.name from ${FACILITY} f where f.id = c.facility_id)`),
    suggestion_text: out.label('c.suggestion', SUGGESTIONS),
    deprecated_covid_category: out.label('c.deprecated_covid_category', COVID_CATEGORIES),
    category: out.label('c.category', CATEGORIES),
    referred_to_object: otherFacility('referred_to_id'),
    referred_to: facilityId('referred_to_id'),
    referred_to_external: out.text('c.referred_to_external'),
    referred_from_facility_object: otherFacility('referred_from_facility_id'),
    referred_from_facility: facilityId('referred_from_facility_id'),
    ...each(out.text, 'c', 'referred_from_facility_external referred_by_external'),
    transferred_from_location_object: out.json(slot.transferred_from_location_object),
    transferred_from_location: out.uuid(slot.transferred_from_location),
    patient: out.uuid(`(select p.external_id from ${PATIENT} p where p.id = c.patient_id)`),
    facility: facilityId('facility_id'),
    assigned_to_object: out.object(assigned, `from ${USER} u where u.id = c.assigned_to_id`),
    assigned_to: out.integer('c.assigned_to_id'),
    treating_physician_object: user('c.treating_physician_id'),
    treating_physician: out.integer('c.treating_physician_id'),
    new_discharge_reason: out.integer('c.new_discharge_reason'),
    discharge_notes: out.text('c.discharge_notes'),
    discharge_prescription: out.list(slot.discharge_prescription),
    discharge_prn_prescription: out.list(slot.discharge_prn_prescription),
    review_interval: out.integer('c.review_interval'),
    last_edited_by: user('c.last_edited_by_id'),
    created_by: user('c.created_by_id'),
    last_daily_round: out.object(roundShape, 'from facility_dailyround r where r.id = c.last_daily_round_id'),
    current_bed: out.json(slot.current_bed),
    diagnoses: out.objects(
      diagnosisShape,
      'from facility_consultationdiagnosis x where x.consultation_id = c.id and not x.deleted',
      'x.id'
    ),
    symptoms: out.objects(
      symptomShape,
      'from facility_encountersymptom y where y.consultation_id = c.id and not y.deleted',
      'y.id'
    ),
    medico_legal_case: out.boolean('c.medico_legal_case'),
    ...each(out.datetime, 'c', 'created_date modified_date'),
    ...each(
      out.text,
      'c',
      'patient_no examination_details history_of_present_illness treatment_plan consultation_notes course_in_facility'
    ),
    ...each(out.json, 'c', 'investigation procedure'),
    suggestion: out.text('c.suggestion'),
    route_to_facility: out.integer('c.route_to_facility'),
    ...each(out.boolean, 'c', 'is_readmission admitted'),
    ...each(out.datetime, 'c', 'encounter_date icu_admission_date discharge_date'),
    discharge_reason: out.text('c.discharge_reason'),
    death_datetime: out.datetime('c.death_datetime'),
    ...each(out.text, 'c', 'death_confirmed_doctor bed_number'),
    is_kasp: out.boolean('c.is_kasp'),
    kasp_enabled_date: out.datetime('c.kasp_enabled_date'),
    ...each(out.boolean, 'c', 'is_telemedicine last_updated_by_telemedicine'),
    deprecated_verified_by: out.text('c.deprecated_verified_by'),
    ...each(out.number, 'c', 'height weight'),
    ...each(out.text, 'c', 'operation special_instruction'),
    intubation_history: out.json('c.intubation_history'),
    has_consents: out.list('c.has_consents', { type: 'integer' }),
    previous_consultation: out.integer('c.previous_consultation_id'),
    assigned_clinicians: out.list(
      "(select coalesce(json_agg(k.clinician_id order by k.id), '[]') from facility_consultationclinician k where k.consultation_id = c.id)",
      { type: 'integer' }
    )
  })
}

/** docs/api/consultations.md §12; `k` is the row, `files` the slot. */
export function consentShape(files: string): Shape {
  return shape({
    id: out.uuid('k.external_id'),
    type: out.integer('k.type'),
    patient_code_status: out.integer('k.patient_code_status'),
    files: out.json(files),
    archived: out.boolean('k.archived'),
    archived_by: user('k.archived_by_id'),
    archived_date: out.datetime('k.archived_date'),
    created_by: user('k.created_by_id'),
    created_date: out.datetime('k.created_date')
  })
}

/** A type of change; `t` is the row. */
export const eventTypeShape = shape({
  id: out.integer('t.id'),
  parent: out.integer('t.parent_id'),
  ...each(out.text, 't', 'name description model'),
  fields: out.list('t.fields', { type: 'string' })
})

/** docs/api/consultations.md §11; `e` is the row. */
export const eventShape = shape({
  id: out.text('e.external_id'),
  event_type: out.object(eventTypeShape, 'from facility_eventtype t where t.id = e.event_type_id'),
  caused_by: user('e.caused_by_id'),
  external_id: out.text('e.external_id'),
  ...each(out.datetime, 'e', 'created_date taken_at'),
  object_model: out.text('e.object_model'),
  object_id: out.integer('e.object_id'),
  is_latest: out.boolean('e.is_latest'),
  ...each(out.json, 'e', 'meta value'),
  change_type: out.text('e.change_type'),
  consultation: out.integer('e.consultation_id')
})
