import { cell, filter, filters, ordering, out, resource, shape } from 'care-kernel/rest'
import { DISTRICT, districtObject, LOCAL_BODY, localBodyObject, WARD, wardObject } from 'care-kernel/contracts/places'

const texts = (...names: string[]) => Object.fromEntries(names.map(name => [name, out.text(`x.${name}`)]))
const integers = (...names: string[]) => Object.fromEntries(names.map(name => [name, out.integer(`x.${name}`)]))

/** docs/api/consultations.md §16. */
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
  ...texts('srf_id', 'name'),
  ...integers('age'),
  ...texts('age_in', 'gender', 'address', 'mobile_number'),
  is_repeat: out.boolean('x.is_repeat'),
  ...texts('patient_status', 'source', 'patient_category', 'lab_name', 'test_type', 'sample_type', 'result'),
  patient_created: out.boolean('x.patient_created'),
  ward: out.integer('x.ward_id'),
  local_body: out.integer('x.local_body_id'),
  district: out.integer('x.district_id')
})

/** What a correction is answered with. */
export const correctedShape = shape({
  address: out.text('x.address'),
  ward: out.integer('x.ward_id'),
  local_body: out.integer('x.local_body_id'),
  patient_created: out.boolean('x.patient_created')
})

/** Columns of the table for spreadsheets (docs/api/consultations.md §16). */
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
