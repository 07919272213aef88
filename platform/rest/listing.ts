import { type Disjunction, Params, sqlComment } from '../data/statement.ts'
import type { FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'
import type { Queryable } from '../../kernel/ports/database.ts'
import type { Shape } from './outputs.ts'
import { allRows, keyLookup, limitBucket, matchesOf, orderedScan, type Source, type Statements } from './page-sql.ts'
import type { Query } from './paging.ts'
import type { Counting, ResourceInput, Where } from './resource-input.ts'

/** The rows of a list that one page holds. */
export interface Slice {
  readonly limit: number
  readonly offset: number
}

/** A large count, and the requester's stamp when it was taken. */
export interface Total {
  readonly count: number
  readonly stamp: unknown
}

/** The rows of a page as a JSON array, and the number of matches of the whole list. */
export interface Page extends Total {
  readonly results: string
}

/** One request for a list. The texts depend on the kind of actor, filter and order, never on values, which are in `params`. */
interface ListQuery {
  readonly db: Queryable
  readonly request: FastifyRequest
  readonly source: Source
  readonly order: string
  readonly shape: Shape
  readonly params: Params
  /** All conditions as one text: part of the key of the statement's text. */
  readonly conditions: string
}

const EMPTY: Page = { count: 0, stamp: null, results: '[]' }

/** Reads the lists of a resource: one statement per page, and a second one where a large count has expired. */
export class Listing {
  readonly #input: ResourceInput
  readonly #statements: Statements
  readonly #alias: string
  readonly #totals: Totals
  readonly #outputs: string

  constructor(input: ResourceInput, alias: string, statements: Statements) {
    this.#input = input
    this.#alias = alias
    this.#statements = statements
    this.#outputs = sqlComment(`outputs ${input.name}`)
    this.#totals = new Totals(input.counted?.seconds ?? 0)
  }

  /** All matches as a JSON array, in order. */
  async all(db: Queryable, request: FastifyRequest, where: Where | undefined, shape: Shape): Promise<string> {
    const list = this.#listQuery(db, request, where, shape)
    const { results } = await this.#read(list, 'all', () => this.#select(shape, '0', 'null', allRows(list.source, list.order)))
    return results
  }

  /** One page, and the number of matches. */
  page(db: Queryable, request: FastifyRequest, where: Where | undefined, shape: Shape, slice: Slice): Promise<Page> {
    const list = this.#listQuery(db, request, where, shape)
    const { counted } = this.#input
    return counted ? this.#bounded(list, slice, counted) : this.#exact(list, slice)
  }

  #listQuery(db: Queryable, request: FastifyRequest, where: Where | undefined, shape: Shape): ListQuery {
    const { from, key, live, filters, ordering } = this.#input
    const query = request.query as Query
    const params = new Params()
    const conditions = [live, ...(where?.(params) ?? []), ...(filters?.compile(query, params) ?? [])].filter(isCondition)
    const source = { from, alias: this.#alias, conditions }
    const order = ordering?.compile(query) ?? `order by ${key.column}`
    return { db, request, source, order, shape, params, conditions: conditions.join('\n') }
  }

  /** A page with a count that is exact at every request. */
  #exact(list: ListQuery, slice: Slice): Promise<Page> {
    const { source, order, shape, params } = list
    const bucket = limitBucket(slice.limit + slice.offset)
    const limitClause = limitClauseOf(slice, params)
    return this.#read(list, `page ${bucket}`, () =>
      this.#select(shape, countOf(source), 'null', orderedScan({ source, order, limitClause, bucket }))
    )
  }

  /** A page with a count that is exact up to a bound; beyond it the cached count, unless the requester has written since. */
  async #bounded(list: ListQuery, slice: Slice, counted: Counting): Promise<Page> {
    const { db, request, source, order, shape, params, conditions } = list
    const countParams = new Params(params.values)
    const stampOfCount = counted.stamp(request, countParams)
    // The values include those of the stamp, so that each requester has a count of their own: a stamp covers one requester's writes.
    const key = JSON.stringify([conditions, stampOfCount, countParams.values])
    const known = this.#totals.find(db, key)
    const count = () =>
      this.#totals.count(db, key, () =>
        this.#read(
          { ...list, params: countParams },
          `total ${stampOfCount}`,
          () => `select ${countOf(source)} as count, ${STAMP} ${stampOfCount} as stamp, '' as results`
        )
      )

    const bucket = limitBucket(slice.limit + slice.offset)
    const limitClause = limitClauseOf(slice, params)
    const stamp = counted.stamp(request, params)
    const query = { source, order, limitClause, bucket }
    const page = await this.#read(list, `${known ? 'ordered scan' : 'key lookup'} ${bucket} ${stamp}`, () => {
      if (known) return this.#select(shape, '0', stamp, orderedScan(query))
      const { matches, rows } = keyLookup(query, counted.upTo)
      return `${matches} ${this.#select(shape, '(select count from n)', stamp, rows)}`
    })
    if (!known && page.count <= counted.upTo) return page
    // Another request may have counted in the meantime.
    const cached = this.#totals.find(db, key)
    if (cached && cached.stamp === page.stamp) {
      if (this.#totals.isAging(db, key)) count().catch(() => undefined)
      return { ...page, count: cached.count }
    }
    const total = await count()
    // A count that was already running may have started before the requester's last write: then once more.
    return { ...page, count: total.stamp === page.stamp ? total.count : (await count()).count }
  }

  async #read({ db, shape, conditions, order, params }: ListQuery, kind: string, make: () => string): Promise<Page> {
    const { rows } = await db.query<Page>(this.#statements.text([kind, conditions, order], shape, make), params.values)
    return rows[0] ?? EMPTY
  }

  #select(shape: Shape, count: string, stamp: string, rows: string): string {
    const results = `select coalesce('[' || string_agg(${this.#outputs} ${shape.sql}::text, ',') || ']', '[]') from (${rows}) ${this.#alias}`
    return `select ${count} as count, ${STAMP} ${stamp} as stamp, (${results}) as results`
  }
}

