import type { Database } from 'care-kernel'
import { invalid } from 'care-kernel/rest'
import { DailyRound } from './models.ts'

const PAGE = 36
const MOST_FIELDS = 20
const COLUMNS = Object.keys(DailyRound.columns)
/** Allowed fields, by the original's names: references without `_id`. */
const FIELDS: ReadonlySet<string> = new Set(COLUMNS.map(name => name.replace(/_id$/, '')).concat('external_id'))

const utc = (column: string) => `replace(to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000', '')`

/** A row with raw values under the original's names. */
const RAW = `to_jsonb(r) || jsonb_build_object('consultation', r.consultation_id, 'created_by', r.created_by_id, 'last_edited_by', r.last_edited_by_id,
  'taken_at', ${utc('r.taken_at')}, 'created_date', ${utc('r.created_date')}, 'modified_date', ${utc('r.modified_date')}, 'id', r.external_id)`

/** Keys are UTC with a space, as the original prints times; of rounds at one time one is answered. */
const STATEMENT = `select (select count(*) from facility_dailyround r where r.consultation_id = $1 and not r.deleted) as count,
  (select coalesce('{' || string_agg(to_json(p.key)::text || ':' || p.value::text, ',' order by p.taken_at desc) || '}', '{}') from (
    select distinct on (r.taken_at) r.taken_at,
      replace(to_char(r.taken_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), '.000000', '') || '+00:00' as key,
      (select json_object_agg(f, raw.row -> f) from unnest($2::text[]) f) as value
    from (select * from facility_dailyround r where r.consultation_id = $1 and not r.deleted and r.taken_at is not null
      order by r.taken_at desc, r.id desc limit ${PAGE + 1} offset $3) r, lateral (select ${RAW} as row) raw
    order by r.taken_at desc, r.id desc) p) as results`

/** The body of `analyse`. Throws 400 with a bare text per field, as the original does (docs/api/consultations.md §10.4). */
export function readAnalysis(body: unknown): { readonly fields: readonly string[]; readonly page: number } {
  const { fields, page = 1 } = (body ?? {}) as { fields?: unknown; page?: unknown }
  if (fields === undefined) throw invalid({ fields: 'Field not present' })
  if (!Array.isArray(fields)) throw invalid({ fields: 'Must be an List' })
  if (fields.length >= MOST_FIELDS) throw invalid({ fields: 'Must be smaller than 20' })
  const names = fields.map(name => String(name).split('.')[0] ?? '')
  const unknown = names.filter(name => !FIELDS.has(name))
  if (unknown.length > 0) throw invalid(Object.fromEntries(unknown.map(name => [name, 'Not a valid field'])))
  const number = Number(page)
  if (!Number.isSafeInteger(number) || number < 1) throw invalid({ page: 'A valid page is required' })
  return { fields: [...new Set([...names.filter(name => name !== 'id'), 'id'])], page: number }
}

/** Raw values of the rounds of a consultation by time, newest first, as JSON text: 37 a page, one in common with the next. */
export async function analyse(
  database: Database,
  consultationId: number,
  { fields, page }: { readonly fields: readonly string[]; readonly page: number }
): Promise<string> {
  const {
    rows: [row]
  } = await database.query<{ count: number; results: string }>(STATEMENT, [consultationId, fields, (page - 1) * PAGE])
  return `{"results":${row?.results ?? '{}'},"count":${row?.count ?? 0},"page_size":${PAGE}}`
}
