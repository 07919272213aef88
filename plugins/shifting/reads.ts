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
  type Filter,
  type Filters,
  type Ordering,
  type Output,
  type Resource,
  type Shape
} from 'care-kernel/rest'
import type { FastifyRequest } from 'fastify'
import { FACILITY, FACILITY_TYPES, facilityNumbered, type FacilityShapes } from 'care-kernel/contracts/facilities'
import { requestDates, requestFilters, requestOutputs, requestParties } from 'care-kernel/toolkits/facilities'
import { DISEASE_STATUSES, PATIENT, type PatientShapes } from 'care-kernel/contracts/patients'
import { AGE_YEARS, lastWriting } from 'care-kernel/toolkits/patients'
import { BREATHLESSNESS, VEHICLES } from './enumerations.ts'
import { STATUSES } from './statuses.ts'

export const TABLE = 'facility_shiftingrequest'
const OF_PATIENT = `from ${PATIENT} p where p.id = r.patient_id`

/** The facilities of a request to shift a patient. */
export const parties = requestParties(TABLE, {
  origin: 'origin_facility',
  approving: 'shifting_approving_facility',
  assigned: 'assigned_facility'
})

/** Applies a filter over the patient `p` to requests; `join` wraps its condition. */
const through =
  (join: (found: string) => string) =>
  (made: Filter): Filter => ({
    ...made,
    compile(text, params, suffix) {
      const found = made.compile(text, params, suffix)
      return typeof found === 'string' ? join(found) : found
    }
  })

/** For filters that match many patients: checked per request. */
const ofPatient = through(found => `exists (select ${OF_PATIENT} and not p.deleted and ${found})`)

/** For filters that match few patients: finds them by the indexes of patients, then their requests. */
const ofFewPatients = through(
  found => `r.patient_id = any(array(select p.id from ${PATIENT} p where not p.deleted and ${found}))`
)

/** `docs/api/shifting-resources.md §3.2`. */
export const shiftFilters: Filters = filters({
  status: filter.label('r.status', STATUSES),
  breathlessness_level: filter.label('r.breathlessness_level', BREATHLESSNESS),
  disease_status: ofPatient(filter.label('p.disease_status', DISEASE_STATUSES)),
  patient: filter.externalId(PATIENT, 'r.patient_id'),
  patient_name: ofFewPatients(filter.contains('p.name')),
  patient_phone_number: ofFewPatients(filter.contains('p.phone_number')),
  is_up_shift: filter.bool('r.is_up_shift'),
  is_kasp: filter.bool('r.is_kasp'),
  is_antenatal: ofPatient(filter.bool('p.is_antenatal')),
  ...parties.filters,
  ...requestFilters
})

/** Default order: newest first, so that pages are stable (FIX: the original has none). */
const shiftOrder: Ordering = ordering(
  { id: 'r.id', created_date: 'r.created_date', modified_date: 'r.modified_date', emergency: 'r.emergency' },
  'r.id desc'
)

/** The representations of a request (`docs/api/shifting-resources.md §4.1`). */
export interface ShiftShapes {
  /** An item of the list. */
  readonly item: Shape
  /** Answer of a write: the patient by uuid. */
  readonly written: Shape
  /** Answer of the detail: the patient as an object. */
  readonly detail: Shape
}

function shiftShapes({ basic }: FacilityShapes, patients: PatientShapes): ShiftShapes {
  const patient = out.uuid(`(select p.external_id ${OF_PATIENT})`)
  const ids = { id: out.uuid('r.external_id'), external_id: out.uuid('r.external_id') }
  const status = { status: out.label('r.status', STATUSES) }
  const external = { assigned_facility_external: out.text('r.assigned_facility_external') }
  const whole = (about: Output) =>
    shape({
      ...ids,
      patient: about,
      patient_object: out.object(patients.list, OF_PATIENT),
      ...status,
      breathlessness_level: out.label('r.breathlessness_level', BREATHLESSNESS),
      ...parties.outputs(basic),
      ...external,
      assigned_facility_type: out.label('r.assigned_facility_type', FACILITY_TYPES),
      preferred_vehicle_choice: out.label('r.preferred_vehicle_choice', VEHICLES),
      is_up_shift: out.boolean('r.is_up_shift'),
      is_kasp: out.boolean('r.is_kasp'),
      vehicle_preference: out.text('r.vehicle_preference'),
      comments: out.text('r.comments'),
      ambulance_driver_name: out.text('r.ambulance_driver_name'),
      ambulance_phone_number: out.text('r.ambulance_phone_number'),
      ambulance_number: out.text('r.ambulance_number'),
      ...requestOutputs
    })
  return {
    item: shape({
      ...ids,
      patient,
      patient_object: out.object(patients.bare, OF_PATIENT),
      ...status,
      ...parties.objects(facilityNumbered),
      assigned_facility: out.uuid(`(select f.external_id from ${FACILITY} f where f.id = r.assigned_facility_id)`),
      ...external,
      created_date: out.datetime('r.created_date'),
      modified_date: out.datetime('r.modified_date'),
      emergency: out.boolean('r.emergency')
    }),
    written: whole(patient),
    detail: whole(out.object(patients.detail, OF_PATIENT))
  }
}

/** Stamp of cached counts: changes with the actor's writes of requests and patients. */
function lastWriteStamp(request: FastifyRequest, params: Params): string {
  const edited = `(select max(w.modified_date) from ${TABLE} w where w.last_edited_by_id = ${params.add(actorOf(request).id)})`
  return `(${edited}::text || ' ' || coalesce(${lastWriting(request, params)}, 0))`
}

/** List, detail and CSV of a deployment, and the shapes of a request. */
export function shiftRequests(facilities: FacilityShapes, patients: PatientShapes): { requests: Resource; shapes: ShiftShapes } {
  const shapes = shiftShapes(facilities, patients)
  const requests = resource({
    name: 'ShiftingRequest',
    from: `${TABLE} r`,
    key: { column: 'r.external_id', kind: 'uuid' },
    live: 'not r.deleted',
    shape: shapes.item,
    filters: shiftFilters,
    ordering: shiftOrder,
    table: {
      file: 'shiftingrequest_export.csv',
      columns: shiftTable,
      from: `${TABLE} r join ${PATIENT} p on p.id = r.patient_id`
    },
    counted: { upTo: 10_000, seconds: 2, stamp: lastWriteStamp }
  })
  return { requests, shapes }
}

/** Columns of the CSV, over the request `r` and its patient `p`; the age is last (`docs/api/shifting-resources.md §7`). */
const shiftTable = {
  ...requestDates,
  'Patient Name': cell.text('p.name'),
  'Patient Phone Number': cell.text('p.phone_number'),
  'Patient is Antenatal': cell.yesNo('p.is_antenatal'),
  'From Facility': cell.text(parties.names.origin),
  'To Facility': cell.text(parties.names.assigned),
  'Approving Facility': cell.text(parties.names.approving),
  'Current Status': `case when r.status in (${Object.keys(STATUSES).join(', ')}) then ${labelSql('r.status', STATUSES)} else '-' end`,
  Upshift: cell.yesNo('r.is_up_shift'),
  'Emergency Shift': cell.yesNo('r.emergency'),
  'Vehicle Preference': cell.text('r.vehicle_preference'),
  'Reason for Shifting': cell.text('r.reason'),
  'Patient Age': cell.value(AGE_YEARS)
} as const
