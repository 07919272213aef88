import type { Clock, Relation } from 'care-kernel'
import { phoneField } from 'care-kernel/care'
import { bad, field, invalid, nested, record, type Field, type Infer } from 'care-kernel/rest'
import { GENDERS, USER } from 'care-kernel/contracts/auth-permissions'
import { FACILITY } from 'care-kernel/contracts/facilities'
import { DISTRICT, LOCAL_BODY, STATE, WARD } from 'care-kernel/contracts/places'
import {
  ACTIONS,
  BLOOD_GROUPS,
  DISEASE_STATUSES,
  DISEASES,
  HOME_SUPPORT,
  MODES_OF_CONTACT,
  numbersOf,
  OCCUPATIONS,
  RATION_CARDS,
  RELATIONS,
  SOCIOECONOMIC_STATUSES,
  SOURCES,
  TEST_TYPES,
  VACCINES
} from './enumerations.ts'

const optional = { optional: true } as const
const nullable = { optional: true, null: true } as const
const LONGEST_REMARK = 255

const place = <const S extends string>(table: Relation, source: S) => field.reference(table, { ...nullable, source })
const words = (max?: number) => field.text({ ...optional, ...(max ? { max } : {}) })
const phone = () => phoneField({ types: ['mobile', 'landline'], optional: true })
const flag = () => field.boolean(optional)
const maybe = () => field.boolean(nullable)
const amount = () => field.integer(optional)
const maybeAmount = () => field.integer(nullable)
const day = () => field.date(nullable)
const moment = () => field.datetime(nullable)
const remark = () => field.text({ ...nullable, blank: true, max: LONGEST_REMARK })

/** docs/api/patients.md §4.1. */
export const metaInfoInput = record({
  occupation: field.label(OCCUPATIONS, nullable),
  socioeconomic_status: field.label(SOCIOECONOMIC_STATUSES, nullable),
  domestic_healthcare_support: field.label(HOME_SUPPORT, nullable),
  head_of_household: maybe()
})

/** docs/api/patients.md §4.2. */
export const diseaseInput = record({ disease: field.label(DISEASES), details: field.text({ ...optional, blank: true }) })

/** docs/api/patients.md §4.3. */
export const contactInput = record({
  relation_with_patient: field.label(RELATIONS),
  mode_of_contact: field.label(MODES_OF_CONTACT),
  patient_in_contact: field.externalId('facility_patientregistration', { source: 'patient_in_contact_id' }),
  date_of_first_contact: day(),
  date_of_last_contact: day(),
  is_primary: field.boolean(),
  condition_of_contact_is_symptomatic: field.boolean(),
  deleted: flag()
})

/** A field whose value must not lie after `latest`. */
function notAfter<T extends string | number | null>(
  of: Field<T, false>,
  latest: () => string | number,
  message: string
): Field<T, false> {
  return {
    ...of,
    parse(input, arrival) {
      const value = of.parse(input, arrival)
      return (typeof value === 'string' || typeof value === 'number') && value > latest() ? bad(message) : value
    }
  }
}

/** Countries as a list; a single value or null is accepted (docs/api/patients.md §4). */
function countries() {
  const json = field.json(nullable)
  return {
    ...json,
    parse: (input: unknown, arrival: Parameters<typeof json.parse>[1]) =>
      json.parse(Array.isArray(input) ? input : input ? [input] : [], arrival)
  }
}

