import type { ScopeOf } from 'care-kernel'
import { quote } from 'care-kernel/rest'
import { CAPACITY, capacityShape, FACILITY } from 'care-kernel/contracts/facilities'
import { PATIENT, PATIENT_STATS } from 'care-kernel/contracts/patients'
import { DISTRICT, LOCAL_BODY } from 'care-kernel/contracts/places'
import type { KindName } from './kinds.ts'
import type { manifest } from './manifest.ts'

type FiguresScope = Pick<ScopeOf<typeof manifest>, 'config' | 'facilities' | 'patients' | 'slots'>

/** Kinds of beds by their stored number (docs/api/gateways-jobs.md §9.3). */
const BEDS = [
  'isolation',
  'icu',
  'icu_with_non_invasive_ventilator',
  'icu_with_oxygen_support',
  'icu_with_invasive_ventilator',
  'bed_with_oxygen_support',
  'regular'
]
/** Locations of patients by name, as conditions on the last consultation `c` and its bed `b`. */
const LOCATIONS: readonly (readonly [string, string])[] = [
  ...BEDS.map((name, at) => [name, `b.bed_type = ${at + 1}`] as const),
  ['home_quarantine', `c.suggestion = 'HI'`]
]
const TODAY = 'c.created_date >= day.starts and c.created_date < day.ends'
/** Patients `p` whose last consultation `c` has not ended. */
const ADMITTED = 'p.is_active and c.id is not null and c.discharge_date is null'

type Figure = readonly [name: string, sql: string]

const patientFigures: readonly Figure[] = [
  ...LOCATIONS.map(([name, where]) => [`total_patients_${name}`, `count(*) filter (where ${ADMITTED} and ${where})`] as const),
  ...LOCATIONS.map(
    ([name, where]) => [`today_patients_${name}`, `count(*) filter (where ${ADMITTED} and ${where} and ${TODAY})`] as const
  )
]

/** SQL of a JSON object. */
const object = (figures: readonly Figure[]) =>
  `jsonb_build_object(${figures.flatMap(([name, sql]) => [quote(name), sql]).join(', ')})`
/** Aggregates as columns, and the same read from a row `n` that may be absent. */
const columns = (figures: readonly Figure[]) => figures.map(([name, sql]) => `${sql} as "${name}"`).join(', ')
const counted = (figures: readonly Figure[]): readonly Figure[] => figures.map(([name]) => [name, `coalesce(n."${name}", 0)`])

const WRITTEN: Figure = ['modified_date', `to_char(day.written at time zone 'UTC', 'DD-MM-YYYY HH24:MI')`]
const NAMES: readonly Figure[] = [
  ['facility_name', 'f.name'],
  ['district', `(select d.name from ${DISTRICT} d where d.id = f.district_id)`]
]
const FACILITIES = `from ${FACILITY} f cross join day`

/**
 * The data of each kind of summary, for all subjects in one query with the columns `subject` and `data`; `day` is the row with `starts`,
 * `ends` and `written`. All figures are counted from the tables; only the writing is incremental.
 */
