import type { Pool } from 'pg'
import type { Sequelize, Transaction } from 'sequelize'

/** Rows of one statement. `bigint` arrives as number, `numeric`, dates and times as text. */
export interface Result<Row> {
  readonly rows: Row[]
  readonly rowCount: number
}

/** Anything that runs SQL: the database itself (each statement on its own) or a transaction. */
export interface Queryable {
  /** Runs one statement, prepared once per connection under a name made from its text. Rejects with PostgreSQL's error. */
  query<Row = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Result<Row>>
}

/** One transaction. What is given to `afterCommit` runs once the commit has succeeded, and never when it has not. */
export interface Tx extends Queryable {
  readonly sequelize: Transaction
  afterCommit(work: () => void | Promise<void>): void
}

/** Port `database`. Gateways: `database-postgres`, `database-embedded`. */
export interface Database extends Queryable {
  /** Address with credentials, for gateways that keep their own connections to the same server. Never log it. */
  readonly url: string
  /** The pool of the reads, for what `query` cannot do: COPY, LISTEN, cursors. */
  readonly pool: Pool
  /** Models are defined on it when the port is open. */
  readonly sequelize: Sequelize
  /** How many statements have run since the port was opened. */
  statements(): number
  /** Commits when `work` resolves, rolls back and rejects with its error when it rejects. */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  /** Resolves when the server answers; rejects otherwise. */
  check(): Promise<void>
  close(): Promise<void>
}
