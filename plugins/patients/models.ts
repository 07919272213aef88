import { baseColumns, column, defineModel } from 'care-kernel/data'
import { BLOOD_GROUPS, RATION_CARDS, VACCINES } from './enumerations.ts'

const flag = () => column.boolean('health', { default: false })
const unknown = () => column.boolean('health', { null: true })
const count = () => column.integer('none', { default: 0 })
const maybeCount = () => column.integer('none', { null: true })
const moment = () => column.timestamp('health', { null: true })
const remark = (privacy: 'identity' | 'health' | 'none') => column.varchar(privacy, 255, { null: true })
const reference = () => column.bigint('none', { null: true })

/** Columns of a patient and of each row of its history (docs/api/patients.md §4, §18). */
const patientColumns = () => ({
  ...baseColumns(),
  source: column.integer('none', { default: 10 }),
  name: column.varchar('identity', 200, { default: '' }),
  gender: column.integer('identity', { quasi: 1 }),
  phone_number: column.varchar('contact', 14, { default: '' }),
  emergency_phone_number: column.varchar('contact', 14, { default: '' }),
  address: column.text('contact', { default: '' }),
  permanent_address: column.text('contact', { default: '' }),
  pincode: column.integer('contact', { null: true, default: 0 }),
  date_of_birth: column.date('identity', { null: true }),
  year_of_birth: column.integer('identity', { null: true, quasi: 10 }),
  death_datetime: moment(),
  nationality: column.varchar('identity', 255, { default: '' }),
  passport_no: column.varchar('identity', 255, { default: '' }),
  ration_card_category: column.varchar('identity', 8, { null: true, coded: RATION_CARDS }),
  is_medical_worker: column.boolean('none', { default: false }),
  blood_group: column.varchar('health', 4, { null: true, coded: Object.keys(BLOOD_GROUPS) }),
  contact_with_confirmed_carrier: flag(),
  contact_with_suspected_carrier: flag(),
  estimated_contact_date: moment(),
  past_travel: flag(),
  countries_travelled_old: column.text('health', { null: true }),
  countries_travelled: column.json('health', { null: true }),
  date_of_return: moment(),
  allergies: column.text('health', { default: '' }),
  present_health: column.text('health', { default: '' }),
  ongoing_medication: column.text('health', { default: '' }),
  has_SARI: flag(),
  is_antenatal: flag(),
  last_menstruation_start_date: column.date('health', { null: true }),
  date_of_delivery: column.date('health', { null: true }),
  ward_old: column.varchar('contact', 255, { default: '' }),
  is_migrant_worker: column.boolean('identity', { default: false }),
  disease_status: column.integer('health', { default: 1 }),
  number_of_aged_dependents: count(),
  number_of_chronic_diseased_dependents: count(),
  action: column.integer('health', { null: true, default: 10 }),
  review_time: moment(),
  is_active: column.boolean('none', { default: true }),
  date_of_receipt_of_information: column.timestamp('none', { null: true }),
  test_id: column.varchar('health', 100, { null: true, default: '' }),
  date_of_test: moment(),
  srf_id: column.varchar('health', 200, { default: '' }),
  test_type: column.integer('health', { default: 10 }),
  allow_transfer: column.boolean('none', { default: false }),
  will_donate_blood: unknown(),
  fit_for_blood_donation: unknown(),
  village: remark('identity'),
  designation_of_health_care_worker: remark('identity'),
  instituion_of_health_care_worker: remark('identity'),
  transit_details: remark('health'),
  frontline_worker: remark('identity'),
  date_of_result: moment(),
  number_of_primary_contacts: maybeCount(),
  number_of_secondary_contacts: maybeCount(),
  is_vaccinated: flag(),
  number_of_doses: column.integer('health', { default: 0 }),
  vaccine_name: column.varchar('health', 15, { null: true, coded: VACCINES }),
  covin_id: column.varchar('identity', 15, { null: true }),
  last_vaccinated_date: moment(),
  cluster_name: remark('none'),
  is_declared_positive: unknown(),
  date_declared_positive: moment(),
  assigned_to_id: reference(),
  created_by_id: reference(),
  district_id: column.bigint('none', { null: true, quasi: 1 }),
  facility_id: reference(),
  last_consultation_id: reference(),
  last_edited_id: reference(),
  local_body_id: column.bigint('contact', { null: true }),
  nearest_facility_id: reference(),
  state_id: reference(),
  ward_id: column.bigint('contact', { null: true })
})

/** docs/api/patients.md §4. */
export const Patient = defineModel({
  name: 'PatientRegistration',
  table: 'facility_patientregistration',
  fixture: 'facility.patientregistration',
  subject: 'id',
  columns: { ...patientColumns(), meta_info_id: reference() }
})

