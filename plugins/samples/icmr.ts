import type { Relation } from 'care-kernel'
import { labelSql, out, shape, type Output, type Shape } from 'care-kernel/rest'
import { GENDERS } from 'care-kernel/contracts/auth-permissions'
import { CONSULTATION, OTHER_SYMPTOM, SYMPTOM, SYMPTOMS } from 'care-kernel/contracts/consultations'
import { FACILITY } from 'care-kernel/contracts/facilities'
import { CONTACT, DISEASE, DISEASES, NO_DISEASE, PATIENT, RELATION } from 'care-kernel/contracts/patients'
import { AGE_MONTHS, AGE_YEARS } from 'care-kernel/toolkits/patients'
import { DISTRICT, LOCAL_BODY, STATE } from 'care-kernel/contracts/places'
import { ICMR_CATEGORIES, SAMPLE_TYPES } from './enumerations.ts'

/** Joined to the sample `s`: its patient `p`, consultation `c`, facility `f`, and an aggregate of its symptoms `y`. */
const JOINED = `from ${PATIENT} p
  join ${CONSULTATION} c on c.id = s.consultation_id
  join ${FACILITY} f on f.id = c.facility_id
  cross join lateral (select count(*) > 0 as any, min(e.onset_date) as onset,
    coalesce(json_agg(case when e.symptom = ${OTHER_SYMPTOM} then e.other_symptom else ${labelSql('e.symptom', SYMPTOMS)} end order by e.onset_date, e.id), '[]') as names
    from ${SYMPTOM} e
    where e.consultation_id = c.id and not e.deleted and e.clinical_impression_status <> 'entered-in-error') y
  where p.id = s.patient_id`

const nothing: Output = out.text(`''`)
const unknown: Output = out.json('null')
const person = (name: string) => out.text(`p.${name}`)
const name = (table: Relation, column: string) =>
  out.text(`coalesce((select x.name from ${table} x where x.id = p.${column}), '')`)
const truth = (sql: string) => out.boolean(`coalesce(${sql}, false)`)

/** Returned from abroad in the 14 days before the sample was taken or requested. */
const ABROAD = `(coalesce(jsonb_typeof(p.countries_travelled) = 'array' and jsonb_array_length(p.countries_travelled) > 0, false)
  and p.date_of_return >= coalesce(s.date_of_sample, s.created_date) - interval '14 days')`
const CONTACTS = `${CONTACT} k where k.patient_id = p.id and not k.deleted`

const personal = shape({
  name: person('name'),
  gender: out.label('p.gender', GENDERS),
  age_years: out.integer(AGE_YEARS),
  age_months: out.integer(AGE_MONTHS),
  date_of_birth: out.date('p.date_of_birth'),
  phone_number: person('phone_number'),
  email: nothing,
  address: person('address'),
  pincode: out.integer('p.pincode'),
  passport_no: person('passport_no'),
  local_body_name: name(LOCAL_BODY, 'local_body_id'),
  district_name: name(DISTRICT, 'district_id'),
  state_name: name(STATE, 'state_id')
})

const specimen = shape({
  sample_type: out.label('s.sample_type', SAMPLE_TYPES),
  created_date: out.datetime('s.created_date'),
  label: nothing,
  is_repeated_sample: out.boolean(
    '(select count(*) > 1 from facility_patientsample o where o.patient_id = s.patient_id and not o.deleted)'
  ),
  lab_name: nothing,
  lab_pincode: nothing,
  icmr_category: out.label('s.icmr_category', ICMR_CATEGORIES),
  icmr_label: out.text('s.icmr_label')
})

const category = shape({
  symptomatic_international_traveller: truth(`${ABROAD} and y.any`),
  symptomatic_contact_of_confirmed_case: truth('p.contact_with_confirmed_carrier and y.any'),
  symptomatic_healthcare_worker: truth('p.is_medical_worker and y.any'),
  hospitalized_sari_patient: truth('p."has_SARI" and c.admitted'),
  asymptomatic_family_member_of_confirmed_case: truth(
    `p.contact_with_confirmed_carrier and not y.any and exists (select from ${CONTACTS} and k.relation_with_patient = ${RELATION.family})`
  ),
  asymptomatic_healthcare_worker_without_protection: truth('p.is_medical_worker and not y.any')
})

const exposure = shape({
  has_travel_to_foreign_last_14_days: truth(ABROAD),
  places_of_travel: out.json('p.countries_travelled'),
  travel_start_date: unknown,
  travel_end_date: out.date('p.date_of_return::date'),
  contact_with_confirmed_case: truth('p.contact_with_confirmed_carrier'),
  contact_case_name: out.text(
    `coalesce((select o.name from ${PATIENT} o where o.id = (select k.patient_in_contact_id from ${CONTACTS} and k.patient_in_contact_id is not null order by k.id limit 1)), '')`
  ),
  was_quarantined: unknown,
  quarantined_type: unknown,
  healthcare_worker: truth('p.is_medical_worker')
})

const conditions = shape({
  date_of_onset_of_symptoms: out.date('y.onset::date'),
  symptoms: out.list('y.names', { type: 'string' }),
  has_sari: out.boolean('s.has_sari'),
  has_ari: out.boolean('s.has_ari'),
  medical_conditions_list: out.list(
    `coalesce((select json_agg(${labelSql('d.disease', DISEASES)} order by d.id) from ${DISEASE} d
      where d.patient_id = p.id and not d.deleted and d.disease <> ${NO_DISEASE}), '[]')`,
    { type: 'string' }
  ),
  hospitalization_date: out.date('c.encounter_date::date'),
  diagnosis: out.text('s.diagnosis'),
  diff_diagnosis: out.text('s.diff_diagnosis'),
  etiology_identified: out.text('s.etiology_identified'),
  is_atypical_presentation: out.boolean('s.is_atypical_presentation'),
  is_unusual_course: out.boolean('s.is_unusual_course'),
  hospital_phone_number: out.text('f.phone_number'),
  hospital_name: out.text('f.name'),
  hospital_pincode: out.integer('f.pincode'),
  doctor_name: out.text('s.doctor_name')
})

const form = shape({
  id: out.uuid('s.external_id'),
  personal_details: out.object(personal),
  specimen_details: out.object(specimen),
  patient_category: out.object(category),
  exposure_history: out.object(exposure),
  medical_conditions: out.object(conditions)
})

/** Data of the ICMR form of the sample `s` (`docs/api/patients.md §17`, FIX: in the original it always fails). */
export const icmrForm: Shape = { ...form, sql: `(${form.of(JOINED)})` }
