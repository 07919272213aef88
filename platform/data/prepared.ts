import type pg from 'pg'
import { prepareValue } from 'pg/lib/utils'
import { serialize } from 'pg-protocol/dist/serializer'
import type { Result } from '../../kernel/ports/database.ts'

/** What the driver keeps of a connection: the statements the server has parsed, by name. */
type Wire = pg.Connection & { readonly parsedStatements: Record<string, string> }
type Field = { readonly name: string; readonly dataTypeID: number }
type Parse = (text: string) => unknown
type Columns = readonly { readonly name: string; readonly parse: Parse }[]

type Callback = (error: Error | null | undefined, result?: unknown) => void
/** How both run what submits itself; their types leave it out. */
type Runner = { query(statement: pg.Submittable, values: undefined, callback: Callback): unknown }

const DESCRIBE = serialize.describe({ type: 'P' })
const EXECUTE = Buffer.concat([serialize.execute(), serialize.sync()])
/** The result type has changed, or the server knows no such statement: what was prepared is of no use any more. */
const STALE = new Set(['0A000', '26000'])

/** A text, its name on the server, and the values of its parameters. Without a name it is parsed at every call. */
export interface Statement {
  readonly text: string
  readonly name: string | undefined
  readonly values: readonly unknown[]
  readonly types: pg.CustomTypesConfig
}

/**
 * Runs a statement on a connection, or one of a pool, through the driver's extension point, which pg-cursor uses too. Compared with the driver's
 * own query it sends one packet instead of four, and asks for the columns of a prepared statement once per connection: they cannot change
 * (PostgreSQL refuses to run it then). That saves 20 µs of Node for one row or a page as JSON, 26 µs for 14 rows, of 60 to 110 µs; a list
 * takes 139 µs in all.
 */
export function runPrepared<Row>(on: pg.Pool | pg.Client, statement: Statement): Promise<Result<Row>> {
  return new Promise<Result<Row>>((resolve, reject) =>
    (on as unknown as Runner).query(new Prepared<Row>(statement), undefined, (error, result) =>
      error ? reject(error) : resolve(result as Result<Row>)
    )
  ).catch((error: Error) => {
    // Where it was asked, instead of where the answer came in.
    Error.captureStackTrace(error)
    throw error
  })
}

class Prepared<Row> implements pg.Submittable {
  readonly text: string
  readonly name: string
  /** Set by the driver. */
  callback: Callback | undefined
  readonly values: readonly unknown[]
  readonly #types: pg.CustomTypesConfig
  #columns: Columns | undefined
  #known: Map<string, Columns> | undefined
  readonly #rows: Row[] = []
  #rowCount = 0
  #failed: Error | undefined

  constructor({ text, name = '', values, types }: Statement) {
    this.text = text
    this.name = name
    this.values = values
    this.#types = types
  }

  /** Writes the whole statement, or answers why it cannot be written. */
  submit(connection: pg.Connection): Error | null {
    const { name, text } = this
    const { parsedStatements, stream } = connection as Wire
    const isParsed = parsedStatements[name] !== undefined
    this.#known = columnsOf(connection)
    this.#columns = isParsed ? this.#known.get(name) : undefined
    try {
      const bind = serialize.bind({ statement: name, values: this.values as unknown[], valueMapper: prepareValue })
      const before = isParsed ? [] : [serialize.close({ type: 'S', name }), serialize.parse({ name, text })]
      const describe = this.#columns ? [] : [DESCRIBE]
      if (stream.writable) stream.write(Buffer.concat([...before, bind, ...describe, EXECUTE]))
      return null
    } catch (error) {
      return error as Error
    }
  }

  handleRowDescription({ fields }: { readonly fields: readonly Field[] }): void {
    this.#columns = fields.map(({ name, dataTypeID }) => ({
      name,
      parse: this.#types.getTypeParser(dataTypeID, 'text') as Parse
    }))
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    const row: Record<string, unknown> = {}
    try {
      this.#columns?.forEach(({ name, parse }, index) => {
        const text = fields[index] ?? null
        row[name] = text === null ? null : parse(text)
      })
    } catch (error) {
      this.#failed = error as Error
    }
    this.#rows.push(row as Row)
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    this.#rowCount = Number(text.slice(text.lastIndexOf(' ') + 1)) || 0
    if (this.name) this.#known?.set(this.name, this.#columns ?? [])
  }

  handleReadyForQuery(connection: pg.Connection): void {
    if (this.#failed) return this.handleError(this.#failed, connection)
    this.callback?.(null, { rows: this.#rows, rowCount: this.#rowCount } satisfies Result<Row>)
  }

  handleError(error: Error & { readonly code?: string }, connection: pg.Connection): void {
    if (STALE.has(error.code ?? '')) {
      Reflect.deleteProperty((connection as Wire).parsedStatements, this.name)
      this.#known?.delete(this.name)
    }
    this.callback?.(error)
  }

  handleEmptyQuery(): void {}

  handleCopyInResponse(connection: pg.Connection & { sendCopyFail?(reason: string): void }): void {
    connection.sendCopyFail?.('nothing is copied here')
  }

  handleCopyData(): void {}
}

// By connection, of which no two kernels share one.
const columns = new WeakMap<pg.Connection, Map<string, Columns>>()

function columnsOf(connection: pg.Connection): Map<string, Columns> {
  const known = columns.get(connection)
  if (known) return known
  const made = new Map<string, Columns>()
  columns.set(connection, made)
  return made
}
