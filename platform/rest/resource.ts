import type { FastifyRequest } from 'fastify'
import { notFound } from '../http/errors.ts'
import type { Queryable } from '../../kernel/ports/database.ts'
import type { Disjunction } from '../data/disjunction.ts'
import type { ListTable } from './csv.ts'
import type { Filters, Ordering } from './filters.ts'
import { Listing } from './listing.ts'
import type { Shape } from './outputs.ts'
import { envelope, invalidPage, limitOffset, pageEnvelope, pageNumber, type Query } from './paging.ts'
import { Params } from '../data/params.ts'
import { Statements } from './statements.ts'
import type { Counting } from './totals.ts'

/** How a path segment names a row: a uuid or an integer column. Anything else in the segment is 404 (contract auth-users §1.7). */
export type Key = { readonly column: string; readonly kind: 'uuid' | 'integer' | 'text' }

/** A table seen through the API: where its rows are, how they are found, filtered, ordered and shown. */
export interface ResourceInput {
  /** The original's class name, for `No Facility matches the given query.` */
  readonly name: string
  /** `facility_facility f`: the one table whose rows these are. */
  readonly from: string
  readonly key: Key
  /** Condition every row meets: `not f.deleted`. */
  readonly live?: string
  readonly shape: Shape
  readonly filters?: Filters
  readonly ordering?: Ordering
  /** Rows per page where the path is paged by number instead of limit and offset. */
  readonly pageSize?: number
  /** The list as a table for spreadsheets, where one may ask for it: see `sendList`. */
  readonly table?: ListTable
  /** For tables that grow: how their rows are counted. Counted exactly at every request where it is left out. */
  readonly counted?: Counting
}

/** Adds conditions; what it returns is ANDed. Its text must depend on the kind of actor and filter only, never on values. */
export type Where = (params: Params) => readonly (string | Disjunction | undefined)[]

export interface Resource extends ResourceInput {
  /** One page as JSON text: one statement, whatever the page holds. `shape` shows another representation. */
  list(db: Queryable, request: FastifyRequest, where?: Where, shape?: Shape): Promise<string>
  /** All matching rows as a JSON array, in order. */
  all(db: Queryable, request: FastifyRequest, where?: Where, shape?: Shape): Promise<string>
  /** The row a path segment names, as JSON text; 404 when there is none or it is outside `where`. */
  one(db: Queryable, key: string | number, where?: Where, shape?: Shape): Promise<string>
  /** Columns of the row a path segment names, for rules and writes; 404 as `one`. `lock` holds the row until the end of the transaction. */
  row<Row>(db: Queryable, key: string | number, columns: string, where?: Where, lock?: boolean): Promise<Row>
}

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i
const INTEGER = /^\d{1,15}$/

/** Whether a text is a uuid as PostgreSQL and the original read it. */
export const isUuid = (text: string): boolean => UUID.test(text)

/** Makes the reads of a resource. Statement texts are made once per combination of conditions. */
export function resource(input: ResourceInput): Resource {
  const { name, from, key, live, pageSize } = input
  const alias = from.split(' ').at(-1) ?? from
  const statements = new Statements()
  const listing = new Listing(input, alias, statements)

  function named(value: string | number, params: Params): string {
    const text = String(value)
    if (key.kind === 'uuid' ? !UUID.test(text) : key.kind === 'integer' ? !INTEGER.test(text) : text.includes('\0'))
      throw notFound()
    return `${key.column} = ${params.add(key.kind === 'integer' ? Number(text) : text)}`
  }

  async function find<Row>(
    db: Queryable,
    value: string | number,
    where: Where | undefined,
    selected: Shape | string,
    tail: string
  ): Promise<Row> {
    const params = new Params()
    const found = [live, named(value, params), ...(where?.(params) ?? [])].filter(Boolean).join(' and ')
    const text = statements.text(['one', found, tail], selected, () => {
      const select = typeof selected === 'string' ? selected : `${selected.sql}::text as json`
      return `select ${select} from ${from} where ${found} ${tail}`
    })
    const {
      rows: [row]
    } = await db.query<Row>(text, params.values)
    if (row === undefined) throw notFound(name)
    return row
  }

  return Object.freeze({
    ...input,
    async list(db: Queryable, request: FastifyRequest, where?: Where, shown: Shape = input.shape) {
      const url = addressOf(request)
      const query = request.query as Query
      if (pageSize === undefined) {
        const slice = limitOffset(query)
        const { count, results } = await listing.page(db, request, where, shown, slice)
        return envelope(count, results, url, slice)
      }
      const numbered = (page: number) =>
        listing.page(db, request, where, shown, { limit: pageSize, offset: (page - 1) * pageSize })
      const asked = pageNumber(query)
      const page = asked === 'last' ? 1 : asked
      const { count, results } = await numbered(page)
      const pages = Math.max(1, Math.ceil(count / pageSize))
      if (page > pages) throw invalidPage()
      if (asked !== 'last' || pages === 1) return pageEnvelope(count, results, { url, page, pages })
      const last = await numbered(pages)
      return pageEnvelope(last.count, last.results, { url, page: pages, pages })
    },
    all: (db: Queryable, request: FastifyRequest, where?: Where, shown: Shape = input.shape) =>
      listing.all(db, request, where, shown),
    one: async (db: Queryable, value: string | number, where?: Where, shown: Shape = input.shape) =>
      (await find<{ json: string }>(db, value, where, shown, '')).json,
    row: <Row>(db: Queryable, value: string | number, columns: string, where?: Where, lock = false) =>
      find<Row>(db, value, where, columns, lock ? `for no key update of ${alias}` : '')
  })
}

/** The absolute address of a request, as `next` and `previous` repeat it. */
export function addressOf(request: FastifyRequest): string {
  return `${request.protocol}://${request.host}${request.url}`
}
