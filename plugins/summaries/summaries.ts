import type { ScopeOf, Tx } from 'care-kernel'
import { invalidateResponses } from 'care-kernel/rest'
import { figuresOf } from './figures.ts'
import { KIND_NAMES, KINDS, SUBJECTS, type Kind, type KindName } from './kinds.ts'
import type { manifest } from './manifest.ts'

type SummariesScope = Pick<
  ScopeOf<typeof manifest>,
  'cache' | 'clock' | 'config' | 'deployment' | 'facilities' | 'patients' | 'slots'
>

const LOCK = `select pg_advisory_xact_lock(hashtextextended('summaries ' || $1::text, 0))`

/** The tag of cached answers of a kind. */
export const tagOf = (name: KindName): string => `summaries.${name}`

/** Writes summaries: one statement per kind for all facilities or districts. */
export class Summaries {
  readonly #scope: SummariesScope
  #statements: Readonly<Record<KindName, string>> | undefined

  constructor({ cache, clock, config, deployment, facilities, patients, slots }: SummariesScope) {
    this.#scope = { cache, clock, config, deployment, facilities, patients, slots }
  }

  /**
   * Writes one kind for today, or for the past day `date` (`YYYY-MM-DD`) from the current rows: figures of "today" are then of that day.
   * Returns the number of rows written. A repeat updates the rows; concurrent runs of a kind wait for each other.
   */
  async write(tx: Tx, name: KindName, date: string | null = null): Promise<number> {
    const { cache, clock, deployment } = this.#scope
    await tx.query(LOCK, [name])
    const zone = KINDS[name].day === 'utc' ? 'UTC' : deployment.timeZone
    const { rows } = await tx.query<{ written: number }>(this.#statement(name), [clock.now().toISOString(), zone, date])
    tx.afterCommit(() => invalidateResponses(cache, tagOf(name)))
    return rows[0]?.written ?? 0
  }

  /** Made at the first use: plugins that fill the slots are opened after this service is constructed. */
  #statement(name: KindName): string {
    if (!this.#statements) {
      const figures = figuresOf(this.#scope)
      this.#statements = Object.fromEntries(KIND_NAMES.map(kind => [kind, statementOf(KINDS[kind], figures[kind])])) as Record<
        KindName,
        string
      >
    }
    return this.#statements[name]
  }
}

/** Raw SQL: a set, the summaries of all subjects. Updates the newest row of the day, adds one where there is none. `$1` is the present, `$2` the zone of days, `$3` the day where it is not today. */
function statementOf({ type, subject, repeat }: Kind, figures: string): string {
  const { table, column } = SUBJECTS[subject]
  return `with asked as (select $1::timestamptz as written, coalesce($3::date, ($1::timestamptz at time zone $2::text)::date) as date),
  day as (select a.date, a.written, a.date::timestamp at time zone $2::text as starts, (a.date + 1)::timestamp at time zone $2::text as ends,
    least(a.written, (a.date + 1)::timestamp at time zone $2::text - interval '1 second') as at from asked a),
  figures as (${figures}),
  existing as (select distinct on (s.${column}) s.id, s.${column} as subject from ${table} s cross join day
    where s.s_type = '${type}' and s.created_date >= day.starts and s.created_date < day.ends order by s.${column}, s.created_date desc, s.id),
  changed as (update ${table} s set data = g.data, modified_date = day.written${repeat === 'replace' ? '' : ', created_date = day.at'}
    from existing e join figures g on g.subject = e.subject cross join day
    where s.id = e.id${repeat === 'renew-changed' ? ` and (s.data - 'modified_date') is distinct from (g.data - 'modified_date')` : ''} returning s.id),
  added as (insert into ${table} (id, created_date, modified_date, s_type, data, ${column}, kernel_day)
    select gen_random_uuid(), day.at, day.written, '${type}', g.data, g.subject, day.date from figures g cross join day
    where not exists (select from existing e where e.subject = g.subject)
    on conflict (${column}, s_type, kernel_day) where kernel_day is not null do update set data = excluded.data, modified_date = excluded.modified_date
    returning id)
  select (select count(*) from changed) + (select count(*) from added) as written`
}
