import type { FastifyRequest } from 'fastify'
import { ApiError, notFound } from '../http/errors.ts'
import type { Queryable } from '../ports/database.ts'
import type { AnyOf } from './any-of.ts'
import type { Filters, Ordering } from './filters.ts'
import { envelope, limitOffset, pageEnvelope, pageNumber } from './paging.ts'
import { allRows, foundRows, matchesOf, reachOf, walkedRows, type Source } from './page-text.ts'
import { Params } from './params.ts'
import { Totals, type Counting, type Total } from './totals.ts'
import type { Shape } from './out.ts'

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
  /** For tables that grow: how their rows are counted. Counted exactly at every request where it is left out. */
  readonly counted?: Counting
}

/** Adds conditions; what it returns is ANDed. Its text must depend on the kind of actor and filter only, never on values. */
export type Where = (params: Params) => readonly (string | AnyOf | undefined)[]

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

interface Page extends Total {
  readonly results: string
}

const NO_ROWS: Page = { count: 0, stamp: null, results: '[]' }

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i
const INTEGER = /^\d{1,15}$/

/** Whether a text is a uuid as PostgreSQL and the original read it. */
export const isUuid = (text: string): boolean => UUID.test(text)

/** Makes the reads of a resource. Statement texts are made once per combination of conditions. */
export function resource(input: ResourceInput): Resource {
  const { name, from, key, live, filters, ordering, pageSize, counted } = input
  const alias = from.split(' ').at(-1) ?? from
  const statements = new Map<string, string>()
  const totals = new Totals(counted?.seconds ?? 0)

  /** The same text object every time: prepared statements are found by it. */
  function statement(kind: string, shown: Shape | string, where: string, tail: string, make: () => string): string {
    const id = `${kind}\n${typeof shown === 'string' ? shown : shapeId(shown)}\n${where}\n${tail}`
    const known = statements.get(id)
    if (known) return known
    const text = make()
    if (statements.size < 500) statements.set(id, text)
    return text
  }
  const shapes = new Map<Shape, number>()
  const shapeId = (shown: Shape) => shapes.get(shown) ?? (shapes.set(shown, shapes.size), shapes.size - 1)
  const conditions = (parts: readonly (string | AnyOf | undefined)[]) =>
    [live, ...parts].filter((part): part is string | AnyOf => part !== undefined && part !== '')
  const condition = (parts: readonly (string | AnyOf | undefined)[]) => conditions(parts).join(' and ') || 'true'
  const filtered = (request: FastifyRequest, params: Params) =>
    filters?.compile(request.query as Record<string, string | string[]>, params) ?? []

  async function rows(
    db: Queryable,
    request: FastifyRequest,
    where: Where | undefined,
    shown: Shape,
    page?: { limit: number; offset: number }
  ) {
    const params = new Params()
    const source: Source = { from, alias, conditions: conditions([...(where?.(params) ?? []), ...filtered(request, params)]) }
    const matching = [...params.values]
    const found = matchesOf(source, '1')
    const order = ordering?.compile(request.query as Record<string, string | string[]>) ?? `order by ${key.column}`
    const json = (rows: string) =>
      `(select coalesce('[' || string_agg(${shown.sql}::text, ',') || ']', '[]') from (${rows}) ${alias}) as results`
    const read = async (values: readonly unknown[], what: string, make: () => string) => {
      const { rows } = await db.query<Page>(statement(what, shown, found, order, make), values)
      return rows[0] ?? NO_ROWS
    }
    if (!page) return read(params.values, 'all', () => `select 0 as count, null as stamp, ${json(allRows(source, order))}`)

    const reach = reachOf(page.limit + page.offset)
    const cut = `limit ${params.add(page.limit)} offset ${params.add(page.offset)}`
    const walked = () => json(walkedRows({ source, order, cut, reach }))
    if (!counted)
      return read(
        params.values,
        `page ${reach}`,
        () => `select (select count(*) from (${found}) _) as count, null as stamp, ${walked()}`
      )

    const stamp = counted.stamp(request, params)
    const what = JSON.stringify([found, matching])
    const kept = totals.find(db, what)
    const row = await read(params.values, `${kept ? 'walked' : 'found'} ${reach} ${stamp}`, () => {
      if (kept) return `select 0 as count, ${stamp} as stamp, ${walked()}`
      const { matches, rows } = foundRows({ source, order, cut, reach }, counted.upTo)
      return `${matches} select (select count from n) as count, ${stamp} as stamp, ${json(rows)}`
    })
    if (kept && kept.stamp === row.stamp) return { ...row, count: kept.count }
    if (!kept && row.count <= counted.upTo) return row
    const counting = new Params(matching)
    const stampNow = counted.stamp(request, counting)
    const total = await read(
      counting.values,
      `total ${stampNow}`,
      () => `select (select count(*) from (${found}) _) as count, ${stampNow} as stamp, '' as results`
    )
    totals.keep(db, what, { count: total.count, stamp: total.stamp })
    return { ...row, count: total.count }
  }

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
    select: string,
    tail: string
  ): Promise<Row> {
    const params = new Params()
    const found = condition([named(value, params), ...(where?.(params) ?? [])])
    const text = statement('one', select, found, tail, () => `select ${select} from ${from} where ${found} ${tail}`)
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
      if (pageSize === undefined) {
        const page = limitOffset(request.query as Record<string, string | string[]>)
        const { count, results } = await rows(db, request, where, shown, page)
        return envelope(count, results, { url, ...page })
      }
      const page = pageNumber(request.query as Record<string, string | string[]>)
      const first = page === 'last' ? 1 : page
      const { count, results } = await rows(db, request, where, shown, { limit: pageSize, offset: (first - 1) * pageSize })
      const pages = Math.max(1, Math.ceil(count / pageSize))
      if (first > pages) throw new ApiError(404, { detail: 'Invalid page.' })
      if (page !== 'last' || pages === 1) return pageEnvelope(count, results, { url, page: first, pages })
      const last = await rows(db, request, where, shown, { limit: pageSize, offset: (pages - 1) * pageSize })
      return pageEnvelope(last.count, last.results, { url, page: pages, pages })
    },
    all: async (db: Queryable, request: FastifyRequest, where?: Where, shown: Shape = input.shape) =>
      (await rows(db, request, where, shown)).results,
    one: async (db: Queryable, value: string | number, where?: Where, shown: Shape = input.shape) =>
      (await find<{ json: string }>(db, value, where, `${shown.sql}::text as json`, '')).json,
    row: <Row>(db: Queryable, value: string | number, columns: string, where?: Where, lock = false) =>
      find<Row>(db, value, where, columns, lock ? `for no key update of ${alias}` : '')
  })
}

/** The absolute address of a request, as `next` and `previous` repeat it. */
export function addressOf(request: FastifyRequest): string {
  return `${request.protocol}://${request.host}${request.url}`
}
