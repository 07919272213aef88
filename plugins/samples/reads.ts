import type { FastifyRequest } from 'fastify'
import type { Params } from 'care-kernel/data'
import {
  actorOf,
  cell,
  filter,
  filters,
  labelSql,
  ordering,
  out,
  resource,
  shape,
  type Filters,
  type Resource,
  type Shape
} from 'care-kernel/rest'
import { USER, userBaseMinimum } from 'care-kernel/contracts/auth-permissions'
import { CONSULTATION } from 'care-kernel/contracts/consultations'
import { FACILITY } from 'care-kernel/contracts/facilities'
import type { FacilityShapes } from 'care-kernel/contracts/facilities'
import { PATIENT, type PatientShapes } from 'care-kernel/contracts/patients'
import { DISTRICT, districtObject, LOCAL_BODY, localBodyObject, WARD, wardObject } from 'care-kernel/contracts/places'
import { AGE_YEARS } from 'care-kernel/toolkits/patients'
import { ICMR_CATEGORIES, SAMPLE_TYPES } from './enumerations.ts'
import { RESULTS, STATUSES } from './statuses.ts'

/** List, detail and CSV of samples. */
export interface SampleReads {
  readonly samples: Resource
  /** Detail: the sample and its `flow`. */
  readonly detail: Shape
}

const OF_PATIENT = `from ${PATIENT} p where p.id = s.patient_id`
const TAKEN_AT = `from ${CONSULTATION} c join ${FACILITY} f on f.id = c.facility_id where c.id = s.consultation_id`
const TESTED_AT = `from ${FACILITY} f where f.id = s.testing_facility_id`
const patient = (column: string) => `(select p.${column} ${OF_PATIENT})`
const user = (column: string) => out.object(userBaseMinimum, `from ${USER} u where u.id = s.${column}`)
const texts = (...names: string[]) => Object.fromEntries(names.map(name => [name, out.text(`s.${name}`)]))
const booleans = (...names: string[]) => Object.fromEntries(names.map(name => [name, out.boolean(`s.${name}`)]))
const datetimes = (...names: string[]) => Object.fromEntries(names.map(name => [name, out.datetime(`s.${name}`)]))

/** `docs/api/consultations.md §15`; `w` is a row of the flow. */
const step = shape({
  id: out.integer('w.id'),
  status: out.label('w.status', STATUSES),
  external_id: out.uuid('w.external_id'),
  created_date: out.datetime('w.created_date'),
  modified_date: out.datetime('w.modified_date'),
  deleted: out.boolean('w.deleted'),
  notes: out.text('w.notes'),
  patient_sample: out.integer('w.patient_sample_id'),
  created_by: out.integer('w.created_by_id')
})
const FLOW = out.objects(
  step,
  'from facility_patientsampleflow w where w.patient_sample_id = s.id and not w.deleted',
  'w.id desc'
)

/** Outputs before and after `flow`: the detail has `flow` between them, the list does not have it. */
function outputsOf({ basic }: FacilityShapes, { detail: person }: PatientShapes) {
  return {
    before: {
      id: out.uuid('s.external_id'),
      patient_object: out.object(person, OF_PATIENT),
      patient_name: out.text(patient('name')),
      patient_has_sari: out.boolean(patient('"has_SARI"')),
      patient_has_confirmed_contact: out.boolean(patient('contact_with_confirmed_carrier')),
      patient_has_suspected_contact: out.boolean(patient('contact_with_suspected_carrier')),
      patient_travel_history: out.json(patient('countries_travelled')),
      facility: out.uuid(`(select f.external_id ${TAKEN_AT})`),
      facility_object: out.object(basic, TAKEN_AT),
      sample_type: out.label('s.sample_type', SAMPLE_TYPES),
      status: out.label('s.status', STATUSES),
      result: out.label('s.result', RESULTS),
      icmr_category: out.label('s.icmr_category', ICMR_CATEGORIES),
      patient: out.uuid(patient('external_id')),
      consultation: out.uuid(`(select c.external_id from ${CONSULTATION} c where c.id = s.consultation_id)`),
      ...datetimes('date_of_sample', 'date_of_result'),
      testing_facility: out.uuid(`(select f.external_id ${TESTED_AT})`),
      testing_facility_object: out.object(basic, TESTED_AT),
      last_edited_by: user('last_edited_by_id'),
      created_by: user('created_by_id')
    },
    after: {
      ...datetimes('created_date', 'modified_date'),
      ...texts('sample_type_other'),
      ...booleans('has_sari', 'has_ari'),
      ...texts('doctor_name', 'diagnosis', 'diff_diagnosis', 'etiology_identified'),
      ...booleans('is_atypical_presentation'),
      ...texts('atypical_presentation'),
      ...booleans('is_unusual_course'),
      ...texts('icmr_label', 'fast_track')
    }
  }
}

