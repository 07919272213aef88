import type { Queryable } from 'care-kernel'
import { USER } from 'care-kernel/contracts/auth-permissions'
import { NOTE } from 'care-kernel/contracts/patients'
import { labelSql, out, type Output } from 'care-kernel/rest'
import {
  CATEGORIES,
  COVID_CATEGORIES,
  DISCHARGE_REASONS,
  IMPRESSION_STATUSES,
  LEGACY_DISCHARGE_REASONS,
  ROUNDS_TYPES,
  ROUTES_TO_FACILITY,
  SUGGESTIONS,
  SYMPTOMS,
  VERIFICATION_STATUSES
} from './enumerations.ts'
import { ROUND_FIELDS, roundFields } from './round-fields.ts'

/** The watched values of a model: its rows, and SQL of each field by its name in `facility_eventtype.fields`. */
interface Watched {
  readonly from: string
  readonly alias: string
  readonly fields: Readonly<Record<string, string>>
  /** Fields kept as text with two decimals: zero counts as nothing. */
  readonly decimals?: readonly string[]
}

const same = (alias: string, make: (sql: string) => Output, names: string) =>
  Object.fromEntries(names.split(/\s+/).map(name => [name, make(`${alias}."${name}"`).sql]))
const physician = (sql: string) => `(select ${sql} from ${USER} u where u.id = c.treating_physician_id)`

/** The original's class names with their fields: choices by label, decimals as text, times in ISO form (docs/api/consultations.md §11). */
const WATCHED = {
  PatientConsultation: {
    from: 'facility_patientconsultation c',
    alias: 'c',
    fields: {
      ...same(
        'c',
        out.text,
        'patient_no examination_details history_of_present_illness treatment_plan consultation_notes course_in_facility discharge_notes death_confirmed_doctor'
      ),
      ...same('c', out.json, 'investigation procedure height weight medico_legal_case'),
      ...same('c', out.datetime, 'death_datetime discharge_date encounter_date'),
      route_to_facility: labelSql('c.route_to_facility', ROUTES_TO_FACILITY),
      suggestion: labelSql('c.suggestion', SUGGESTIONS),
      category: labelSql('c.category', CATEGORIES),
      discharge_reason: labelSql('c.discharge_reason', LEGACY_DISCHARGE_REASONS),
      new_discharge_reason: labelSql('c.new_discharge_reason', DISCHARGE_REASONS),
      treating_physician__username: physician('u.username'),
      treating_physician__full_name: physician("trim(u.first_name || ' ' || u.last_name)")
    }
  },
  DailyRound: {
    from: 'facility_dailyround r',
    alias: 'r',
    fields: {
      ...Object.fromEntries(roundFields.map(([name, { output }]) => [name, output(`r."${name}"`).sql])),
      deprecated_covid_category: labelSql('r.deprecated_covid_category', COVID_CATEGORIES),
      rounds_type: labelSql('r.rounds_type', ROUNDS_TYPES),
      ...same('r', out.datetime, 'taken_at'),
      ...same('r', out.integer, 'glasgow_total_calculated'),
      ...same('r', out.decimal, 'total_intake_calculated total_output_calculated')
    },
    decimals: [
      ...Object.keys(ROUND_FIELDS).filter(name => decimalColumn(name)),
      'total_intake_calculated',
      'total_output_calculated'
    ]
  },
  ConsultationDiagnosis: {
    from: 'facility_consultationdiagnosis x',
    alias: 'x',
    fields: {
      diagnosis__label: '(select i.label from facility_icd11diagnosis i where i.id = x.diagnosis_id)',
      verification_status: labelSql('x.verification_status', VERIFICATION_STATUSES),
      is_principal: 'x.is_principal'
    }
  },
  EncounterSymptom: {
    from: 'facility_encountersymptom y',
    alias: 'y',
    fields: {
      symptom: labelSql('y.symptom', SYMPTOMS),
      other_symptom: 'y.other_symptom',
      ...same('y', out.datetime, 'onset_date cure_date'),
      clinical_impression_status: labelSql('y.clinical_impression_status', IMPRESSION_STATUSES)
    }
  },
  PatientNotes: {
    from: `${NOTE} n`,
    alias: 'n',
    fields: { note: 'n.note', user_type: 'n.user_type' }
  }
} as const satisfies Readonly<Record<string, Watched>>

export type WatchedModel = keyof typeof WATCHED

/** Rows of one model that were saved. */
export interface Change {
  readonly model: WatchedModel
  readonly consultationId: number
  readonly ids: readonly number[]
  readonly by: number
  /** When, ISO text; `takenAt`: time of the observation, where it differs. */
  readonly at: string
  readonly takenAt?: string | undefined
  /** The watched values before the save: only types with a field that differs are written, as UPDATED. */
  readonly before?: unknown
  /** Only types with one of these fields. */
  readonly only?: readonly string[]
}

/** One saved row. */
export interface Save extends Pick<Change, 'consultationId' | 'by' | 'at' | 'takenAt' | 'before'> {
  readonly id: number
}