/** One row per save of a patient (docs/api/patients.md §10, §18). */
export const HistoricalPatient = defineModel({
  name: 'HistoricalPatientRegistration',
  table: 'facility_historicalpatientregistration',
  fixture: 'facility.historicalpatientregistration',
  subject: 'id',
  columns: {
    ...patientColumns(),
    id: column.bigint('none'),
    history_id: { ...column.key(), options: { ...column.integer('none', { primaryKey: true }).options, autoIncrement: true } },
    history_date: column.timestamp('none'),
    history_change_reason: column.varchar('none', 100, { null: true }),
    history_type: column.varchar('none', 1),
    history_user_id: reference()
  }
})

/** Columns that a patient's history copies. */
export const HISTORY_COLUMNS: readonly string[] = Object.keys(patientColumns())

/** docs/api/patients.md §4.1. */
export const PatientMetaInfo = defineModel({
  name: 'PatientMetaInfo',
  table: 'facility_patientmetainfo',
  fixture: 'facility.patientmetainfo',
  subject: 'id',
  columns: {
    id: column.key(),
    occupation: column.integer('identity', { null: true }),
    socioeconomic_status: column.smallint('identity', { null: true }),
    domestic_healthcare_support: column.smallint('identity', { null: true }),
    head_of_household: column.boolean('identity', { null: true })
  }
})

/** docs/api/patients.md §4.2. */
export const Disease = defineModel({
  name: 'Disease',
  table: 'facility_disease',
  fixture: 'facility.disease',
  subject: 'patient_id',
  columns: {
    id: column.key(),
    patient_id: column.bigint('none'),
    disease: column.integer('health'),
    details: column.text('health', { null: true }),
    deleted: column.boolean('none', { default: false })
  }
})

/** docs/api/patients.md §4.3. */
export const PatientContact = defineModel({
  name: 'PatientContactDetails',
  table: 'facility_patientcontactdetails',
  fixture: 'facility.patientcontactdetails',
  subject: 'patient_id',
  columns: {
    id: column.key(),
    patient_id: column.bigint('none'),
    patient_in_contact_id: reference(),
    relation_with_patient: column.integer('identity'),
    mode_of_contact: column.integer('health'),
    date_of_first_contact: column.date('health', { null: true }),
    date_of_last_contact: column.date('health', { null: true }),
    is_primary: column.boolean('health'),
    condition_of_contact_is_symptomatic: column.boolean('health'),
    deleted: column.boolean('none', { default: false })
  }
})

/** docs/api/patients.md §14. */
export const PatientNote = defineModel({
  name: 'PatientNotes',
  table: 'facility_patientnotes',
  fixture: 'facility.patientnotes',
  subject: 'patient_id',
  stamps: { insert: ['created_by_id'] },
  columns: {
    ...baseColumns(),
    patient_id: column.bigint('none'),
    consultation_id: reference(),
    facility_id: column.bigint('none'),
    user_type: column.varchar('none', 25, { default: '' }),
    created_by_id: reference(),
    thread: column.smallint('none', { default: 10 }),
    reply_to_id: reference(),
    note: column.text('health', { default: '' })
  }
})

/** Every wording of a note, its first included (docs/api/patients.md §14). */
export const PatientNoteEdit = defineModel({
  name: 'PatientNotesEdit',
  table: 'facility_patientnotesedit',
  fixture: 'facility.patientnotesedit',
  subject: null,
  stamps: { insert: ['edited_by_id'] },
  columns: {
    id: column.key(),
    patient_note_id: column.bigint('none'),
    edited_date: column.timestamp('none'),
    edited_by_id: column.bigint('none'),
    note: column.text('health')
  }
})

/** docs/api/patients.md §15. */
export const PatientStats = defineModel({
  name: 'FacilityPatientStatsHistory',
  table: 'facility_facilitypatientstatshistory',
  fixture: 'facility.facilitypatientstatshistory',
  subject: null,
  columns: {
    ...baseColumns(),
    facility_id: column.bigint('none'),
    entry_date: column.date('none'),
    num_patients_visited: count(),
    num_patients_home_quarantine: count(),
    num_patients_isolation: count(),
    num_patient_referred: count(),
    num_patient_confirmed_positive: count()
  }
})

/** Log of searches: user, keys, and the patients shown (docs/api/patients.md §19, FIX-8). */
export const PatientSearch = defineModel({
  name: 'PatientSearch',
  table: 'kernel_patient_search',
  subject: null,
  technical: true,
  columns: {
    id: column.key(),
    searched_at: column.timestamp('none'),
    user_id: column.bigint('none'),
    keys: column.texts('none'),
    found: column.integer('none'),
    shown: column.json('none')
  }
})