const takenIn = `s.consultation_id in (select c.id from ${CONSULTATION} c where c.facility_id in (%))`
const choices = (labels: Readonly<Record<number, string>>) =>
  Object.fromEntries(Object.keys(labels).map(key => [key, Number(key)]))

/** `docs/api/consultations.md §15`. */
const sampleFilters: Filters = filters({
  district: filter.via(takenIn.replace('%', `select f.id from ${FACILITY} f where %`), filter.number('f.district_id')),
  district_name: filter.via(
    takenIn.replace('%', `select f.id from ${FACILITY} f join ${DISTRICT} d on d.id = f.district_id where %`),
    filter.contains('d.name')
  ),
  status: filter.choice('s.status', choices(STATUSES)),
  result: filter.choice('s.result', choices(RESULTS)),
  sample_type: filter.choice('s.sample_type', choices(SAMPLE_TYPES)),
  patient_name: filter.via(
    `s.patient_id in (select p.id from ${PATIENT} p where not p.deleted and %)`,
    filter.contains('p.name')
  ),
  facility: filter.via(takenIn.replace('%', `select f.id from ${FACILITY} f where %`), filter.uuid('f.external_id'))
})

/** Stamp of cached counts: the latest flow row by the actor; every write of a sample adds one. */
function lastWriteStamp(request: FastifyRequest, params: Params): string {
  return `(select max(w.id) from facility_patientsampleflow w where w.created_by_id = ${params.add(actorOf(request).id)})`
}

/** Columns of the CSV; `s` is the sample and `p` its patient (`docs/api/consultations.md §15`). */
const sampleTable = {
  'Patient Name': cell.text('p.name'),
  'Patient Phone Number': cell.text('p.phone_number'),
  'Testing Facility': cell.text(`(select f.name ${TESTED_AT})`),
  Type: labelSql('s.sample_type', SAMPLE_TYPES),
  'Other Type': cell.text('s.sample_type_other'),
  Status: labelSql('s.status', STATUSES),
  Result: labelSql('s.result', RESULTS),
  'Date of Sample': cell.datetime('s.date_of_sample'),
  'Date of Result': cell.datetime('s.date_of_result'),
  'Patient Age': cell.value(AGE_YEARS)
} as const

/** The reads of a deployment; outputs of facilities and patients depend on its plugins. */
export function sampleReads(facilities: FacilityShapes, patients: PatientShapes): SampleReads {
  const { before, after } = outputsOf(facilities, patients)
  return {
    samples: resource({
      name: 'PatientSample',
      from: 'facility_patientsample s',
      key: { column: 's.external_id', kind: 'uuid' },
      live: 'not s.deleted',
      shape: shape({ ...before, ...after }),
      filters: sampleFilters,
      ordering: ordering({}, 's.id desc'),
      table: {
        file: 'patientsample_export.csv',
        columns: sampleTable,
        from: `facility_patientsample s join ${PATIENT} p on p.id = s.patient_id`
      },
      counted: { upTo: 10_000, seconds: 2, stamp: lastWriteStamp }
    }),
    detail: shape({ ...before, flow: FLOW, ...after })
  }
}

const externalTexts = (...names: string[]) => Object.fromEntries(names.map(name => [name, out.text(`x.${name}`)]))
const externalIntegers = (...names: string[]) => Object.fromEntries(names.map(name => [name, out.integer(`x.${name}`)]))

