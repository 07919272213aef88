import { Params, sqlComment } from '../data/statement.ts'
import type { FastifyRequest } from 'fastify'
import { notFound } from '../http/errors.ts'
import type { Queryable } from '../../kernel/ports/database.ts'
import { Listing } from './listing.ts'
import type { Shape } from './outputs.ts'
import { envelope, invalidPage, limitOffset, pageEnvelope, pageNumber, type Query } from './paging.ts'
import type { ResourceInput, Where } from './resource-input.ts'
import { Statements } from './page-sql.ts'

export interface Resource extends ResourceInput {
  /** One page as JSON text, in one statement. `shape` selects another representation. */
  list(db: Queryable, request: FastifyRequest, where?: Where, shape?: Shape): Promise<string>
  /** All matches as a JSON array, in order. */
  all(db: Queryable, request: FastifyRequest, where?: Where, shape?: Shape): Promise<string>
  /** The row that a path segment names, as JSON text; 404 where there is none, or none that meets `where`. */
  one(db: Queryable, key: string | number, where?: Where, shape?: Shape): Promise<string>
  /** Columns of the row that a path segment names, for rules and writes; 404 as `one`. `lock` locks the row until the end of the transaction. */
  row<Row>(db: Queryable, key: string | number, columns: string, where?: Where, lock?: boolean): Promise<Row>
}

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i
const INTEGER = /^\d{1,15}$/

const LIVE = sqlComment('live')
const KEY = sqlComment('key')

/** Whether a text is a uuid, with or without hyphens. */
export const isUuid = (text: string): boolean => UUID.test(text)

/** Makes the reads of a resource. Statement texts are built once per combination of conditions. */
export function resource(declared: ResourceInput): Resource {
  const input = { ...declared, ...(declared.live ? { live: `${LIVE} ${declared.live}` } : {}) }
  const { name, from, key, live, pageSize } = input
  const outputs = sqlComment(`outputs ${name}`)
  const alias = from.split(' ').at(-1) ?? from
  const statements = new Statements()
  const listing = new Listing(input, alias, statements)

  function keyCondition(value: string | number, params: Params): string {
    const text = String(value)
    if (key.kind === 'uuid' ? !UUID.test(text) : key.kind === 'integer' ? !INTEGER.test(text) : text.includes('\0'))
      throw notFound()
    return `${KEY} ${key.column} = ${key.kind === 'integer' ? params.add(Number(text), 'bigint') : params.add(text)}`
  }

  async function find<Row>(
    db: Queryable,
    value: string | number,
    where: Where | undefined,
    selected: Shape | string,
    tail: string
  ): Promise<Row> {
    const params = new Params()
    const conditions = [live, keyCondition(value, params), ...(where?.(params) ?? [])].filter(Boolean).join(' and ')
    const text = statements.text(['one', conditions, tail], selected, () => {
      const select = typeof selected === 'string' ? selected : `${outputs} ${selected.sql}::text as json`
      return `select ${select} from ${from} where ${conditions} ${tail}`
    })
    const {
      rows: [row]
    } = await db.query<Row>(text, params.values)
    if (row === undefined) throw notFound(name)
    return row
  }

  return Object.freeze({
    ...input,
    async list(db: Queryable, request: FastifyRequest, where?: Where, shape: Shape = input.shape) {
      const url = addressOf(request)
      const query = request.query as Query
      if (pageSize === undefined) {
        const slice = limitOffset(query)
        const { count, results } = await listing.page(db, request, where, shape, slice)
        return envelope(count, results, url, slice)
      }
      const numbered = (page: number) =>
        listing.page(db, request, where, shape, { limit: pageSize, offset: (page - 1) * pageSize })
      const requested = pageNumber(query)
      const page = requested === 'last' ? 1 : requested
      const { count, results } = await numbered(page)
      const pages = Math.max(1, Math.ceil(count / pageSize))
      if (page > pages) throw invalidPage()
      if (requested !== 'last' || pages === 1) return pageEnvelope(count, results, { url, page, pages })
      const last = await numbered(pages)
      return pageEnvelope(last.count, last.results, { url, page: pages, pages })
    },
    all: (db: Queryable, request: FastifyRequest, where?: Where, shape: Shape = input.shape) =>
      listing.all(db, request, where, shape),
    one: async (db: Queryable, value: string | number, where?: Where, shape: Shape = input.shape) =>
      (await find<{ json: string }>(db, value, where, shape, '')).json,
    row: <Row>(db: Queryable, value: string | number, columns: string, where?: Where, lock = false) =>
      find<Row>(db, value, where, columns, lock ? `for no key update of ${alias}` : '')
  })
}

/** The absolute address of a request, for `next` and `previous`. */
export function addressOf(request: FastifyRequest): string {
  return `${request.protocol}://${request.host}${request.url}`
}
