import type { Disjunction, Params } from '../data/statement.ts'
import type { Filters, Ordering } from './filters.ts'
import type { Shape } from './outputs.ts'
import type { FastifyRequest } from 'fastify'

/** A list as a CSV file. */
export interface ListTable {
  /** File name for the browser. */
  readonly file: string
  /** SQL of the cell by header, made with `cell`. */
  readonly columns: Readonly<Record<string, string>>
  /** `table t join …`, where the columns need more than the resource's own rows. */
  readonly from?: string
}

/** The column that a path segment is compared with. A segment that is no value of this kind is 404 (docs/api/auth-users.md §1.7). */
export type Key = { readonly column: string; readonly kind: 'uuid' | 'integer' | 'text' }

/** How the rows of a large table are counted: exactly up to a bound, beyond it from a cache. */
export interface Counting {
  /** Up to this number of matches every count is exact. */
  readonly upTo: number
  /** Longest time a larger count is cached. */
  readonly seconds: number
  /** SQL whose value changes with every write of the requester: a count from before it is not used. */
  readonly stamp: (request: FastifyRequest, params: Params) => string
}

/** A table as the API shows it: where its rows are, how they are found, filtered, ordered and represented. */
export interface ResourceInput {
  /** The original's class name, for `No Facility matches the given query.` */
  readonly name: string
  /** The table and its alias: `facility_facility f`. */
  readonly from: string
  readonly key: Key
  /** Condition that every row meets: `not f.deleted`. */
  readonly live?: string
  readonly shape: Shape
  readonly filters?: Filters
  readonly ordering?: Ordering
  /** Rows per page, where pages are numbered (`page`); without it, they are by `limit` and `offset`. */
  readonly pageSize?: number
  /** The columns of the list as CSV, where it may be requested: see `sendList`. */
  readonly table?: ListTable
  /** How the rows of a large table are counted; without it, every count is exact. */
  readonly counted?: Counting
}

/** Adds conditions, which are combined with `and`. Their text must depend on the kind of actor and filter only, never on values. */
export type Where = (params: Params) => readonly (string | Disjunction | undefined)[]
