import { type Params, sqlComment } from '../data/statement.ts'
import type { TableName } from '../../kernel/plugin/contract.ts'
import { invalid, notAUuid } from '../http/errors.ts'
import { isDate, sessionDatetime } from './formats.ts'
import type { Labels } from './outputs.ts'
import { valueOf, type Query } from './paging.ts'

/** Result of a filter: an SQL condition, undefined for no condition, or the message of a 400. */
type Verdict = string | undefined | { readonly error: string }

/** One query filter. Its SQL depends on the column only; the value becomes a parameter of the statement. */
export interface Filter {
  readonly schema: object
  /** Suffixes of the query parameters it reads, where it reads several: `_after` of `created_date_after`. */
  readonly suffixes?: readonly string[]
  /** SQL with `%` in place of the condition, such as an `exists`; filters with the same link share one. */
  readonly link?: string
  compile(text: string, params: Params, suffix: string): Verdict
}

/** Filters of a list, compiled to SQL conditions that the caller combines with `and`. */
export interface Filters {
  /** Throws 400 `{"<parameter>": ["…"]}` with every invalid parameter (docs/api/auth-users.md §1.8). */
  compile(query: Query, params: Params): string[]
  /** OpenAPI parameters. */
  readonly parameters: readonly {
    readonly name: string
    readonly in: 'query'
    readonly required: false
    readonly schema: object
  }[]
}

const NUMBER = /^[+-]?\d+(\.\d*)?$|^[+-]?\.\d+$/
const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i
const string = { type: 'string' }

/** Comparison of an integer column with a decimal number of any size: `=` with a number that no bigint holds is false. */
const comparison = (column: string, operator: '=' | '>=' | '<='): Filter => ({
  schema: { type: 'number' },
  compile: (text, params) => {
    const trimmed = text.trim()
    if (!NUMBER.test(trimmed)) return { error: 'Enter a number.' }
    const [whole = '', fraction = ''] = trimmed.split('.')
    const value = BigInt(whole.replace(/^\+|^-(?=$)/, '') || '0')
    if (operator !== '=') return `${column} ${operator} ${params.add(trimmed, 'numeric')}`
    if (/[1-9]/.test(fraction) || BigInt.asIntN(64, value) !== value) return 'false'
    return `${column} = ${params.add(value.toString(), 'bigint')}`
  }
})

/** Makers of filters. A blank value is no condition; unknown parameters are ignored. */
export const filter = {
  /** Equal to a number; a number that no row can hold matches nothing. */
  number: (column: string): Filter => comparison(column, '='),
  atLeast: (column: string): Filter => comparison(column, '>='),
  atMost: (column: string): Filter => comparison(column, '<='),
  uuid: (column: string): Filter => ({
    schema: { type: 'string', format: 'uuid' },
    compile: (text, params) =>
      UUID.test(text.trim()) ? `${column} = ${params.add(text.trim(), 'uuid')}` : { error: 'Enter a valid UUID.' }
  }),
  /** Rows that refer, by one of the columns, to the row of `table` with this external id. Uses the indexes of the columns. */
  externalId: (table: TableName, ...columns: string[]): Filter => ({
    schema: { type: 'string', format: 'uuid' },
    compile: (text, params) => {
      if (!UUID.test(text.trim())) return { error: 'Enter a valid UUID.' }
      const row = `(select id from ${String(table)} where external_id = ${params.add(text.trim(), 'uuid')})`
      return `(${columns.map(column => `${column} = ${row}`).join(' or ')})`
    }
  }),
  /** A text compared with a uuid column: a malformed uuid is 400 `{"detail": "“x” is not a valid UUID."}`. */
  looseUuid: (column: string): Filter => ({
    schema: string,
    compile: (text, params) => {
      if (!UUID.test(text.trim())) throw notAUuid(text.trim())
      return `${column} = ${params.add(text.trim(), 'uuid')}`
    }
  }),
  text: (column: string): Filter => ({
    schema: string,
    compile: (text, params) => `${column} = ${params.add(text.trim(), 'text')}`
  }),
  contains: (column: string): Filter => ({
    schema: string,
    compile: (text, params) => `${column} ilike ${params.add(`%${escapeLike(text.trim())}%`, 'text')}`
  }),
  bool: (column: string): Filter => ({
    schema: { type: 'boolean' },
    compile: text =>
      /^(true|1)$/i.test(text) ? `${column} is true` : /^(false|0)$/i.test(text) ? `${column} is false` : undefined
  }),
  /** The label of a stored number; an unknown label is no condition. */
  label: (column: string, labels: Labels): Filter => ({
    schema: { type: 'string', enum: Object.values(labels) },
    compile: (text, params) => {
      const value = Object.entries(labels).find(([, label]) => label === text)?.[0]
      return value === undefined ? undefined : `${column} = ${params.add(Number(value), 'integer')}`
    }
  }),
  /** One of the keys of `values`, each with the stored value it stands for; any other text is 400. */
  choice: (column: string, values: Readonly<Record<string, number | string>>): Filter => ({
    schema: { type: 'string', enum: Object.keys(values) },
    compile: (text, params) =>
      Object.hasOwn(values, text)
        ? `${column} = ${params.add(values[text])}`
        : { error: `Select a valid choice. ${text} is not one of the available choices.` }
  }),
  /** `p_after` and `p_before`, days in the session's time zone, both inclusive; a `date` column is compared without a time zone. */
  dateRange: (column: string, kind: 'timestamp' | 'date' = 'timestamp'): Filter => ({
    schema: { type: 'string', format: 'date' },
    suffixes: ['_after', '_before'],
    compile: (text, params, suffix) => {
      if (!isDate(text.trim())) return { error: 'Enter a valid date.' }
      const day = params.add(text.trim(), 'date')
      if (kind === 'date') return suffix === '_after' ? `${column} >= ${day}` : `${column} <= ${day}`
      return suffix === '_after' ? `${column} >= ${day}::timestamptz` : `${column} < (${day} + 1)::timestamptz`
    }
  }),
  /** `p_after` and `p_before`, instants, both inclusive; a time without an offset is in the session's time zone. */
  instantRange: (column: string): Filter => ({
    schema: { type: 'string', format: 'date-time' },
    suffixes: ['_after', '_before'],
    compile(text, params, suffix) {
      const instant = sessionDatetime(text)
      return instant
        ? `${column} ${suffix === '_after' ? '>=' : '<='} ${params.add(instant, 'timestamptz')}`
        : { error: 'Enter a valid date/time.' }
    }
  }),
  /** Equal to any value of a comma-separated list. */
  multi: (column: string, cast: 'text' | 'integer' = 'text'): Filter => ({
    schema: string,
    compile: (text, params) => {
      const values = text
        .split(',')
        .map(part => part.trim())
        .filter(Boolean)
      if (cast === 'integer' && values.some(value => !/^-?\d{1,9}$/.test(value))) return { error: 'Enter a number.' }
      return values.length > 0 ? `${column} = any(${params.add(values, `${cast}[]`)})` : undefined
    }
  }),
  /** Every term must occur in one of the columns; terms are separated by spaces and commas, a quoted phrase is one term. */
  search: (...columns: string[]): Filter => ({
    schema: string,
    compile: (text, params) => {
      const found = searchTerms(text).map(term => {
        const value = params.add(`%${escapeLike(term)}%`, 'text')
        return `(${columns.map(column => `${column} ilike ${value}`).join(' or ')})`
      })
      return found.length > 0 ? found.join(' and ') : undefined
    }
  }),
  /** A filter on a related row: `link` is SQL with `%` in place of the condition on that row. */
  via: (link: string, of: Filter): Filter => ({ ...of, link }),
  /** Any other condition. The SQL may depend on the kind of value, and must not contain the value. */
  custom: (compile: (text: string, params: Params) => Verdict, schema: object = string): Filter => ({ schema, compile })
} as const

