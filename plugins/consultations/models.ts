import { baseColumns, column, defineModel, type Column } from 'care-kernel/data'
import type { CodeLabels } from 'care-kernel/rest'
import {
  CATEGORIES,
  COVID_CATEGORIES,
  IMPRESSION_STATUSES,
  LEGACY_DISCHARGE_REASONS,
  SUGGESTIONS,
  VERIFICATION_STATUSES
} from './enumerations.ts'
import { roundFields } from './round-fields.ts'

const reference = () => column.bigint('none', { null: true })
const words = () => column.text('health', { null: true })
const emptyText = () => column.text('health', { null: true, default: '' })
const no = () => column.boolean('none', { default: false })
const code = (length: number, of: CodeLabels) => column.varchar('health', length, { null: true, coded: Object.keys(of) })
const instant = () => column.timestamp('health', { null: true })

/** docs/api/consultations.md §3. */
export const PatientConsultation = defineModel({
  name: 'PatientConsultation',
  table: 'facility_patientconsultation',
  fixture: 'facility.patientconsultation',
  stamps: { insert: ['created_by_id', 'last_edited_by_id'] },
  lists: {
    assigned_clinicians: { table: 'facility_consultationclinician', from: 'consultation_id', to: 'clinician_id' }
  },
  subject: 'patient_id',
  columns: {
    ...baseColumns(),
    patient_id: column.bigint('none'),
    facility_id: column.bigint('none'),
    patient_no: column.varchar('identity', 100, { null: true }),
    deprecated_covid_category: code(8, COVID_CATEGORIES),
    category: code(13, CATEGORIES),
    examination_details: words(),
    history_of_present_illness: words(),
    treatment_plan: words(),
    consultation_notes: words(),
    course_in_facility: words(),
    investigation: column.json('health', { default: () => [] }),
    procedure: column.json('health', { default: () => ({}) }),
    suggestion: column.varchar('health', 4, { coded: Object.keys(SUGGESTIONS) }),
    route_to_facility: column.smallint('health', { null: true }),
    review_interval: column.integer('none', { default: -1 }),
    referred_to_id: reference(),
    referred_to_external: emptyText(),
    referred_from_facility_id: reference(),
    referred_from_facility_external: emptyText(),
    referred_by_external: emptyText(),
    transferred_from_location_id: reference(),
    previous_consultation_id: reference(),
    is_readmission: no(),
    admitted: no(),
    encounter_date: column.timestamp('health'),
    icu_admission_date: instant(),
    discharge_date: instant(),
    discharge_reason: code(4, LEGACY_DISCHARGE_REASONS),
    new_discharge_reason: column.smallint('health', { null: true }),
    discharge_notes: emptyText(),
    death_datetime: instant(),
    death_confirmed_doctor: column.text('identity', { null: true, default: '' }),
    bed_number: column.varchar('health', 100, { null: true }),
    is_kasp: no(),
    kasp_enabled_date: column.timestamp('none', { null: true }),
    is_telemedicine: no(),
    last_updated_by_telemedicine: no(),
    assigned_to_id: reference(),
    medico_legal_case: column.boolean('health', { default: false }),
    deprecated_verified_by: emptyText(),
    treating_physician_id: reference(),
    created_by_id: reference(),
    last_edited_by_id: reference(),
    last_daily_round_id: reference(),
    current_bed_id: reference(),
    height: column.double('health', { null: true }),
    weight: column.double('health', { null: true }),
    operation: words(),
    special_instruction: words(),
    intubation_history: column.json('health', { default: () => [] }),
    has_consents: column.integers('health', { default: () => [] })
  }
})

/** Assigned clinicians; kept for old rows (docs/api/consultations.md §17). */
export const ConsultationClinician = defineModel({
  name: 'ConsultationClinician',
  table: 'facility_consultationclinician',
  fixture: 'facility.consultationclinician',
  subject: null,
  columns: { id: column.key(), consultation_id: column.bigint('none'), clinician_id: column.bigint('none') }
})

/** docs/api/consultations.md §10.2; its fields are in `round-fields.ts`. */
export const DailyRound = defineModel<Record<string, Column>>({
  name: 'DailyRound',
  table: 'facility_dailyround',
  fixture: 'facility.dailyround',
  stamps: { insert: ['created_by_id', 'last_edited_by_id'], update: ['last_edited_by_id'] },
  subject: null,
  columns: {
    ...baseColumns(),
    consultation_id: column.bigint('none'),
    created_by_id: reference(),
    last_edited_by_id: reference(),
    taken_at: instant(),
    rounds_type: column.integer('none', { default: 0 }),
    is_parsed_by_ocr: no(),
    created_by_telemedicine: no(),
    last_updated_by_telemedicine: no(),
    ...Object.fromEntries(roundFields.map(([name, { column: made }]) => [name, made])),
    glasgow_total_calculated: column.integer('health', { null: true }),
    total_intake_calculated: column.decimal('health', 6, 2, { null: true }),
    total_output_calculated: column.decimal('health', 6, 2, { null: true }),
    medicine_administration: column.json('health', { default: () => [] })
  }
})

