import type { ClassedColumn } from 'care-kernel/data'
import { quote } from 'care-kernel/rest'

/** A column in the catalogue of PostgreSQL. */
export interface StoredColumn {
  readonly table: string
  readonly column: string
  /** `pg_type.typname` */
  readonly type: string
  readonly primary: boolean
  /** `table.column` its foreign key points at. */
  readonly target: string | null
}

/** A column with its privacy class and its type in PostgreSQL. */
export type Column = ClassedColumn & StoredColumn

/** One quoted name, for SQL. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`

const UNMASKED = new Set(['bool', 'int2', 'int4', 'int8', 'float4', 'float8', 'numeric', 'date', 'time', '_int2', '_int4'])
const NUMBERS = new Set(['int2', 'int4', 'int8'])
const PERSONAL = new Set(['identity', 'contact'])

/**
 * The masked SQL of a column of `t`, null for a hidden column. Hidden is what is not known to be harmless: types without a rule here, text
 * that is no code, identity and contact data.
 */
export function mask(column: Column, quasi: readonly Column[], timeZone: string): string | null {
  const { table, privacy, type } = column
  if (privacy === 'secret') return null
  if (PERSONAL.has(privacy)) {
    if (!column.quasi || !NUMBERS.has(type)) return null
    return `case when ${members(quasi)} in (select members from kernel_reporting_group where source = ${quote(table)}) then ${stepped(column)} end`
  }
  if (isKey(column)) return pseudonym(column)
  if (UNMASKED.has(type)) return column.quasi > 1 ? stepped(column) : sql(column)
  if (type === 'timestamptz') return `date_trunc('hour', ${sql(column)}, ${quote(timeZone)})`
  return type === 'varchar' || type === 'text' ? words(column) : null
}

/** The group of a row: its quasi-identifiers as one text. */
export function members(quasi: readonly Column[]): string {
  return quasi
    .map(column => `coalesce((${NUMBERS.has(column.type) ? stepped(column) : sql(column)})::text, '')`)
    .join(` || '|' || `)
}

const sql = ({ column }: Column) => `t.${identifier(column)}`
const stepped = (column: Column) => (column.quasi > 1 ? `${sql(column)} / ${column.quasi} * ${column.quasi}` : sql(column))

/** Codes are shown, other values of their columns are not. Other text is shown only where it names things, never in a table about people. */
function words(column: Column): string | null {
  const { coded, privacy, subject, type } = column
  if (coded.length > 0) return `case when ${sql(column)} in (${coded.map(quote).join(', ')}) then ${sql(column)} end`
  return privacy === 'none' && subject === null && type === 'varchar' ? sql(column) : null
}

/** Keys of all types are replaced, because a key known from the application would identify the row. */
function isKey({ primary, target, type, column, privacy }: Column): boolean {
  return primary || target !== null || type === 'uuid' || (privacy === 'none' && /(^|_)id$/.test(column))
}

/**
 * The first half of HMAC-SHA-256 over the key and its table, as a UUID: a foreign key equals the key it refers to, keys of two tables
 * differ. The secret is in a table that the reader cannot read; a function for pseudonyms would be as good as the secret.
 */
function pseudonym(column: Column): string {
  const whose = column.target ?? `${column.table}.${column.column}`
  const inner = `sha256((select inner_key from kernel_reporting) || convert_to(${quote(`${whose}:`)} || ${sql(column)}, 'UTF8'))`
  return `encode(substring(sha256((select outer_key from kernel_reporting) || ${inner}) from 1 for 16), 'hex')::uuid`
}
