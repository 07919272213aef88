import { PassThrough, pipeline } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import QueryStream from 'pg-query-stream'
import { sendJson } from '../http/server.ts'
import type { Database } from '../../kernel/ports/database.ts'
import type { Query } from './paging.ts'
import { Params } from '../data/params.ts'
import type { Resource, Where } from './resource.ts'

/** Makers of columns of a table for spreadsheets: each takes SQL and gives SQL for the cell's text; NULL is an empty cell. */
export const cell = {
  /** What a person typed: a spreadsheet shall show it and not run it, so that a formula gets an apostrophe; `+91…` stays. */
  text: (sql: string): string => `regexp_replace((${sql})::text, '^([=@\\t\\r])', '''\\1')`,
  /** Anything that no person typed: a number, a label, a day. */
  value: (sql: string): string => `(${sql})::text`,
  /** ISO-8601 in UTC with `+00:00`, microseconds only where there are any. */
  datetime: (sql: string): string =>
    `replace(to_char(${sql} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '.000000', '') || '+00:00'`,
  yesNo: (sql: string): string => `case when ${sql} then 'YES' when not ${sql} then 'NO' end`
} as const

/** Rows as a table. */
export interface Table {
  /** Name of the file a browser saves. */
  readonly file: string
  /** Header → SQL of the cell, by `cell`. */
  readonly columns: Readonly<Record<string, string>>
  /** `from … where … order by …` */
  readonly rows: string
  readonly params: Params
}

/** A list as a table. */
export interface ListTable extends Pick<Table, 'file' | 'columns'> {
  /** `table t join …`: where the columns are, if they need more than the resource's own rows. */
  readonly from?: string
}

const ROWS_AT_ONCE = 500

type Cell = string | number | null

/** As Python's csv writer: quotes only where they are needed. */
function written(value: Cell): string {
  if (value === null) return ''
  const text = String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

const line = (cells: readonly Cell[]) => `${cells.map(written).join(',')}\r\n`

/** The text of rows as they come, many at a time: a chunk for each would cost more than the row. */
const linesOf = (columns: readonly string[]) =>
  async function* (rows: AsyncIterable<readonly Cell[]>): AsyncGenerator<string> {
    let text = `\ufeff${line(columns)}`
    let held = 0
    for await (const row of rows) {
      text += line(row)
      if (++held % ROWS_AT_ONCE > 0) continue
      yield text
      text = ''
    }
    yield text
  }

/** Answers a table as CSV: read with a cursor and written as it comes, so that its size costs no memory. */
export async function sendCsv(
  request: FastifyRequest,
  reply: FastifyReply,
  database: Database,
  { file, columns, rows, params }: Table
): Promise<FastifyReply> {
  const client = await database.pool.connect()
  const read = client.query(
    new QueryStream(`select ${Object.values(columns).join(', ')} ${rows}`, params.values, {
      rowMode: 'array',
      batchSize: ROWS_AT_ONCE
    })
  )
  const table = new PassThrough()
  pipeline(read, linesOf(Object.keys(columns)), table, error => {
    const { code } = (error ?? {}) as { code?: string }
    // Whoever asked may leave; anything else ends the file early, which only the log can tell.
    if (error && code !== 'ERR_STREAM_PREMATURE_CLOSE') request.log.error({ code }, 'a CSV export ended early')
    client.release(error ?? undefined)
  })
  return reply
    .headers({
      'content-type': 'text/csv',
      'content-disposition': `attachment; filename=${file};`,
      'cache-control': 'no-cache'
    })
    .send(table)
}

/** Answers a page of a list, or all of its matches as a table where the query has `csv`. */
export async function sendList(
  request: FastifyRequest,
  reply: FastifyReply,
  database: Database,
  resource: Resource,
  where: Where
): Promise<FastifyReply> {
  const { table, live, filters, ordering } = resource
  const query = request.query as Query
  if (!table || !Object.hasOwn(query, 'csv')) return sendJson(reply, await resource.list(database, request, where))
  const { file, columns, from = resource.from } = table
  const params = new Params()
  const found = [live, ...where(params), ...(filters?.compile(query, params) ?? [])].filter(Boolean)
  const rows = `from ${from} where ${found.join(' and ') || 'true'} ${ordering?.compile(query) ?? ''}`
  return sendCsv(request, reply, database, { file, columns, rows, params })
}