/** Declares the filters of a list by parameter name. */
export function filters(declared: Readonly<Record<string, Filter>>): Filters {
  const entries = Object.entries(declared).flatMap(([name, filter]) =>
    (filter.suffixes ?? ['']).map(suffix => {
      const parameter = `${name}${suffix}`
      return { name, parameter, suffix, filter, comment: sqlComment(`filter ${parameter}`) }
    })
  )
  const names = new Set(entries.map(({ parameter }) => parameter))
  return {
    parameters: entries.map(
      ({ parameter, filter }) => ({ name: parameter, in: 'query', required: false, schema: filter.schema }) as const
    ),
    compile(query, params) {
      if (!Object.keys(query).some(name => names.has(name))) return []
      const errors: Record<string, string[]> = {}
      const conditions = new Map<string, string[]>()
      for (const { name, parameter, suffix, filter, comment } of entries) {
        const text = valueOf(query, parameter)
        if (text === undefined || text.trim() === '') continue
        const verdict = text.includes('\0') ? { error: 'Null characters are not allowed.' } : filter.compile(text, params, suffix)
        if (typeof verdict === 'object') errors[name] = [verdict.error]
        else if (verdict !== undefined) {
          const link = filter.link ?? '%'
          conditions.set(link, [...(conditions.get(link) ?? []), `${comment} ${verdict}`])
        }
      }
      if (Object.keys(errors).length > 0) throw invalid(errors)
      return [...conditions].map(([link, found]) => link.replace('%', () => found.join(' and ')))
    }
  }
}

/** The order of a list: `ordering=-a,b`. Unknown fields are ignored; every order ends with a unique column. */
export interface Ordering {
  compile(query: Query): string
  readonly fields: readonly string[]
}

const ORDERING = sqlComment('ordering')

/** `allowed` is the SQL by field; `fallback` the whole default order; `stable` the end of every requested order. */
export function ordering(
  allowed: Readonly<Record<string, string>>,
  fallback: string,
  stable: string = fallback.split(',').at(-1) ?? fallback
): Ordering {
  const byDefault = `order by ${ORDERING} ${fallback}`
  return {
    fields: Object.keys(allowed),
    compile(query) {
      const text = valueOf(query, 'ordering')
      if (!text) return byDefault
      // Each field once: a repeated one does not change the order, and would make another statement of it.
      const requested = new Map<string, string>()
      for (const part of text.split(',').map(part => part.trim())) {
        const name = part.replace(/^-/, '')
        if (Object.hasOwn(allowed, name) && !requested.has(name))
          requested.set(name, part === name ? `${allowed[name]}` : `${allowed[name]} desc`)
      }
      if (requested.size === 0) return byDefault
      return `order by ${ORDERING} ${[...requested.values(), stable.trim()].join(', ')}`
    }
  }
}

/** Terms of a search text (docs/api/auth-users.md §1.8). */
export function searchTerms(text: string): string[] {
  return [...text.replaceAll('\0', '').matchAll(/"([^"]*)"|'([^']*)'|[^\s,]+/g)]
    .map(match => (match[1] ?? match[2] ?? match[0]).trim())
    .filter(Boolean)
}

/** A text as a literal part of a LIKE pattern. */
export function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, sign => `\\${sign}`)
}
