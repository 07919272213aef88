/** What reading a catalogue needs of a database client; `pg.Client` has it. */
export interface CatalogueClient {
  query(text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>
}

/** One column; `type` as PostgreSQL writes it, `default` as an expression. */
export interface CatalogueColumn {
  readonly name: string
  readonly type: string
  readonly nullable: boolean
  readonly default: string | null
  readonly identity: 'always' | 'by default' | null
}

/** One table: columns by name, the rest as sorted texts without the names of constraints and indexes, which differ between databases. */
export interface CatalogueTable {
  readonly name: string
  readonly columns: readonly CatalogueColumn[]
  /** `(id)` */
  readonly primaryKey: string | null
  /** Of constraints and of unique indexes alike: `(user_id, flag) where (NOT deleted)`. */
  readonly uniques: readonly string[]
  /** `(state_id) REFERENCES users_state(id) DEFERRABLE INITIALLY DEFERRED`, with the delete action where there is one. */
  readonly foreignKeys: readonly string[]
  readonly checks: readonly string[]
  /** `btree (name varchar_pattern_ops)`; an index that is there twice is listed twice. */
  readonly indexes: readonly string[]
}

/** The tables of one schema, sorted by name. */
export type Catalogue = readonly CatalogueTable[]

/** One thing that is not as expected, for people to read; what is not there at all is called `nothing`. */
export interface Difference {
  readonly table: string
  readonly what: string
  readonly expected: string
  readonly actual: string
}

const OF_TABLE = `join pg_class t on t.oid = %s and t.relkind in ('r', 'p') and t.relnamespace = (select oid from pg_namespace where nspname = current_schema())
  where ($1::text[] is null or t.relname = any($1))`

const COLUMNS = `select t.relname as table, attname as name, format_type(atttypid, atttypmod) as type, not attnotnull as nullable,
    pg_get_expr(adbin, adrelid) as default, case attidentity when 'a' then 'always' when 'd' then 'by default' end as identity
  from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum ${OF_TABLE.replace('%s', 'attrelid')} and attnum > 0 and not attisdropped`

const CONSTRAINTS = `select t.relname as table, contype = 'c' as check, case contype when 'c' then pg_get_expr(conbin, conrelid) else pg_get_constraintdef(c.oid) end as text
  from pg_constraint c ${OF_TABLE.replace('%s', 'conrelid')} and contype in ('c', 'f')`

const INDEXES = `select t.relname as table, indisprimary as "primary", indisunique as unique, pg_get_indexdef(indexrelid) as definition, pg_get_expr(indpred, indrelid) as predicate
  from pg_index ${OF_TABLE.replace('%s', 'indrelid')} and indisvalid`

/** Reads the tables of the current schema, or those of them that are named; a named table that is not there is left out. */
export async function readCatalogue(client: CatalogueClient, tables?: readonly string[]): Promise<Catalogue> {
  const read = async <Row>(text: string) => (await client.query(text, [tables ?? null])).rows as Row[]
  const columns = await read<CatalogueColumn & { table: string }>(COLUMNS)
  const constraints = await read<{ table: string; check: boolean; text: string }>(CONSTRAINTS)
  const indexes = (await read<IndexRow>(INDEXES)).map(row => ({ ...row, text: indexText(row) }))
  return [...new Set(columns.map(column => column.table))].sort().map(name => {
    const here = ({ table }: { table: string }) => table === name
    return {
      name,
      columns: columns
        .filter(here)
        .map(({ table: _, ...column }) => column)
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
      primaryKey: indexes.find(index => here(index) && index.primary)?.text ?? null,
      uniques: indexes
        .filter(index => here(index) && index.unique && !index.primary)
        .map(({ text }) => text)
        .sort(),
      foreignKeys: constraints
        .filter(row => here(row) && !row.check)
        .map(({ text }) => text.replace('FOREIGN KEY ', ''))
        .sort(),
      checks: constraints
        .filter(row => here(row) && row.check)
        .map(({ text }) => normalise(text))
        .sort(),
      indexes: indexes
        .filter(index => here(index) && !index.unique)
        .map(({ text }) => text)
        .sort()
    }
  })
}

/** Every difference, both ways: what is missing, what is there besides, what is otherwise. */
export function compareCatalogues(expected: Catalogue, actual: Catalogue): Difference[] {
  return paired(expected, actual).flatMap(([table, want, have]) => {
    if (!want) return [{ table, what: 'table', expected: NOTHING, actual: 'a table' }]
    if (!have) return [{ table, what: 'table', expected: 'a table', actual: NOTHING }]
    const differences = [
      ...compareColumns(want.columns, have.columns),
      ...(want.primaryKey === have.primaryKey ? [] : [differ('primary key', want.primaryKey, have.primaryKey)]),
      ...compareLists('unique', want.uniques, have.uniques),
      ...compareLists('foreign key', want.foreignKeys, have.foreignKeys),
      ...compareLists('check', want.checks, have.checks),
      ...compareLists('index', want.indexes, have.indexes)
    ]
    return differences.map(difference => ({ table, ...difference }))
  })
}

const NOTHING = 'nothing'

interface IndexRow {
  readonly table: string
  readonly primary: boolean
  readonly unique: boolean
  readonly definition: string
  readonly predicate: string | null
}

function indexText({ unique, definition, predicate }: IndexRow): string {
  const text = / USING (.*?)(?: WHERE .*)?$/s.exec(definition)?.[1] ?? definition
  return (unique ? text.replace('btree ', '') : text) + (predicate === null ? '' : ` where ${normalise(predicate)}`)
}

/** A dumped and restored expression has other casts and parentheses than the one it was made from; neither changes what it says. */
function normalise(expression: string): string {
  let text = expression.replace(/::(?:character varying|text)(?:\(\d+\))?(?:\[\])?/g, '').replace(/\s+/g, ' ')
  for (let before = ''; before !== text;) {
    before = text
    text = text.replace(/(?<!\w)\((\w+|'[^']*'|ARRAY\[[^\]]*\])\)/g, '$1')
  }
  return text
}

function compareColumns(expected: readonly CatalogueColumn[], actual: readonly CatalogueColumn[]): Omit<Difference, 'table'>[] {
  return paired(expected, actual).flatMap(([name, want, have]) => {
    if (!want || !have) return [differ(`column ${name}`, want && columnText(want), have && columnText(have))]
    const facets: [string, string | null, string | null][] = [
      ['type', want.type, have.type],
      ['nullability', nullText(want), nullText(have)],
      ['default', defaultText(want), defaultText(have)]
    ]
    return facets
      .filter(([, one, other]) => one !== other)
      .map(([facet, one, other]) => differ(`${facet} of column ${name}`, one, other))
  })
}

/** What only one of two lists has; entries about the same columns make one difference. */
function compareLists(what: string, expected: readonly string[], actual: readonly string[]): Omit<Difference, 'table'>[] {
  const surplus = [...actual]
  const missing = expected.filter(entry => {
    const at = surplus.indexOf(entry)
    if (at >= 0) surplus.splice(at, 1)
    return at < 0
  })
  const changed = missing.map(entry => {
    const at = surplus.findIndex(other => columnsOf(other) === columnsOf(entry))
    return differ(what, entry, at < 0 ? null : surplus.splice(at, 1)[0])
  })
  return [...changed, ...surplus.map(entry => differ(what, null, entry))]
}

/** The things of two lists by name, side by side. */
function paired<T extends { readonly name: string }>(
  expected: readonly T[],
  actual: readonly T[]
): [string, T | undefined, T | undefined][] {
  const [want, have] = [expected, actual].map(list => new Map(list.map(thing => [thing.name, thing])))
  return [...new Set([...expected, ...actual].map(({ name }) => name))]
    .sort()
    .map(name => [name, want?.get(name), have?.get(name)])
}

function differ(what: string, expected: string | null | undefined, actual: string | null | undefined): Omit<Difference, 'table'> {
  return { what, expected: expected ?? NOTHING, actual: actual ?? NOTHING }
}

function columnText(column: CatalogueColumn): string {
  return [column.type, nullText(column), defaultText(column)].filter(Boolean).join(' ')
}

function nullText({ nullable }: CatalogueColumn): string {
  return nullable ? 'null' : 'not null'
}

function defaultText({ identity, default: expression }: CatalogueColumn): string | null {
  if (identity) return `generated ${identity} as identity`
  return expression === null ? null : `default ${expression}`
}

function columnsOf(entry: string): string {
  return entry.slice(0, entry.indexOf(')') + 1)
}
