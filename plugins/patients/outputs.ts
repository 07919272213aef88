import { out, shape, type Output, type Shape } from 'care-kernel/rest'
import { USER, userBaseMinimum } from 'care-kernel/contracts/auth-permissions'
import { FACILITY, facilityBare, type FacilityShapes } from 'care-kernel/contracts/facilities'
import {
  DISTRICT,
  districtObject,
  LOCAL_BODY,
  localBodyObject,
  STATE,
  stateObject,
  WARD,
  wardObject
} from 'care-kernel/contracts/places'
import type { PatientShapes } from './contract.ts'
import {
  BLOOD_GROUPS,
  DISEASE_STATUSES,
  DISEASES,
  HOME_SUPPORT,
  MODES_OF_CONTACT,
  OCCUPATIONS,
  RELATIONS,
  SOCIOECONOMIC_STATUSES,
  SOURCES,
  TEST_TYPES
} from './enumerations.ts'

const inFacility = `from ${FACILITY} f where f.id = p.facility_id`
const user = (column: string): Output => out.object(userBaseMinimum, `from ${USER} u where u.id = ${column}`)
const plainText = (...names: string[]) => Object.fromEntries(names.map(name => [name, out.text(`p.${name}`)]))
const integers = (...names: string[]) => Object.fromEntries(names.map(name => [name, out.integer(`p.${name}`)]))
const booleans = (...names: string[]) => Object.fromEntries(names.map(name => [name, out.boolean(`p.${name}`)]))
const dates = (...names: string[]) => Object.fromEntries(names.map(name => [name, out.date(`p.${name}`)]))
const datetimes = (...names: string[]) => Object.fromEntries(names.map(name => [name, out.datetime(`p.${name}`)]))

const UNTIL = `coalesce(p.death_datetime at time zone 'Asia/Kolkata', now() at time zone 'Asia/Kolkata')::date`
const BORN = 'coalesce(p.date_of_birth, case when p.year_of_birth between 1 and 9999 then make_date(p.year_of_birth, 1, 1) end)'
const AGE = `age(${UNTIL}, ${BORN})`

/** Whole years of the patient `p`, as an SQL expression; null without any date of birth (docs/api/patients.md §4). */
export const AGE_YEARS = `date_part('year', ${AGE})::integer`

/** Months of the patient `p` beyond the whole years, likewise. */
export const AGE_MONTHS = `date_part('month', ${AGE})::integer`

const counted = (unit: string) => `n.${unit}s || case n.${unit}s when 1 then ' ${unit}' else ' ${unit}s' end`

/** `23 years`, for infants `2 months 3 days`, as an SQL expression over `p`. */
export const AGE_TEXT = `(select case when n.years > 0 then ${counted('year')}
    when n.months > 0 then ${counted('month')} || case when n.days > 0 then ' ' || ${counted('day')} else '' end
    else ${counted('day')} end
  from (select date_part('year', a)::integer as years, date_part('month', a)::integer as months, date_part('day', a)::integer as days from ${AGE} a) n)`

const placeObjects = {
  ward_object: out.object(wardObject, `from ${WARD} w where w.id = p.ward_id`),
  local_body_object: out.object(localBodyObject, `from ${LOCAL_BODY} l where l.id = p.local_body_id`),
  district_object: out.object(districtObject, `from ${DISTRICT} d where d.id = p.district_id`),
  state_object: out.object(stateObject, `from ${STATE} s where s.id = p.state_id`)
}

const head = {
  id: out.uuid('p.external_id'),
  facility: out.uuid(`(select f.external_id ${inFacility})`)
}

/** Fields that lists and details share, all but those that differ between them. */
const common = (lastConsultation: string) => ({
  ...placeObjects,
  last_consultation: out.json(lastConsultation),
  blood_group: out.label('p.blood_group', BLOOD_GROUPS),
  disease_status: out.label('p.disease_status', DISEASE_STATUSES),
  source: out.label('p.source', SOURCES),
  assigned_to_object: user('p.assigned_to_id'),
  ...datetimes('created_date', 'modified_date'),
  name: out.text('p.name'),
  ...integers('gender'),
  ...plainText('phone_number', 'emergency_phone_number', 'address', 'permanent_address'),
  ...integers('pincode'),
  ...dates('date_of_birth'),
  ...integers('year_of_birth'),
  ...datetimes('death_datetime'),
  ...plainText('nationality', 'passport_no', 'ration_card_category'),
  ...booleans('is_medical_worker', 'contact_with_confirmed_carrier', 'contact_with_suspected_carrier'),
  ...datetimes('estimated_contact_date'),
  ...booleans('past_travel'),
  countries_travelled: out.json('p.countries_travelled'),
  ...datetimes('date_of_return'),
  ...plainText('present_health'),
  has_SARI: out.boolean('p."has_SARI"'),
  ...booleans('is_antenatal'),
  ...dates('last_menstruation_start_date', 'date_of_delivery'),
  ...plainText('ward_old'),
  ...booleans('is_migrant_worker'),
  ...integers('number_of_aged_dependents', 'number_of_chronic_diseased_dependents', 'action'),
  ...datetimes('review_time'),
  ...booleans('is_active'),
  ...datetimes('date_of_receipt_of_information'),
  ...plainText('test_id'),
  ...datetimes('date_of_test'),
  ...plainText('srf_id'),
  ...booleans('allow_transfer', 'will_donate_blood', 'fit_for_blood_donation'),
  ...plainText(
    'village',
    'designation_of_health_care_worker',
    'instituion_of_health_care_worker',
    'transit_details',
    'frontline_worker'
  ),
  ...datetimes('date_of_result'),
  ...integers('number_of_primary_contacts', 'number_of_secondary_contacts'),
  ...booleans('is_vaccinated'),
  ...integers('number_of_doses'),
  ...plainText('vaccine_name', 'covin_id'),
  ...datetimes('last_vaccinated_date'),
  ...plainText('cluster_name'),
  ...booleans('is_declared_positive'),
  ...datetimes('date_declared_positive'),
  nearest_facility: out.integer('p.nearest_facility_id'),
  ward: out.integer('p.ward_id'),
  local_body: out.integer('p.local_body_id'),
  district: out.integer('p.district_id'),
  state: out.integer('p.state_id'),
  assigned_to: out.integer('p.assigned_to_id')
})