export function figuresOf({ config, facilities, patients, slots }: FiguresScope): Readonly<Record<KindName, string>> {
  const { consultations, consultation_beds: beds } = patients.patients.joined
  const { samples } = slots.joined
  const lastConsultations = `${PATIENT} p left join ${consultations} c on c.id = p.last_consultation_id
    left join ${beds} b on b.id = c.current_bed_id cross join day`

  const live: readonly Figure[] = [
    ['actual_live_patients', 'count(*) filter (where p.is_active)'],
    ['actual_discharged_patients', 'count(*) filter (where not p.is_active)']
  ]
  const facilityCapacity = `select f.id as subject, ${facilities.facilities.shapes.full.sql}::jsonb || ${object([
    ['features', `coalesce(to_jsonb(f.features), '[]')`],
    ...counted(live),
    [
      'availability',
      `(select coalesce(jsonb_agg(${capacityShape.sql} order by p.id), '[]') from ${CAPACITY} p where p.facility_id = f.id and not p.deleted)`
    ],
    ['inventory', slots.facility.inventory]
  ])} as data ${FACILITIES}
    left join (select p.facility_id, ${columns(live)} from ${PATIENT} p where not p.deleted group by p.facility_id) n
      on n.facility_id = f.id where not f.deleted`

  const patientsOfFacilities = `select f.id as subject, ${object([
    ...NAMES,
    ['facility_external_id', 'f.external_id'],
    ...counted(patientFigures),
    WRITTEN
  ])} as data ${FACILITIES}
    left join (select c.facility_id, ${columns(patientFigures)} from ${lastConsultations} where not p.deleted group by c.facility_id) n
      on n.facility_id = f.id where not f.deleted`

  const consulted: Figure = ['total_patients', 'count(distinct c.patient_id)']
  const results: readonly Figure[] = [
    ['total_tests', 'count(*)'],
    ...['result_positive', 'result_negative', 'result_awaited', 'test_discarded'].map(
      (name, at) => [name, `count(*) filter (where s.result = ${at + 1})`] as const
    )
  ]
  const tests = `select f.id as subject, ${object([...NAMES, ['total_patients', 'coalesce(m.total_patients, 0)'], ...counted(results), WRITTEN])} as data ${FACILITIES}
    left join (select c.facility_id, ${columns([consulted])} from ${consultations} c where not c.deleted group by c.facility_id) m on m.facility_id = f.id
    left join (select c.facility_id, ${columns(results)} from ${samples} s join ${consultations} c on c.id = s.consultation_id group by c.facility_id) n
      on n.facility_id = f.id where not f.deleted`

  const reported = triageFigures(config.correctTriage)
  const triage = `select f.id as subject, ${object([...NAMES, ...reported.map(([name, , absent]) => [name, `coalesce(n."${name}", ${absent})`] as const), WRITTEN])} as data ${FACILITIES}
    left join (select t.facility_id, ${columns(reported.map(([name, sql]) => [name, sql]))} from ${PATIENT_STATS} t where not t.deleted group by t.facility_id) n
      on n.facility_id = f.id where not f.deleted`

  const ofLocalBody: readonly Figure[] = [['total_inactive', 'count(*) filter (where not p.is_active)'], ...patientFigures]
  const districtPatients = `select d.id as subject, ${object([['name', 'd.name'], ['id', 'd.id'], WRITTEN])} || coalesce((
      select jsonb_object_agg(l.id, ${object([['name', 'l.name'], ['code', 'l.localbody_code'], ...counted(ofLocalBody)])})
      from ${LOCAL_BODY} l left join counted n on n.local_body_id = l.id where l.district_id = d.id), '{}') as data
    from ${DISTRICT} d cross join day`
  const byLocalBody = `with counted as materialized (
      select p.local_body_id, ${columns(ofLocalBody)} from ${lastConsultations} where not p.deleted group by p.local_body_id) ${districtPatients}`

  return { facilityCapacity, patients: patientsOfFacilities, tests, triage, districtPatients: byLocalBody }
}

/**
 * Sums and means of the triage that facilities reported, with the value where none was (docs/api/gateways-jobs.md §9.5). Unless `correct`,
 * isolated and visited are exchanged and confirmed positive is 0 as in the original, because dashboards may compensate for it.
 */
function triageFigures(correct: boolean): readonly (readonly [name: string, sql: string, absent: string])[] {
  const [isolation, visited] = ['t.num_patients_isolation', 't.num_patients_visited']
  const reported: readonly Figure[] = [
    ['home_quarantine', 't.num_patients_home_quarantine'],
    ['referred', 't.num_patient_referred'],
    ['isolation', correct ? isolation : visited],
    ['visited', correct ? visited : isolation],
    ['confirmed_positive', correct ? 't.num_patient_confirmed_positive' : '0']
  ]
  return reported.flatMap(([name, stored]) => [
    [`total_patients_${name}`, `sum(${stored})`, name === 'confirmed_positive' ? '0' : 'null'] as const,
    [`avg_patients_${name}`, `trunc(avg(${stored}))::bigint`, '0'] as const
  ])
}
