import type { FastifyRequest } from 'fastify'
import type { Actor, Relation } from 'care-kernel'
import type { Params } from 'care-kernel/data'
import {
  actorOf,
  filter,
  filters,
  ordering,
  out,
  resource,
  shape,
  type Filter,
  type Filters,
  type Ordering,
  type Query,
  type Resource,
  type Where,
  valueOf
} from 'care-kernel/rest'
import { FACILITY, FACILITY_TYPES } from 'care-kernel/contracts/facilities'
import { DISTRICT, LOCAL_BODY, STATE } from 'care-kernel/contracts/places'
import type { PatientShapes, JoinedRows } from './contract.ts'
import {
  BED_TYPES,
  CATEGORIES,
  COVID_CATEGORIES,
  DIAGNOSIS_STATUSES,
  DISCHARGE_REASONS,
  DISEASE_STATUSES,
  numbersOf,
  RATION_CARDS,
  SOURCES,
  VENTILATOR_INTERFACES
} from './enumerations.ts'
import { HistoricalPatient } from './models.ts'
import { AGE_YEARS } from './outputs.ts'

const valuesOf = (values: readonly (string | number)[]) => Object.fromEntries(values.map(value => [String(value), value]))

/** The place of a patient by its name. */
const placeName = (column: string, table: Relation) =>
  filter.via(`${column} in (select x.id from ${table} x where %)`, filter.contains('x.name'))

/** Comma list of numbers and `None`; `compile` gets the numbers and whether `None` is among them. */
const numbersOrNone = (compile: (found: { numbers: string | undefined; none: boolean }) => string): Filter =>
  filter.custom((text, params) => {
    const asked = text.split(',').map(part => part.trim())
    const numbers = asked.filter(part => part !== '' && part !== 'None')
    if (numbers.some(part => !/^-?\d{1,9}$/.test(part))) return { error: 'Enter a number.' }
    return compile({
      numbers: numbers.length > 0 ? params.add(numbers, 'integer[]') : undefined,
      none: asked.includes('None')
    })
  })
const either = (...conditions: (string | false | undefined)[]) => {
  const found = conditions.filter(Boolean)
  return found.length > 0 ? `(${found.join(' or ')})` : 'true'
}

/** Comma list of ids, which may be larger than four bytes. */
function ids(text: string, params: Params): string | { error: string } {
  const found = text
    .split(',')
    .map(part => part.trim())
    .filter(Boolean)
  if (found.some(part => !/^\d{1,18}$/.test(part))) return { error: 'Enter a number.' }
  return params.add(found, 'bigint[]')
}

/** Filters over the last consultation `c` (docs/api/patients.md §5, `LC` and `LDR`). */
function consultationFilters({ consultations, daily_rounds: rounds, diagnoses, consultation_beds: beds }: JoinedRows) {
  const of = (made: Filter) => filter.via(`p.last_consultation_id in (select c.id from ${consultations} c where %)`, made)
  const ofBed = (made: Filter) =>
    filter.via(
      `p.last_consultation_id in (select c.id from ${consultations} c join ${beds} b on b.id = c.current_bed_id where %)`,
      made
    )
  const ofRound = (made: Filter) =>
    filter.via(
      `p.last_consultation_id in (select c.id from ${consultations} c left join ${rounds} r on r.id = c.last_daily_round_id where %)`,
      made
    )
  const diagnosed = (status: string) =>
    filter.custom((text, params) => {
      const list = ids(text, params)
      if (typeof list !== 'string') return list
      return `p.last_consultation_id in (select g.consultation_id from ${diagnoses} g where g.diagnosis_id = any(${list}) and ${status})`
    })
  return {
    patient_no: of(filter.custom((text, params) => `upper(c.patient_no) = upper(${params.add(text.trim(), 'text')})`)),
    deprecated_covid_category: of(filter.choice('c.deprecated_covid_category', valuesOf(COVID_CATEGORIES))),
    category: ofRound(filter.choice('case when r.id is null then c.category else r.patient_category end', valuesOf(CATEGORIES))),
    is_kasp: of(filter.bool('c.is_kasp')),
    last_consultation_kasp_enabled_date: of(filter.dateRange('c.kasp_enabled_date')),
    last_consultation_encounter_date: of(filter.dateRange('c.encounter_date')),
    last_consultation_discharge_date: of(filter.dateRange('c.discharge_date')),
    last_consultation_admitted_bed_type_list: numbersOrNone(({ numbers, none }) =>
      either(
        none &&
          `not exists (select from ${consultations} c where c.id = p.last_consultation_id and c.current_bed_id is not null)`,
        numbers &&
          `p.last_consultation_id in (select c.id from ${consultations} c join ${beds} b on b.id = c.current_bed_id where b.bed_type = any(${numbers}))`
      )
    ),
    last_consultation_admitted_bed_type: ofBed(filter.label('b.bed_type', BED_TYPES)),
    last_consultation_medico_legal_case: of(filter.bool('c.medico_legal_case')),
    last_consultation_current_bed__location: ofBed(filter.uuid('b.location')),
    last_consultation__new_discharge_reason: of(filter.choice('c.new_discharge_reason', valuesOf(DISCHARGE_REASONS))),
    last_consultation_assigned_to: of(filter.number('c.assigned_to_id')),
    last_consultation_is_telemedicine: of(filter.bool('c.is_telemedicine')),
    ventilator_interface: ofRound(filter.label('r.ventilator_interface', VENTILATOR_INTERFACES)),
    // As in the original: true finds those without a bed number.
    has_bed: filter.via(
      `p.last_consultation_id in (select c.id from ${consultations} c where c.discharge_date is null and %)`,
      filter.bool('(c.bed_number is null)')
    ),
    diagnoses: diagnosed(`g.verification_status not in ('refuted', 'entered-in-error')`),
    ...Object.fromEntries(
      DIAGNOSIS_STATUSES.map(status => [`diagnoses_${status}`, diagnosed(`g.verification_status = '${status}'`)])
    ),
    last_consultation__consent_types: numbersOrNone(({ numbers, none }) =>
      either(
        none &&
          `not exists (select from ${consultations} c where c.id = p.last_consultation_id and cardinality(c.has_consents) > 0)`,
        numbers &&
          `p.last_consultation_id in (select c.id from ${consultations} c where cardinality(c.has_consents) > 0 and c.has_consents && ${numbers})`
      )
    )
  }
}

