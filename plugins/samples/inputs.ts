import { CONSULTATION } from 'care-kernel/contracts/consultations'
import { FACILITY } from 'care-kernel/contracts/facilities'
import { PATIENT } from 'care-kernel/contracts/patients'
import { LOCAL_BODY, WARD } from 'care-kernel/contracts/places'
import { field, record, type Infer } from 'care-kernel/rest'
import { ICMR_CATEGORIES, SAMPLE_TYPES } from './enumerations.ts'
import { RESULTS, STATUSES } from './statuses.ts'

const optionalText = () => field.text({ optional: true })
const flag = () => field.boolean({ optional: true })

/** A sample (`docs/api/consultations.md §15`). `status` and `result` are ignored on creation. */
export const sampleInput = record({
  sample_type: field.label(SAMPLE_TYPES, { optional: true }),
  status: field.label(STATUSES, { optional: true }),
  result: field.label(RESULTS, { optional: true }),
  icmr_category: field.label(ICMR_CATEGORIES, { optional: true }),
  patient: field.externalId(PATIENT, { optional: true, source: 'patient_id' }),
  consultation: field.externalId(CONSULTATION, { optional: true, source: 'consultation_id' }),
  date_of_sample: field.datetime({ optional: true }),
  date_of_result: field.datetime({ optional: true }),
  notes: field.text({ optional: true, max: 255 }),
  testing_facility: field.externalId(FACILITY, { optional: true, source: 'testing_facility_id' }),
  sample_type_other: optionalText(),
  has_sari: flag(),
  has_ari: flag(),
  doctor_name: field.text({ optional: true, max: 255 }),
  diagnosis: optionalText(),
  diff_diagnosis: optionalText(),
  etiology_identified: optionalText(),
  is_atypical_presentation: flag(),
  atypical_presentation: optionalText(),
  is_unusual_course: flag(),
  icmr_label: field.text({ optional: true, max: 200 }),
  fast_track: optionalText()
})
export type SampleInput = Infer<typeof sampleInput>

/** Fields of an external result that can be corrected (`docs/api/consultations.md §16`). */
export const correction = record({
  address: field.text(),
  ward: field.reference(WARD, { optional: true, null: true, source: 'ward_id' }),
  local_body: field.reference(LOCAL_BODY, { optional: true, source: 'local_body_id' }),
  patient_created: field.boolean({ optional: true })
})

const required = (max: number) => field.text({ max })
const remark = () => field.text({ optional: true, null: true, blank: true, max: 255 })
const day = () => field.date({ optional: true, null: true })

/** One external result of an upload, without its place (`docs/api/consultations.md §16`). */
export const externalResult = record({
  srf_id: required(255),
  name: required(1000),
  age: field.integer({ optional: false }),
  age_in: required(20),
  gender: required(10),
  address: field.text(),
  mobile_number: required(15),
  is_repeat: field.boolean(),
  patient_status: required(15),
  source: remark(),
  patient_category: remark(),
  lab_name: required(255),
  test_type: required(255),
  sample_type: required(255),
  result: required(255),
  sample_collection_date: day(),
  result_date: day()
})