/** The inputs of patients; days and years are compared with the clock's, in UTC (docs/api/patients.md §4). */
export function patientInputs(clock: Clock) {
  const today = () => clock.now().toISOString().slice(0, 10)
  const fields = {
    source: field.label(SOURCES, { default: 10 }),
    nearest_facility: place(FACILITY, 'nearest_facility_id'),
    name: words(200),
    gender: field.choice(numbersOf(GENDERS)),
    phone_number: phone(),
    emergency_phone_number: phone(),
    address: words(),
    permanent_address: words(),
    pincode: maybeAmount(),
    date_of_birth: notAfter(day(), today, 'Enter a valid DOB such that age > 0'),
    year_of_birth: notAfter(
      field.integer({ ...nullable, min: 1900 }),
      () => clock.now().getUTCFullYear(),
      'Enter a valid year of birth'
    ),
    death_datetime: moment(),
    nationality: words(LONGEST_REMARK),
    passport_no: words(LONGEST_REMARK),
    ration_card_category: field.choice(RATION_CARDS, nullable),
    is_medical_worker: flag(),
    blood_group: field.label(BLOOD_GROUPS),
    contact_with_confirmed_carrier: flag(),
    contact_with_suspected_carrier: flag(),
    estimated_contact_date: moment(),
    past_travel: flag(),
    countries_travelled: countries(),
    date_of_return: moment(),
    allergies: field.text({ ...optional, blank: true }),
    present_health: field.text({ ...optional, blank: true }),
    ongoing_medication: field.text({ ...optional, blank: true }),
    has_SARI: flag(),
    is_antenatal: flag(),
    last_menstruation_start_date: day(),
    date_of_delivery: day(),
    ward_old: words(LONGEST_REMARK),
    ward: place(WARD, 'ward_id'),
    local_body: place(LOCAL_BODY, 'local_body_id'),
    district: place(DISTRICT, 'district_id'),
    state: place(STATE, 'state_id'),
    is_migrant_worker: flag(),
    disease_status: field.label(DISEASE_STATUSES, { default: 1 }),
    number_of_aged_dependents: amount(),
    number_of_chronic_diseased_dependents: amount(),
    action: field.choice(numbersOf(ACTIONS), nullable),
    review_time: moment(),
    is_active: flag(),
    date_of_receipt_of_information: moment(),
    test_id: field.text({ ...nullable, blank: true, max: 100 }),
    date_of_test: moment(),
    srf_id: field.text({ ...optional, blank: true, max: 200 }),
    test_type: field.label(TEST_TYPES, { default: 10 }),
    allow_transfer: field.boolean(optional),
    will_donate_blood: maybe(),
    fit_for_blood_donation: maybe(),
    village: remark(),
    designation_of_health_care_worker: remark(),
    instituion_of_health_care_worker: remark(),
    transit_details: remark(),
    frontline_worker: remark(),
    date_of_result: moment(),
    number_of_primary_contacts: maybeAmount(),
    number_of_secondary_contacts: maybeAmount(),
    is_vaccinated: flag(),
    number_of_doses: field.integer({ ...optional, min: 0, max: 3 }),
    vaccine_name: field.choice(VACCINES, nullable),
    covin_id: field.text({ ...nullable, blank: true, max: 15 }),
    last_vaccinated_date: moment(),
    cluster_name: remark(),
    is_declared_positive: maybe(),
    date_declared_positive: moment(),
    assigned_to: field.reference(USER, { ...nullable, source: 'assigned_to_id' })
  } as const
  const around = {
    meta_info: nested(metaInfoInput, nullable),
    medical_history: field.list(nested(diseaseInput), { ...optional, array: true }),
    contacted_patients: field.list(nested(contactInput), { ...nullable, array: true })
  } as const
  return {
    registration: record({
      facility: field.externalId(FACILITY, { ...optional, source: 'facility_id' }),
      ...fields,
      ...around
    }),
    /** PUT and PATCH. A facility may be repeated, as whole objects are; it takes a transfer to change it (FIX-2). */
    change: record({ facility: field.uuid(nullable), ...fields, ...around }),
    /** The columns of a patient among them. */
    own: record(fields)
  }
}

export type PatientInputs = ReturnType<typeof patientInputs>
/** The columns of a body, without the facility. */
export type PatientInput = Omit<Infer<PatientInputs['registration']>, 'facility'>

/** Rules between fields (docs/api/patients.md §4); a PATCH may omit the birth. */
export function requireConsistent(values: Partial<PatientInput>, partial: boolean): void {
  if (!partial && !values.year_of_birth && !values.date_of_birth)
    throw invalid({ non_field_errors: ['Either year_of_birth or date_of_birth should be passed'] })
  if (!values.is_vaccinated) return
  if (values.number_of_doses === 0) throw invalid({ non_field_errors: ['Number of doses cannot be 0'] })
  if (!values.vaccine_name) throw invalid({ non_field_errors: ['Vaccine name cannot be null'] })
}

/** docs/api/patients.md §14. */
export const noteInput = record({
  note: field.text({ optional: true, null: true, blank: true }),
  thread: field.choice([10, 20], optional),
  reply_to: field.externalId('facility_patientnotes', { ...nullable, source: 'reply_to_id' })
})

/** docs/api/patients.md §15, docs/api/facilities.md §7.3. */
export const statsInput = record({
  entry_date: field.date(optional),
  num_patients_visited: amount(),
  num_patients_home_quarantine: amount(),
  num_patients_isolation: amount(),
  num_patient_referred: amount(),
  num_patient_confirmed_positive: amount()
})