/** SQL of the watched values of a row, to be read before it is changed; an alias is the model's own. */
export function watchedValues(model: WatchedModel): string {
  const pairs = Object.entries(WATCHED[model].fields).map(([name, sql]) => `${sql} as "${name}"`)
  return `(select to_jsonb(_) from (select ${pairs.join(', ')}) _)`
}

/** Writes the events of consultations (docs/api/consultations.md §11), one statement per save. */
export class ChangeLog {
  readonly #statements = new Map<WatchedModel, Readonly<Record<'added' | 'changed', string>>>()

  constructor() {
    for (const model of Object.keys(WATCHED) as WatchedModel[])
      this.#statements.set(model, { added: statementOf(model, 'added'), changed: statementOf(model, 'changed') })
  }

  async record(tx: Queryable, { model, ids, only, ...rest }: Change): Promise<void> {
    await this.recordAll(
      tx,
      model,
      ids.map(id => ({ ...rest, id })),
      only
    )
  }

  /** Records rows of many consultations. */
  async recordAll(tx: Queryable, model: WatchedModel, saves: readonly Save[], only?: readonly string[]): Promise<void> {
    if (saves.length === 0) return
    const { added, changed } = this.#statements.get(model) ?? { added: '', changed: '' }
    const values = [
      saves.map(({ id }) => id),
      saves.map(({ consultationId }) => consultationId),
      saves.map(({ by }) => by),
      saves.map(({ at }) => at),
      saves.map(({ at, takenAt = at }) => takenAt),
      saves.map(({ at }) => ulidTime(at))
    ]
    if (only === undefined && saves.every(({ before }) => before === undefined)) await tx.query(added, values)
    else {
      const before = saves.map(({ before }) => (before === undefined ? null : JSON.stringify(before)))
      await tx.query(changed, [...values, before, only ?? null])
    }
  }
}

/**
 * Raw SQL: a set, compared by PostgreSQL. The statement that writes the events of new rows, or of rows that may have earlier events.
 *
 * Every active type of the model with a changed field and a non-empty value becomes an event. Per object and type the event of
 * the last save is the latest, whatever its time (FIX-C12). An event's id is a ULID: the time, then randomness (written in hexadecimal digits, which are its alphabet's).
 */
function statementOf(model: WatchedModel, saved: 'added' | 'changed'): string {
  const { from, alias }: Watched = WATCHED[model]
  const decimals = (WATCHED[model] as Watched).decimals ?? []
  const zero = decimals.length > 0 ? ` and (s.values -> f <> '"0.00"' or f <> all ('{${decimals.join(',')}}'))` : ''
  const [columns, arrays, kind, differs, replaced] =
    saved === 'added'
      ? ['', '', `'CREATED'`, '', '']
      : [
          ', before',
          ', $7::jsonb[]',
          `case when c.before is null then 'CREATED' else 'UPDATED' end`,
          `and exists (select from unnest(t.fields) f where (s.before is null or s.before -> f is distinct from s.values -> f)
      and ($8::text[] is null or split_part(f, '__', 1) = any($8::text[])))`,
          `, replaced as (
    update facility_patientconsultationevent e set is_latest = false from changed_types c
    where e.consultation_id = c.consultation_id and e.is_latest and e.event_type_id = c.type_id and e.object_model = '${model}' and e.object_id = c.id
  )`
        ]
  return `with given as (
    select * from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::timestamptz[], $5::timestamptz[], $6::text[]${arrays})
      g(id, consultation_id, by_id, at, taken_at, ulid${columns})
  ), saved as materialized (
    select g.*, ${alias}.external_id, ${watchedValues(model)} as values from given g join ${from} on ${alias}.id = g.id
  ), changed_types as (
    select s.*, t.id as type_id, (select jsonb_object_agg(f, coalesce(s.values -> f, 'null')) from unnest(t.fields) f) as value
    from saved s join facility_eventtype t on t.is_active and t.model = '${model}' and cardinality(t.fields) > 0
    where exists (select from unnest(t.fields) f where s.values -> f <> all (array['null', '""', '0', 'false', '[]', '{}']::jsonb[])${zero})
      ${differs}
  )${replaced}
  insert into facility_patientconsultationevent
    (external_id, consultation_id, event_type_id, caused_by_id, created_date, taken_at, object_model, object_id, is_latest, meta, value, change_type)
  select c.ulid || upper(right(replace(gen_random_uuid()::text, '-', ''), 16)), c.consultation_id, c.type_id, c.by_id, c.at, c.taken_at, '${model}', c.id, true,
    jsonb_build_object('external_id', c.external_id), c.value, ${kind}
  from changed_types c`
}

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** The first ten characters of a ULID: milliseconds in base 32. */
function ulidTime(at: string): string {
  let left = Date.parse(at)
  let text = ''
  for (let digit = 0; digit < 10; digit++) {
    text = `${ALPHABET[left % 32] ?? '0'}${text}`
    left = Math.floor(left / 32)
  }
  return text
}

function decimalColumn(name: string): boolean {
  const { options } = ROUND_FIELDS[name as keyof typeof ROUND_FIELDS].column
  return (options.type as { key?: string }).key === 'DECIMAL'
}
