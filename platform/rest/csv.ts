import { Params, sqlComment } from '../data/statement.ts'
import { PassThrough, pipeline } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import QueryStream from 'pg-query-stream'
import { sendJson } from '../http/server.ts'
import type { Database } from '../../kernel/ports/database.ts'
import type { Query } from './paging.ts'
import type { ListTable, Where } from './resource-input.ts'
import type { Resource } from './resource.ts'

/** Makers of CSV columns: each takes an SQL expression and returns one for the text of the cell; NULL is an empty cell. */
export const cell = {
  /** Text that a person typed: a formula gets an apostrophe, so that a spreadsheet shows it and does not run it; `+91…` stays. */
  text: (sql: string): string => `regexp_replace((${sql})::text, '^([=@\\t\\r])', '''\\1')`,
  /** A value that no person typed: a number, a label, a day. */
  value: (sql: string): string => `(${sql})::text`,
  /** ISO-8601 in UTC with `+00:00`, and with microseconds where they are not zero. */
  datetime: (sql: string): string =>
    `replace(to_char(${sql} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '.000000', '') || '+00:00'`,
  yesNo: (sql: string): string => `case when ${sql} then 'YES' when not ${sql} then 'NO' end`
} as const

/** Rows as a CSV file. */
export interface Table extends Pick<ListTable, 'file' | 'columns'> {
  /** `from … where … order by …` */
  readonly rows: string
  readonly params: Params
}

const ROWS_AT_ONCE = 500
const COLUMNS = sqlComment('columns of the CSV')

type Cell = string | number | null

/** Quoted only where it is needed, as Python's csv writer does. */
function quoted(value: Cell): string {
  if (value === null) return ''
  const text = String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

const line = (cells: readonly Cell[]) => `${cells.map(quoted).join(',')}\r\n`

/** The text of the rows in chunks of several: a chunk per row would cost more than the row. */
const csvText = (columns: readonly string[]) =>
  async function* (rows: AsyncIterable<readonly Cell[]>): AsyncGenerator<string> {
    let text = `\ufeff${line(columns)}`
    let count = 0
    for await (const row of rows) {
      text += line(row)
      if (++count % ROWS_AT_ONCE > 0) continue
      yield text
      text = ''
    }
    yield text
  }

/** Sends rows as CSV. They are read with a cursor and streamed, so that memory does not grow with the size of the file. */
export async function sendCsv(
  request: FastifyRequest,
  reply: FastifyReply,
  database: Database,
  { file, columns, rows, params }: Table
): Promise<FastifyReply> {
  const client = await database.pool.connect()
  const read = client.query(
    new QueryStream(`select ${COLUMNS} ${Object.values(columns).join(', ')} ${rows}`, params.values, {
      rowMode: 'array',
      batchSize: ROWS_AT_ONCE
    })
  )
  const table = new PassThrough()
  pipeline(read, csvText(Object.keys(columns)), table, error => {
    const { code } = (error ?? {}) as { code?: string }
    // A client may disconnect. After any other error the file is incomplete, and the status has been sent already: it is logged.
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

/** Sends a page of a list, or all matches as CSV where the query has `csv` and the resource a table. */
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