/** WHO's classification (docs/api/consultations.md §8.2); keys are WHO's entity numbers. */
export const Icd11Diagnosis = defineModel({
  name: 'ICD11Diagnosis',
  table: 'facility_icd11diagnosis',
  fixture: 'facility.icd11diagnosis',
  subject: null,
  columns: {
    id: column.bigint('none', { primaryKey: true }),
    icd11_id: column.varchar('none', 255),
    label: column.varchar('none', 255),
    class_kind: column.varchar('none', 255),
    is_leaf: column.boolean('none'),
    parent_id: reference(),
    average_depth: column.integer('none'),
    is_adopted_child: column.boolean('none'),
    breadth_value: column.decimal('none', 24, 22),
    meta_hidden: no(),
    meta_chapter: column.varchar('none', 255),
    meta_chapter_short: column.varchar('none', 255, { null: true }),
    meta_root_block: column.varchar('none', 255, { null: true }),
    meta_root_category: column.varchar('none', 255, { null: true })
  }
})

/** docs/api/consultations.md §8. */
export const ConsultationDiagnosis = defineModel({
  name: 'ConsultationDiagnosis',
  table: 'facility_consultationdiagnosis',
  fixture: 'facility.consultationdiagnosis',
  stamps: { insert: ['created_by_id'] },
  subject: null,
  columns: {
    ...baseColumns(),
    consultation_id: column.bigint('none'),
    diagnosis_id: column.bigint('health'),
    verification_status: column.varchar('health', 20, { coded: Object.keys(VERIFICATION_STATUSES) }),
    is_principal: column.boolean('health', { default: false }),
    is_migrated: no(),
    created_by_id: reference()
  }
})

/** docs/api/consultations.md §9. */
export const EncounterSymptom = defineModel({
  name: 'EncounterSymptom',
  table: 'facility_encountersymptom',
  fixture: 'facility.encountersymptom',
  stamps: { insert: ['created_by_id'], update: ['updated_by_id'] },
  subject: null,
  columns: {
    ...baseColumns(),
    consultation_id: reference(),
    symptom: column.smallint('health'),
    other_symptom: column.text('health', { default: '' }),
    onset_date: column.timestamp('health'),
    cure_date: instant(),
    clinical_impression_status: column.varchar('health', 255, {
      default: 'in-progress',
      coded: Object.keys(IMPRESSION_STATUSES)
    }),
    created_by_id: reference(),
    updated_by_id: reference(),
    is_migrated: no()
  }
})

/** Types of events, a tree (docs/api/consultations.md §11). */
export const EventType = defineModel({
  name: 'EventType',
  table: 'facility_eventtype',
  fixture: 'facility.eventtype',
  subject: null,
  columns: {
    id: column.key(),
    parent_id: reference(),
    name: column.varchar('none', 100),
    description: column.text('none', { null: true }),
    model: column.varchar('none', 50),
    fields: column.texts('none', { default: () => [] }),
    created_date: column.timestamp('none'),
    is_active: column.boolean('none', { default: true })
  }
})

/** Events, one row per type and object (docs/api/consultations.md §11). */
export const PatientConsultationEvent = defineModel({
  name: 'PatientConsultationEvent',
  table: 'facility_patientconsultationevent',
  fixture: 'facility.patientconsultationevent',
  subject: null,
  columns: {
    id: column.key(),
    external_id: column.varchar('none', 26),
    consultation_id: column.bigint('none'),
    event_type_id: column.bigint('none'),
    caused_by_id: column.bigint('none'),
    created_date: column.timestamp('none'),
    taken_at: column.timestamp('none'),
    object_model: column.varchar('none', 50),
    object_id: column.integer('none'),
    is_latest: column.boolean('none', { default: true }),
    meta: column.json('none', { default: () => ({}) }),
    value: column.json('health', { default: () => ({}) }),
    change_type: column.varchar('none', 10, { default: 'CREATED' })
  }
})

/** docs/api/consultations.md §12. */
export const PatientConsent = defineModel({
  name: 'PatientConsent',
  table: 'facility_patientconsent',
  fixture: 'facility.patientconsent',
  stamps: { insert: ['created_by_id'] },
  subject: null,
  columns: {
    ...baseColumns(),
    consultation_id: column.bigint('none'),
    type: column.integer('health'),
    patient_code_status: column.integer('health', { null: true }),
    archived: no(),
    archived_by_id: reference(),
    archived_date: column.timestamp('none', { null: true }),
    created_by_id: column.bigint('none'),
    is_migrated: no()
  }
})
