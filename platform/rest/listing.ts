import type { FastifyRequest } from 'fastify'
import type { Queryable } from '../../kernel/ports/database.ts'
import type { Disjunction } from '../data/disjunction.ts'
import type { Shape } from './outputs.ts'
import { allRows, foundRows, matchesOf, reachOf, walkedRows, type Source } from './page-sql.ts'
import { Params } from '../data/params.ts'
import type { Query } from './paging.ts'
import type { ResourceInput, Where } from './resource.ts'
import type { Statements } from './statements.ts'
import { Totals, type Counting, type Total } from './totals.ts'

/** Which rows of a list are answered. */
export interface Slice {
  readonly limit: number
  readonly offset: number
}

/** Rows as a JSON array, and how many there are with those of other pages. */
export interface Page extends Total {
  readonly results: string
}

/** What is asked for. Its parts are texts that depend on the kind of actor, filter and order, never on values: those are in `params`. */
interface Question {
  readonly db: Queryable
  readonly request: FastifyRequest
  readonly source: Source
  readonly order: string
  readonly shown: Shape
  readonly params: Params
  /** All conditions, as what statements are told apart by. */
  readonly conditions: string
}

const EMPTY: Page = { count: 0, stamp: null, results: '[]' }

/** Reads the lists of a resource: a page is one statement, and another one where a large count is due. */
export class Listing {
  readonly #input: ResourceInput
  readonly #statements: Statements
  readonly #alias: string
  readonly #totals: Totals

  constructor(input: ResourceInput, alias: string, statements: Statements) {
    this.#input = input
    this.#alias = alias
    this.#statements = statements
    this.#totals = new Totals(input.counted?.seconds ?? 0)
  }

  /** Every match as a JSON array, in order. */
  async all(db: Queryable, request: FastifyRequest, where: Where | undefined, shown: Shape): Promise<string> {
    const asked = this.#question(db, request, where, shown)
    const { results } = await this.#read(asked, 'all', () => this.#select(shown, '0', 'null', allRows(asked.source, asked.order)))
    return results
  }

  /** One page, and the number of matches. */
  page(db: Queryable, request: FastifyRequest, where: Where | undefined, shown: Shape, slice: Slice): Promise<Page> {
    const asked = this.#question(db, request, where, shown)
    const { counted } = this.#input
    return counted ? this.#bounded(asked, slice, counted) : this.#exact(asked, slice)
  }

  #question(db: Queryable, request: FastifyRequest, where: Where | undefined, shown: Shape): Question {
    const { from, key, live, filters, ordering } = this.#input
    const query = request.query as Query
    const params = new Params()
    const conditions = [live, ...(where?.(params) ?? []), ...(filters?.compile(query, params) ?? [])].filter(isCondition)
    const source = { from, alias: this.#alias, conditions }
    const order = ordering?.compile(query) ?? `order by ${key.column}`
    return { db, request, source, order, shown, params, conditions: conditions.join('\n') }
  }

  /** Counts at every request. */
  #exact(asked: Question, slice: Slice): Promise<Page> {
    const { source, order, shown, params } = asked
    const reach = reachOf(slice.limit + slice.offset)
    const cut = cutOf(slice, params)
    return this.#read(asked, `page ${reach}`, () =>
      this.#select(shown, countOf(source), 'null', walkedRows({ source, order, cut, reach }))
    )
  }

  /** Counts up to a bound; beyond it takes the count of a moment ago, unless the asker has written since. */
  async #bounded(asked: Question, slice: Slice, counted: Counting): Promise<Page> {
    const { db, request, source, order, shown, params, conditions } = asked
    const counting = new Params(params.values)
    const now = counted.stamp(request, counting)
    // Also of whoever asks: the stamp of one says nothing about the writes of another.
    const what = JSON.stringify([conditions, now, counting.values])
    const known = this.#totals.find(db, what)
    const count = () =>
      this.#totals.count(db, what, () =>
        this.#read(
          { ...asked, params: counting },
          `total ${now}`,
          () => `select ${countOf(source)} as count, ${now} as stamp, '' as results`
        )
      )

    const reach = reachOf(slice.limit + slice.offset)
    const cut = cutOf(slice, params)
    const stamp = counted.stamp(request, params)
    const page = await this.#read(asked, `${known ? 'walked' : 'found'} ${reach} ${stamp}`, () => {
      if (known) return this.#select(shown, '0', stamp, walkedRows({ source, order, cut, reach }))
      const found = foundRows({ source, order, cut, reach }, counted.upTo)
      return `${found.matches} ${this.#select(shown, '(select count from n)', stamp, found.rows)}`
    })
    if (!known && page.count <= counted.upTo) return page
    // By now somebody else may have counted.
    const kept = this.#totals.find(db, what)
    if (kept && kept.stamp === page.stamp) {
      if (this.#totals.isAging(db, what)) count().catch(() => undefined)
      return { ...page, count: kept.count }
    }
    const total = await count()
    // One that was under way may have begun before the asker's last write.
    return { ...page, count: total.stamp === page.stamp ? total.count : (await count()).count }
  }

  async #read({ db, shown, conditions, order, params }: Question, what: string, make: () => string): Promise<Page> {
    const { rows } = await db.query<Page>(this.#statements.text([what, conditions, order], shown, make), params.values)
    return rows[0] ?? EMPTY
  }

  #select(shown: Shape, count: string, stamp: string, rows: string): string {
    const results = `select coalesce('[' || string_agg(${shown.sql}::text, ',') || ']', '[]') from (${rows}) ${this.#alias}`
    return `select ${count} as count, ${stamp} as stamp, (${results}) as results`
  }
}

const isCondition = (part: string | Disjunction | undefined): part is string | Disjunction => part !== undefined && part !== ''

const countOf = (source: Source): string => `(select count(*) from (${matchesOf(source, '1')}) _)`

const cutOf = ({ limit, offset }: Slice, params: Params): string => `limit ${params.add(limit)} offset ${params.add(offset)}`