/** `docs/api/consultations.md §16`; `x` is the external result. */
const externalShape = shape({
  id: out.integer('x.id'),
  ward_object: out.object(wardObject, `from ${WARD} w where w.id = x.ward_id`),
  local_body_object: out.object(localBodyObject, `from ${LOCAL_BODY} l where l.id = x.local_body_id`),
  district_object: out.object(districtObject, `from ${DISTRICT} d where d.id = x.district_id`),
  sample_collection_date: out.date('x.sample_collection_date'),
  result_date: out.date('x.result_date'),
  external_id: out.uuid('x.external_id'),
  created_date: out.datetime('x.created_date'),
  modified_date: out.datetime('x.modified_date'),
  deleted: out.boolean('x.deleted'),
  ...externalTexts('srf_id', 'name'),
  ...externalIntegers('age'),
  ...externalTexts('age_in', 'gender', 'address', 'mobile_number'),
  is_repeat: out.boolean('x.is_repeat'),
  ...externalTexts('patient_status', 'source', 'patient_category', 'lab_name', 'test_type', 'sample_type', 'result'),
  patient_created: out.boolean('x.patient_created'),
  ward: out.integer('x.ward_id'),
  local_body: out.integer('x.local_body_id'),
  district: out.integer('x.district_id')
})

/** Answer of a correction. */
export const correctedShape = shape({
  address: out.text('x.address'),
  ward: out.integer('x.ward_id'),
  local_body: out.integer('x.local_body_id'),
  patient_created: out.boolean('x.patient_created')
})

/** Columns of the CSV (`docs/api/consultations.md §16`). */
const externalTable = {
  'Care External Result ID': cell.value('x.id'),
  'Patient Name': cell.text('x.name'),
  Age: cell.value('x.age'),
  'Age In': cell.text('x.age_in'),
  'Final Result': cell.text('x.result'),
  'SRF-ID': cell.text('x.srf_id'),
  Gender: cell.text('x.gender'),
  'Patient Address': cell.text('x.address'),
  District: cell.text(`(select d.name from ${DISTRICT} d where d.id = x.district_id)`),
  LSGD: cell.text(`(select l.name from ${LOCAL_BODY} l where l.id = x.local_body_id)`),
  'Ward Name': cell.text(`(select w.name from ${WARD} w where w.id = x.ward_id)`),
  'Ward Number': cell.value(`(select w.number from ${WARD} w where w.id = x.ward_id)`),
  'Contact Number': cell.text('x.mobile_number'),
  'Is Repeat': cell.yesNo('x.is_repeat'),
  'Patient Status': cell.text('x.patient_status'),
  'Sample Type': cell.text('x.sample_type'),
  'Testing Kit Used': cell.text('x.test_type'),
  'Sample Collection Date': cell.value('x.sample_collection_date'),
  'Result Date': cell.value('x.result_date'),
  LabName: cell.text('x.lab_name'),
  Source: cell.text('x.source'),
  'Patient Category': cell.text('x.patient_category')
} as const

/** List, detail and CSV of external results. */
export const externalResults = resource({
  name: 'PatientExternalTest',
  from: 'facility_patientexternaltest x',
  key: { column: 'x.id', kind: 'integer' },
  live: 'not x.deleted',
  shape: externalShape,
  filters: filters({
    name: filter.contains('x.name'),
    srf_id: filter.contains('x.srf_id'),
    mobile_number: filter.contains('x.mobile_number'),
    wards: filter.multi('x.ward_id', 'integer'),
    districts: filter.multi('x.district_id', 'integer'),
    local_bodies: filter.multi('x.local_body_id', 'integer'),
    sample_collection_date: filter.dateRange('x.sample_collection_date', 'date'),
    result_date: filter.dateRange('x.result_date', 'date'),
    created_date: filter.dateRange('x.created_date')
  }),
  ordering: ordering({}, 'x.id desc'),
  table: { file: 'patientexternaltest_export.csv', columns: externalTable }
})
