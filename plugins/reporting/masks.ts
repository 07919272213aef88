import type { ClassedColumn } from 'care-kernel/data'
import { quote } from 'care-kernel/rest'

/** A column as PostgreSQL has it. */
export interface StoredColumn {
  readonly table: string
  readonly column: string
  /** `pg_type.typname` */
  readonly type: string
  readonly primary: boolean
  /** `table.column` its foreign key points at. */
  readonly target: string | null
}

/** A column as its plugin classed it and PostgreSQL has it. */
export type Column = ClassedColumn & StoredColumn

/** One quoted name, for SQL. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`

const AS_THEY_ARE = new Set(['bool', 'int2', 'int4', 'int8', 'float4', 'float8', 'numeric', 'date', 'time', '_int2', '_int4'])
const NUMBERS = new Set(['int2', 'int4', 'int8'])
const PERSONAL = new Set(['identity', 'contact'])

/**
 * The SQL that shows a column of `t`, null where it is not shown. What is not known to be harmless is left out: a type that is not
 * named here, text that is no code, all that says who somebody is or how to reach them.
 */
export function mask(column: Column, quasi: readonly Column[], timeZone: string): string | null {
  const { table, privacy, type } = column
  if (privacy === 'secret') return null
  if (PERSONAL.has(privacy)) {
    if (!column.quasi || !NUMBERS.has(type)) return null
    return `case when ${members(quasi)} in (select members from kernel_reporting_group where source = ${quote(table)}) then ${stepped(column)} end`
  }
  if (isKey(column)) return pseudonym(column)
  if (AS_THEY_ARE.has(type)) return column.quasi > 1 ? stepped(column) : sql(column)
  if (type === 'timestamptz') return `date_trunc('hour', ${sql(column)}, ${quote(timeZone)})`
  return type === 'varchar' || type === 'text' ? words(column) : null
}

/** The columns of a table that together may say who somebody is, as one text: the group a row belongs to. */
export function members(quasi: readonly Column[]): string {
  return quasi
    .map(column => `coalesce((${NUMBERS.has(column.type) ? stepped(column) : sql(column)})::text, '')`)
    .join(` || '|' || `)
}

const sql = ({ column }: Column) => `t.${identifier(column)}`
const stepped = (column: Column) => (column.quasi > 1 ? `${sql(column)} / ${column.quasi} * ${column.quasi}` : sql(column))

/** A code shows as itself, whatever else somebody wrote there does not. Other text only names things: never in a table about people. */
function words(column: Column): string | null {
  const { coded, privacy, subject, type } = column
  if (coded.length > 0) return `case when ${sql(column)} in (${coded.map(quote).join(', ')}) then ${sql(column)} end`
  return privacy === 'none' && subject === null && type === 'varchar' ? sql(column) : null
}

/** Whoever knows a key from the application finds the row by it, so none is shown, of whatever type. */
function isKey({ primary, target, type, column, privacy }: Column): boolean {
  return primary || target !== null || type === 'uuid' || (privacy === 'none' && /(^|_)id$/.test(column))
}

/**
 * HMAC-SHA-256 of the key and of whose key it is, its first half as a UUID: a foreign key and what it points at are the same, keys of
 * two tables never. The secret stays in a table that the reader cannot read; a function that makes pseudonyms would be as good as it.
 */
function pseudonym(column: Column): string {
  const whose = column.target ?? `${column.table}.${column.column}`
  const inner = `sha256((select inner_key from kernel_reporting) || convert_to(${quote(`${whose}:`)} || ${sql(column)}, 'UTF8'))`
  return `encode(substring(sha256((select outer_key from kernel_reporting) || ${inner}) from 1 for 16), 'hex')::uuid`
}