/** Filters of the patient list (docs/api/patients.md §5). */
function patientFilters(joined: JoinedRows) {
  return {
    source: filter.choice('p.source', valuesOf(numbersOf(SOURCES))),
    disease_status: filter.label('p.disease_status', DISEASE_STATUSES),
    facility: filter.externalId(FACILITY, 'p.facility_id'),
    facility_type: filter.via(
      `p.facility_id in (select f.id from ${FACILITY} f where %)`,
      filter.label('f.facility_type', FACILITY_TYPES)
    ),
    phone_number: filter.text('p.phone_number'),
    emergency_phone_number: filter.text('p.emergency_phone_number'),
    allow_transfer: filter.bool('p.allow_transfer'),
    name: filter.contains('p.name'),
    gender: filter.number('p.gender'),
    age: filter.number(AGE_YEARS),
    age_min: filter.atLeast(AGE_YEARS),
    age_max: filter.atMost(AGE_YEARS),
    ration_card_category: filter.choice('p.ration_card_category', valuesOf(RATION_CARDS)),
    created_date: filter.dateRange('p.created_date'),
    modified_date: filter.dateRange('p.modified_date'),
    srf_id: filter.via(`(% and p.srf_id <> '')`, filter.text('p.srf_id')),
    is_declared_positive: filter.bool('p.is_declared_positive'),
    date_declared_positive: filter.dateRange('p.date_declared_positive'),
    date_of_result: filter.dateRange('p.date_of_result'),
    last_vaccinated_date: filter.dateRange('p.last_vaccinated_date'),
    is_antenatal: filter.bool('p.is_antenatal'),
    last_menstruation_start_date: filter.dateRange('p.last_menstruation_start_date', 'date'),
    date_of_delivery: filter.dateRange('p.date_of_delivery', 'date'),
    is_active: filter.bool('p.is_active'),
    district: filter.number('p.district_id'),
    local_body: filter.number('p.local_body_id'),
    state: filter.number('p.state_id'),
    district_name: placeName('p.district_id', DISTRICT),
    local_body_name: placeName('p.local_body_id', LOCAL_BODY),
    state_name: placeName('p.state_id', STATE),
    covin_id: filter.via(`(% and p.covin_id <> '')`, filter.text('p.covin_id')),
    is_vaccinated: filter.bool('p.is_vaccinated'),
    number_of_doses: filter.number('p.number_of_doses'),
    assigned_to: filter.number('p.assigned_to_id'),
    review_missed: filter.custom(text => {
      if (/^(true|1)$/i.test(text)) return 'p.review_time < now()'
      return /^(false|0)$/i.test(text) ? '(p.review_time is null or p.review_time > now())' : undefined
    }),
    ...consultationFilters(joined)
  }
}

/** Filters of `patient/`. */
const listFilters = (joined: JoinedRows): Filters => filters(patientFilters(joined))

