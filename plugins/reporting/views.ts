import { createHash } from 'node:crypto'
import type { Queryable } from 'care-kernel'
import type { ClassedColumn } from 'care-kernel/data'
import { quote } from 'care-kernel/rest'
import { identifier, mask, members, type Column, type StoredColumn } from './masks.ts'
import type { ReportingSettings } from './settings.ts'

/** One masked view, with the name of its table, so that queries on tables work on views. */
export interface View {
  readonly name: string
  /** After `create view <schema>.<name>`. */
  readonly sql: string
  /** Columns that its owner must be able to read, by table. */
  readonly reads: Readonly<Record<string, readonly string[]>>
  /** Statement that writes the groups of a view with quasi-identifiers; $1 is the smallest group. */
  readonly groups: string | null
}

/** All views, and a fingerprint that changes with any of them. */
export interface Views {
  readonly all: readonly View[]
  readonly fingerprint: string
}

const STORED = `
  select c.relname as table, a.attname as column, y.typname as type,
    exists (select from pg_constraint p where p.conrelid = c.oid and p.contype = 'p' and a.attnum = any(p.conkey)) as primary,
    (select r.relname || '.' || ra.attname from pg_constraint f join pg_class r on r.oid = f.confrelid
       join pg_attribute ra on ra.attrelid = r.oid and ra.attnum = f.confkey[1]
     where f.conrelid = c.oid and f.contype = 'f' and f.conkey = array[a.attnum] order by f.oid limit 1) as target
  from pg_class c join pg_attribute a on a.attrelid = c.oid join pg_type y on y.oid = a.atttypid
  where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
    and c.relname = any($1::text[])`

const ABOUT = ['fingerprint', 'kernel', 'granted_at']

/** The views of the enabled plugins on the current tables. */
export async function viewsOf(
  db: Queryable,
  classed: readonly ClassedColumn[],
  config: ReportingSettings,
  timeZone: string
): Promise<Views> {
  const { rows } = await db.query<StoredColumn>(STORED, [[...new Set(classed.map(({ table }) => table))]])
  const stored = new Map(rows.map(row => [`${row.table}.${row.column}`, row]))
  const tables = new Map<string, Column[]>()
  for (const column of classed) {
    const found = stored.get(`${column.table}.${column.column}`)
    if (found) tables.set(column.table, [...(tables.get(column.table) ?? []), { ...column, ...found }])
  }
  const made = [...tables].flatMap(([table, columns]) => viewOf(table, columns, timeZone) ?? [])
  const all = [ABOUT_VIEW, ...made.sort((a, b) => (a.name < b.name ? -1 : 1))]
  const mark = JSON.stringify([all, config])
  return { all, fingerprint: createHash('sha256').update(mark).digest('hex').slice(0, 12) }
}

/** Version of the views, and when they were granted. */
const ABOUT_VIEW: View = {
  name: 'about',
  sql: `as select fingerprint as version, kernel, granted_at from kernel_reporting`,
  reads: { kernel_reporting: ABOUT },
  groups: null
}

function viewOf(table: string, columns: readonly Column[], timeZone: string): View | null {
  const quasi = columns.filter(column => column.quasi > 0)
  const shown = columns.flatMap(column => {
    const sql = mask(column, quasi, timeZone)
    return sql === null ? [] : [{ column, sql }]
  })
  if (shown.length === 0) return null
  const subject = columns.find(column => column.column === column.subject)
  const grouped = quasi.length > 0
  const list = shown.map(({ column, sql }) => `${sql} as ${identifier(column.column)}`).join(', ')
  return {
    name: table,
    sql: `as select ${list} from ${identifier(table)} t`,
    reads: {
      [table]: [...new Set([...shown.map(({ column }) => column.column), ...quasi.map(({ column }) => column)])],
      kernel_reporting: ['inner_key', 'outer_key'],
      ...(grouped ? { kernel_reporting_group: ['source', 'members'] } : {})
    },
    groups: grouped
      ? `insert into kernel_reporting_group (source, members)
          select ${quote(table)}, ${members(quasi)} from ${identifier(table)} t group by 2
          having count(distinct ${subject ? `t.${identifier(subject.column)}` : 't.ctid'}) >= $1::integer`
      : null
  }
}
