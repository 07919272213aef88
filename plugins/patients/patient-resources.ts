import type { FastifyRequest } from 'fastify'
import type { Actor } from 'care-kernel'
import { FACILITY } from 'care-kernel/contracts/facilities'
import type { Params } from 'care-kernel/data'
import {
  actorOf,
  ordering,
  out,
  resource,
  shape,
  type Ordering,
  type Query,
  type Resource,
  type Where,
  valueOf
} from 'care-kernel/rest'
import { CATEGORIES } from './enumerations.ts'
import { HistoricalPatient } from './models.ts'
import { dischargedFilters, listFilters, type JoinedRows } from './patient-filters.ts'
import type { PatientShapes } from './shapes.ts'

/** Patients who lack a consultation that goes on, then whoever changed last (contract patients §5); the column is kept by triggers. */
const UNFILED_FIRST = 'p.kernel_unfiled desc, p.modified_date desc, p.id desc'

/** The reads of patients in one deployment. */
export interface PatientReads {
  readonly listed: Resource
  readonly discharged: Resource
  readonly history: Resource
}

/** Orders of a list (contract patients §5, §13); `category_severity` only where it is asked for alone. */
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

/** A row of history as it is stored: foreign keys under the field's name, everything raw (contract patients §10). */
const historyShape = shape(
  Object.fromEntries(
    Object.entries(HistoricalPatient.columns).map(([name, { options }]) => {
      const { key: type } = options.type as { readonly key: string }
      const stored = `h."${name}"`
      return [type === 'BIGINT' ? name.replace(/_id$/, '') : name, type === 'DATE' ? out.datetime(stored) : out.json(stored)]
    })
  )
)

/** The latest row of history by whoever asks, as SQL: every write of a patient leaves one. */
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

/** Patients with a facility, or those without: never both (contract patients §3, QUIRK). */
export function withOrWithoutFacility(query: Query): string {
  return /^\s*(true|1)\s*$/.test(valueOf(query, 'without_facility') ?? '') ? 'p.facility_id is null' : 'p.facility_id is not null'
}

/** What a list of patients shows to an actor. */
export const listedFor =
  (visible: (actor: Actor) => Where, actor: Actor, query: Query, also?: Where): Where =>
  params => [...visible(actor)(params), withOrWithoutFacility(query), ...(also?.(params) ?? [])]
