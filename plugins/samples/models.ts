import { baseColumns, column, defineModel } from 'care-kernel/data'
import { AWAITING, STATUS } from './statuses.ts'

const key = () => column.bigint('none', { null: true })
const text = () => column.text('health', { default: '' })
const flag = () => column.boolean('health', { default: false })

/** `docs/api/consultations.md §17`. */
export const PatientSample = defineModel({
  name: 'PatientSample',
  table: 'facility_patientsample',
  fixture: 'facility.patientsample',
  subject: 'patient_id',
  stamps: { insert: ['created_by_id', 'last_edited_by_id'], update: ['last_edited_by_id'] },
  columns: {
    ...baseColumns(),
    sample_type: column.integer('health', { default: 0 }),
    sample_type_other: text(),
    has_sari: flag(),
    has_ari: flag(),
    doctor_name: column.varchar('identity', 255, { default: 'NO DOCTOR SPECIFIED' }),
    diagnosis: text(),
    diff_diagnosis: text(),
    etiology_identified: text(),
    is_atypical_presentation: flag(),
    atypical_presentation: text(),
    is_unusual_course: flag(),
    icmr_category: column.integer('health', { default: 0 }),
    icmr_label: column.varchar('health', 200, { default: '' }),
    status: column.integer('none', { default: STATUS.submitted }),
    result: column.integer('health', { default: AWAITING }),
    fast_track: text(),
    date_of_sample: column.timestamp('health', { null: true }),
    date_of_result: column.timestamp('health', { null: true }),
    consultation_id: column.bigint('none'),
    created_by_id: key(),
    last_edited_by_id: key(),
    patient_id: column.bigint('none'),
    testing_facility_id: key()
  }
})

/** History of a sample: one row per status, with notes (`docs/api/consultations.md §17`). */
export const PatientSampleFlow = defineModel({
  name: 'PatientSampleFlow',
  table: 'facility_patientsampleflow',
  fixture: 'facility.patientsampleflow',
  subject: null,
  stamps: { insert: ['created_by_id'] },
  columns: {
    ...baseColumns(),
    status: column.integer('none'),
    notes: column.varchar('health', 255),
    created_by_id: column.bigint('none'),
    patient_sample_id: column.bigint('none')
  }
})

const lab = () => column.varchar('health', 255)
const remark = () => column.varchar('health', 255, { null: true })

/** An external result: reported by a laboratory, about a person who may not be a patient here (`docs/api/consultations.md §17`). */
export const PatientExternalTest = defineModel({
  name: 'PatientExternalTest',
  table: 'facility_patientexternaltest',
  fixture: 'facility.patientexternaltest',
  subject: null,
  columns: {
    ...baseColumns(),
    srf_id: column.varchar('identity', 255),
    name: column.varchar('identity', 1000),
    age: column.integer('identity', { quasi: 10 }),
    age_in: column.varchar('identity', 20),
    gender: column.varchar('identity', 10),
    address: column.text('contact'),
    mobile_number: column.varchar('contact', 15),
    is_repeat: column.boolean('health'),
    patient_status: column.varchar('health', 15),
    source: remark(),
    patient_category: remark(),
    lab_name: lab(),
    test_type: lab(),
    sample_type: lab(),
    result: lab(),
    sample_collection_date: column.date('health', { null: true }),
    result_date: column.date('health', { null: true }),
    patient_created: column.boolean('none', { default: false }),
    district_id: column.bigint('none', { quasi: 1 }),
    local_body_id: column.bigint('none'),
    ward_id: key()
  }
})