const isCondition = (part: string | Disjunction | undefined): part is string | Disjunction => part !== undefined && part !== ''

const STAMP = sqlComment('stamp of the requester')
const COUNT = sqlComment('count')
const PAGE = sqlComment('page')

const countOf = (source: Source): string => `${COUNT} (select count(*) from (${matchesOf(source, '1')}) _)`

const limitClauseOf = ({ limit, offset }: Slice, params: Params): string =>
  `limit ${params.add(limit)} ${PAGE} offset ${params.add(offset)}`

const MAX_ENTRIES = 5000
/** Share of a count's time that is left when it is refreshed in the background. */
const AGING = 0.25

interface Cached {
  readonly totals: LRUCache<string, Total>
  readonly running: Map<string, Promise<Total>>
}

/** Cache of large counts, by database and by a key for what was counted. */
class Totals {
  readonly #milliseconds: number
  readonly #cached = new WeakMap<Queryable, Cached>()

  constructor(seconds: number) {
    this.#milliseconds = seconds * 1000
  }

  find(db: Queryable, key: string): Total | undefined {
    return this.#of(db).totals.get(key)
  }

  /** Whether a cached count expires soon. */
  isAging(db: Queryable, key: string): boolean {
    return this.#of(db).totals.getRemainingTTL(key) < this.#milliseconds * AGING
  }

  /** Counts and caches the result. Concurrent calls with the same key share one count. */
  count(db: Queryable, key: string, read: () => Promise<Total>): Promise<Total> {
    const { totals, running } = this.#of(db)
    const known = running.get(key)
    if (known) return known
    const from = performance.now()
    const work = read()
      .then(({ count, stamp }) => {
        const total = { count, stamp }
        totals.set(key, total, { ttl: Math.max(1, this.#milliseconds - (performance.now() - from)) })
        return total
      })
      .finally(() => running.delete(key))
    running.set(key, work)
    return work
  }

  #of(db: Queryable): Cached {
    const known = this.#cached.get(db)
    if (known) return known
    const made: Cached = { totals: new LRUCache({ max: MAX_ENTRIES, ttl: this.#milliseconds }), running: new Map() }
    this.#cached.set(db, made)
    return made
  }
}
