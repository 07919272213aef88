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
import { AGE_YEARS } from 'care-kernel/toolkits/patients'
import { DISTRICT } from 'care-kernel/contracts/places'
import { ICMR_CATEGORIES, SAMPLE_TYPES } from './enumerations.ts'
import { RESULTS, STATUSES } from './statuses.ts'

/** Where the samples of a deployment are read. */
export interface SampleReads {
  readonly samples: Resource
  /** With the way it took. */
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

/** docs/api/consultations.md §15; `w` is a step of the way. */
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

/** What a sample says before and after the way it took, which is told between them. */
function partsOf({ basic }: FacilityShapes, { detail: person }: PatientShapes) {
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

/** docs/api/consultations.md §15. */
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

/** The latest step by whoever asks: each of their writes leaves one. */
function lastStep(request: FastifyRequest, params: Params): string {
  return `(select max(w.id) from facility_patientsampleflow w where w.created_by_id = ${params.add(actorOf(request).id)})`
}

/** Columns of the table for spreadsheets; `s` is the sample and `p` its patient (docs/api/consultations.md §15). */
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

/** The reads of a deployment. */
export function sampleReads(facilities: FacilityShapes, patients: PatientShapes): SampleReads {
  const { before, after } = partsOf(facilities, patients)
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
      counted: { upTo: 10_000, seconds: 2, stamp: lastStep }
    }),
    detail: shape({ ...before, flow: FLOW, ...after })
  }
}