/** Filters of `discharged_patients/`: beds are those of the latest discharge, not of the last consultation (docs/api/patients.md §13). */
function dischargedFilters(joined: JoinedRows): Filters {
  const { consultations, consultation_beds: beds } = joined
  const discharged = `(select d.id from ${consultations} d where d.patient_id = p.id and not d.deleted order by d.discharge_date desc nulls last limit 1)`
  const lastBed = (column: string) =>
    `(select b.${column} from ${beds} b join ${consultations} d on d.id = b.consultation_id where d.patient_id = p.id and b.end_date is not null order by b.end_date desc limit 1)`
  return filters({
    ...patientFilters(joined),
    last_consultation_admitted_bed_type_list: numbersOrNone(({ numbers, none }) =>
      either(
        none && `${lastBed('consultation_id')} is distinct from ${discharged}`,
        numbers && `(${lastBed('consultation_id')} = ${discharged} and ${lastBed('bed_type')} = any(${numbers}))`
      )
    )
  })
}

/** Patients without an open consultation first, then by last change (docs/api/patients.md §5); triggers maintain the column. */
const UNFILED_FIRST = 'p.kernel_unfiled desc, p.modified_date desc, p.id desc'

/** The reads of patients in one deployment. */
export interface PatientReads {
  readonly listed: Resource
  readonly discharged: Resource
  readonly history: Resource
}

/** Orders of a list (docs/api/patients.md §5, §13); `category_severity` only by itself. */
function patientOrdering({ consultations, consultation_beds: beds }: JoinedRows, fallback: string, byBed: boolean): Ordering {
  const lastConsultation = (column: string) => `(select ${column} from ${consultations} c where c.id = p.last_consultation_id)`
  const severity = lastConsultation(
    `case c.category ${CATEGORIES.map((category, rank) => `when '${category}' then ${rank + 1}`).join(' ')} else 6 end`
  )
  const plain = ordering(
    {
      ...(byBed
        ? {
            facility__name: `(select f.name from ${FACILITY} f where f.id = p.facility_id)`,
            last_consultation__current_bed__bed__name: `(select b.bed_name from ${beds} b where b.id = ${lastConsultation('c.current_bed_id')})`
          }
        : {}),
      id: 'p.id',
      name: 'p.name',
      created_date: 'p.created_date',
      modified_date: 'p.modified_date',
      review_time: 'p.review_time',
      date_declared_positive: 'p.date_declared_positive'
    },
    fallback,
    'p.id desc'
  )
  const alone = ordering({ category_severity: `coalesce(${severity}, 6)` }, fallback, 'p.id desc')
  return {
    fields: [...plain.fields, ...alone.fields],
    compile: (query: Query) =>
      (/^-?category_severity$/.test(valueOf(query, 'ordering')?.trim() ?? '') ? alone : plain).compile(query)
  }
}

/** A row of history as it is stored: foreign keys under the field's name, everything raw (docs/api/patients.md §10). */
const historyShape = shape(
  Object.fromEntries(
    Object.entries(HistoricalPatient.columns).map(([name, { options }]) => {
      const { key: type } = options.type as { readonly key: string }
      const stored = `h."${name}"`
      return [type === 'BIGINT' ? name.replace(/_id$/, '') : name, type === 'DATE' ? out.datetime(stored) : out.json(stored)]
    })
  )
)

/** SQL of the caller's latest row of history: every write of a patient adds one. */
export function lastWriting(request: FastifyRequest, params: Params): string {
  return `(select max(w.history_id) from facility_historicalpatientregistration w where w.history_user_id = ${params.add(actorOf(request).id)})`
}

/** Makes the reads of a deployment. */
export function patientReads(shapes: PatientShapes, joined: JoinedRows): PatientReads {
  const patient = {
    name: 'PatientRegistration',
    from: 'facility_patientregistration p',
    key: { column: 'p.external_id', kind: 'uuid' },
    live: 'not p.deleted',
    shape: shapes.list,
    counted: { upTo: 10_000, seconds: 2, stamp: lastWriting }
  } as const
  return {
    listed: resource({ ...patient, filters: listFilters(joined), ordering: patientOrdering(joined, UNFILED_FIRST, true) }),
    discharged: resource({
      ...patient,
      filters: dischargedFilters(joined),
      ordering: patientOrdering(joined, 'p.modified_date desc, p.id desc', false)
    }),
    history: resource({
      name: 'HistoricalPatientRegistration',
      from: 'facility_historicalpatientregistration h',
      key: { column: 'h.history_id', kind: 'integer' },
      ordering: ordering({}, 'h.history_date desc, h.history_id desc'),
      shape: historyShape
    })
  }
}

/** Patients with a facility, or those without: never both (docs/api/patients.md §3, QUIRK). */
export function withOrWithoutFacility(query: Query): string {
  return /^\s*(true|1)\s*$/.test(valueOf(query, 'without_facility') ?? '') ? 'p.facility_id is null' : 'p.facility_id is not null'
}

/** Condition of the patients that a list shows to an actor. */
export const listedFor =
  (visible: (actor: Actor) => Where, actor: Actor, query: Query, also?: Where): Where =>
  params => [...visible(actor)(params), withOrWithoutFacility(query), ...(also?.(params) ?? [])]