/** docs/api/patients.md §4.1; `m` is the row. */
const metaInfo = shape({
  id: out.integer('m.id'),
  occupation: out.label('m.occupation', OCCUPATIONS),
  socioeconomic_status: out.label('m.socioeconomic_status', SOCIOECONOMIC_STATUSES),
  domestic_healthcare_support: out.label('m.domestic_healthcare_support', HOME_SUPPORT),
  head_of_household: out.boolean('m.head_of_household')
})

/** docs/api/patients.md §4.2; `x` is the row. */
const disease = shape({ disease: out.label('x.disease', DISEASES), details: out.text('x.details') })

/** docs/api/patients.md §4.3; `k` is the row. */
const contact = (other: Shape) =>
  shape({
    id: out.integer('k.id'),
    patient_in_contact: out.uuid(
      '(select p.external_id from facility_patientregistration p where p.id = k.patient_in_contact_id)'
    ),
    patient_in_contact_object: out.object(other, 'from facility_patientregistration p where p.id = k.patient_in_contact_id'),
    relation_with_patient: out.label('k.relation_with_patient', RELATIONS),
    mode_of_contact: out.label('k.mode_of_contact', MODES_OF_CONTACT),
    date_of_first_contact: out.date('k.date_of_first_contact'),
    date_of_last_contact: out.date('k.date_of_last_contact'),
    is_primary: out.boolean('k.is_primary'),
    condition_of_contact_is_symptomatic: out.boolean('k.condition_of_contact_is_symptomatic'),
    deleted: out.boolean('k.deleted')
  })

/** Makes the representations of a deployment; `lastConsultation` is the slot of that name. */
export function patientShapes(facilities: FacilityShapes, lastConsultation: string): PatientShapes {
  const list = shape({
    ...head,
    facility_object: out.object(facilities.basic, inFacility),
    ...common(lastConsultation),
    test_type: out.integer('p.test_type'),
    last_edited: out.integer('p.last_edited_id')
  })
  const detail = (last: string, contacts: Output) =>
    shape({
      ...head,
      facility_object: out.object(facilities.full, inFacility),
      ...common(last),
      medical_history: out.objects(disease, 'from facility_disease x where x.patient_id = p.id and not x.deleted', 'x.id'),
      meta_info: out.object(metaInfo, 'from facility_patientmetainfo m where m.id = p.meta_info_id'),
      contacted_patients: contacts,
      test_type: out.label('p.test_type', TEST_TYPES),
      ...plainText('allergies', 'ongoing_medication'),
      last_edited: user('p.last_edited_id'),
      created_by: user('p.created_by_id')
    })
  const contacts = out.objects(
    contact(list),
    'from facility_patientcontactdetails k where k.patient_id = p.id and not k.deleted',
    'k.id'
  )
  const noContacts = { ...contacts, sql: `'[]'::json` }
  return {
    bare: shape({
      id: head.id,
      name: out.text('p.name'),
      allow_transfer: out.boolean('p.allow_transfer'),
      age: out.text(AGE_TEXT),
      phone_number: out.text('p.phone_number'),
      address: out.text('p.address'),
      disease_status: out.label('p.disease_status', DISEASE_STATUSES),
      facility: head.facility,
      // An integer here and a uuid elsewhere, as in the original.
      facility_object: out.object(shape({ ...facilityBare.fields, id: out.integer('f.id') }), inFacility),
      state_object: placeObjects.state_object
    }),
    list,
    detail: detail(lastConsultation, contacts),
    alone: detail(lastConsultation, noContacts),
    fresh: detail('null', noContacts)
  }
}
