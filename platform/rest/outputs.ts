/** One output field: the SQL expression of its value and its JSON Schema. */
export interface Output {
  readonly sql: string
  readonly schema: object
}

/** Labels by stored number, in the order of the documentation. */
export type Labels = Readonly<Record<number, string>>

/** Labels by stored text. */
export type CodeLabels = Readonly<Record<string, string>>

/** Type of the stored value of these labels. */
export type KeyOf<L extends Labels | CodeLabels> = keyof L extends number ? number : string

/** Whether a key of labels is a stored number. */
export const isNumber = (key: string): boolean => /^-?\d+$/.test(key)

/** One representation of a resource: its output fields, in order. */
export interface Shape {
  readonly fields: Readonly<Record<string, Output>>
  /** SQL expression of the row as a JSON object, over the aliases that its fields use. */
  readonly sql: string
  /** Query for the JSON objects of all rows of a from-clause: one scan, where `sql` would be a subquery per row. */
  readonly of: (from: string) => string
  readonly schema: object
}

/** Declares a representation, for lists, details and embedded objects alike. */
export function shape(fields: Readonly<Record<string, Output>>): Shape {
  const select = Object.entries(fields)
    .map(([name, { sql }]) => `${sql} as "${name}"`)
    .join(', ')
  const of = (from: string) => `select row_to_json(_) from (select ${select} ${from}) _`
  return Object.freeze({
    fields,
    sql: `(${of('')})`,
    of,
    schema: { type: 'object', properties: Object.fromEntries(Object.entries(fields).map(([name, { schema }]) => [name, schema])) }
  })
}

const nullable = (type: object) => ({ ...type, nullable: true })
const plain =
  (type: object) =>
  (sql: string): Output => ({ sql, schema: nullable(type) })

/** Makers of output fields. Each takes an SQL expression over the aliases in scope; NULL becomes null. */
export const out = {
  text: plain({ type: 'string' }),
  integer: plain({ type: 'integer' }),
  number: plain({ type: 'number' }),
  boolean: plain({ type: 'boolean' }),
  uuid: plain({ type: 'string', format: 'uuid' }),
  date: plain({ type: 'string', format: 'date' }),
  json: plain({}),
  list: (sql: string, of: object = {}): Output => ({ sql, schema: { type: 'array', items: of } }),
  /** A number with all its decimal places, as a string. */
  decimal: (sql: string): Output => ({ sql: `(${sql})::text`, schema: nullable({ type: 'string', format: 'decimal' }) }),
  /** ISO-8601 in the deployment's time zone, with microseconds where they are not zero (docs/api/auth-users.md §1.5). */
  datetime: (sql: string): Output => ({
    sql: `replace(to_char(${sql}, 'YYYY-MM-DD"T"HH24:MI:SS.USTZH:TZM'), '.000000', '')`,
    schema: nullable({ type: 'string', format: 'date-time' })
  }),
  /** ISO-8601 in UTC with Z: for values that the original serialises without its serialiser. */
  utc: (sql: string): Output => ({
    sql: `replace(to_char(${sql} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000', '')`,
    schema: nullable({ type: 'string', format: 'date-time' })
  }),
  /** The label of a stored value; a value without a label as its text. */
  label: (sql: string, labels: Labels | CodeLabels): Output => ({
    sql: labelSql(sql, labels),
    schema: nullable({ type: 'string', enum: Object.values(labels) })
  }),
  /** An embedded object: of the row of `from` (`from table t where …`), null where there is none; without `from`, of the aliases in scope. */
  object: (of: Shape, from?: string): Output => ({
    sql: from ? `(${of.of(from)})` : of.sql,
    schema: nullable(of.schema)
  }),
  /** An embedded list, ordered by `order`. */
  objects: (of: Shape, from: string, order = ''): Output => ({
    sql: `(select coalesce(json_agg(o.row), '[]') from (${of.of(`${from}${order ? ` order by ${order}` : ''}`)}) o(row))`,
    schema: { type: 'array', items: of.schema }
  })
} as const

/** The label of a stored value as an SQL expression. */
export function labelSql(sql: string, labels: Labels | CodeLabels): string {
  const cases = Object.entries(labels).map(
    ([value, label]) => `when ${isNumber(value) ? value : quote(value)} then ${quote(label)}`
  )
  return `case ${sql} ${cases.join(' ')} else (${sql})::text end`
}

/** A text as an SQL literal; for constants of the code only, never for input. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
