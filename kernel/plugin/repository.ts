import type { FastifyRequest } from 'fastify'
import type { Queryable, Tx } from '../ports/database.ts'
import type { Columns, ModelDefinition, RowOf } from './models.ts'

/** Columns of a row to be written. Of an insert, undefined is the column's default; of an update, it leaves the column alone. */
export type Values<C extends Columns> = { readonly [K in keyof C]?: RowOf<C>[K] | undefined }

/** Rows by the values of columns: null matches null, a list any of its values. All must match. */
export type Matching<C extends Columns> = { readonly [K in keyof C]?: RowOf<C>[K] | readonly RowOf<C>[K][] | null }

export type Key = number | string

/** The keys of a new row: those of `id` and `external_id` that the table has. */
export type KeysOf<C extends Columns> = {
  readonly [K in keyof C & ('id' | 'external_id')]: unknown extends RowOf<C>[K]
    ? { id: number; external_id: string }[K]
    : RowOf<C>[K]
}

export interface UpdateOptions {
  /** False leaves alone what the repository would set by itself: `modified_date`, and the columns of `stamps.update`. */
  readonly stamp?: boolean
}

/**
 * The only way in which built-in plugins write single rows of a table. Every statement is prepared; there are some for each definition,
 * whatever columns clients send. Column names that the definition does not have throw. Within a transaction writes are part of it; on the database itself each is its own.
 *
 * `created_date` and `modified_date` are set from the clock, and the columns of `stamps` from the request context, unless the values
 * say otherwise. Each write calls the write observers of the deployment once.
 */
export interface Repository<C extends Columns> {
  insert(db: Queryable, values: Values<C>): Promise<KeysOf<C>>
  /** In one statement; the keys are in the order of the rows. */
  insertMany(db: Queryable, rows: readonly Values<C>[]): Promise<readonly KeysOf<C>[]>
  /** The same without the rows that violate a unique constraint; the keys of those that were added. */
  insertMissing(db: Queryable, rows: readonly Values<C>[]): Promise<readonly KeysOf<C>[]>
  /**
   * Runs a statement around `insertSql(definition)`, for what must be written along with the rows in the same statement. It returns the
   * primary key of every row, in order, and whatever else; `parameters` are `$2` and on.
   */
  insertWith<Made>(
    db: Queryable,
    statement: string,
    rows: readonly Values<C>[],
    parameters?: readonly unknown[]
  ): Promise<readonly Made[]>
  /** Changes the row with this primary key; false when there is none. Without values and stamps no statement runs. */
  update(db: Queryable, key: Key, values: Values<C>, options?: UpdateOptions): Promise<boolean>
  /** Changes every row that matches; their primary keys. */
  updateWhere(db: Queryable, where: Matching<C>, values: Values<C>, options?: UpdateOptions): Promise<readonly Key[]>
  /** Sets `deleted` where the table has it, else removes the row. `modified_date` stays. False when there is no such row. */
  delete(db: Queryable, key: Key): Promise<boolean>
  /** The same for every row that matches; their primary keys. */
  deleteWhere(db: Queryable, where: Matching<C>): Promise<readonly Key[]>
  /** Changes one column without stamps and returns what it held before; null when there is no such row. The row is locked. */
  exchange<K extends keyof C & string>(tx: Tx, key: Key, column: K, value: RowOf<C>[K]): Promise<RowOf<C>[K] | null>
}

/** The repository of a definition of an enabled plugin: one object per deployment. Throws for any other definition. */
export type Repositories = <C extends Columns>(definition: ModelDefinition<C>) => Repository<C>

/** One row of a write. The key is undefined where a Sequelize model updated or deleted by another condition. */
export interface WrittenRow {
  readonly key: Key | undefined
  /** Of an insert all columns, of an update those that were set, of a delete the row that is gone. */
  readonly values: Readonly<Record<string, unknown>>
}

/** What a statement wrote. A soft delete is an update of `deleted`. */
export interface Write {
  readonly action: 'insert' | 'update' | 'delete'
  readonly model: ModelDefinition
  readonly rows: readonly WrittenRow[]
  /** For which request or message; undefined in commands. */
  readonly context: WriteContext | undefined
  /** Undefined for a write outside of a transaction. */
  readonly tx: Tx | undefined
  /** Runs `work` once the write is committed, and never when it is rolled back. */
  afterCommit(work: () => void | Promise<void>): void
}

export interface WriteContext {
  readonly requestId: string
  /** The user's id, or null for the system. */
  readonly actor: number | null
  readonly request?: FastifyRequest
}

/** Called after a write, in its transaction. An error it throws fails the write. */
export type WriteListener = (write: Write) => void | Promise<void>

/** The write observers of a deployment. They see repositories and Sequelize models, but neither SQL of plugins nor `technical` models. */
export interface Writes {
  /** Calls `listener` after every write until the function that is returned is called. */
  observe(listener: WriteListener): () => void
}
