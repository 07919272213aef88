import type { Column, Columns, ModelDefinition } from '../../kernel/plugin/models.ts'
import type {
  Key,
  KeysOf,
  Matching,
  Repositories,
  Repository,
  UpdateOptions,
  Values,
  Write,
  WrittenRow
} from '../../kernel/plugin/repository.ts'
import type { Clock } from '../../kernel/ports/clock.ts'
import type { Queryable, Tx } from '../../kernel/ports/database.ts'
import { currentContext } from './request-context.ts'
import { WriteObservers } from './writes.ts'
import type { Contribution } from '../../kernel/contributions/contribution.ts'
import { models } from './models.ts'

type Row = Readonly<Record<string, unknown>>

/** The repositories of a deployment: one for each definition of an enabled plugin. They need no open database. */
export function makeRepositories(models: Iterable<ModelDefinition>, clock: Clock, writes: WriteObservers): Repositories {
  const made = new Map([...models].map(definition => [definition.table, new TableRepository(definition, clock, writes)]))
  return <C extends Columns>({ name, table }: ModelDefinition<C>) => {
    const repository = made.get(table)
    if (!repository) throw new Error(`model ${name} is not declared by any enabled plugin`)
    return repository as unknown as Repository<C>
  }
}

/** `insert into …` of the rows that are the first parameter of a statement for `insertWith`; `returning …` may follow. */
export function insertSql({ table, columns }: { readonly table: string; readonly columns: Columns }): string {
  const list = quoted(writtenColumns(columns))
  return `insert into ${table} (${list}) select ${list} from jsonb_populate_recordset(null::${table}, $1::jsonb)`
}

/**
 * Sets of columns for which an update of a table has a text of its own: that costs PostgreSQL about 90 µs for a patient, the text for any
 * columns 140 µs. The number is bounded, because fields of PATCH requests make sets without end.
 */
const OWN_TEXTS = 16

/**
 * Rows travel as JSON, so that a statement has the same text whatever columns a caller gives, and is planned once per connection.
 * PostgreSQL reads dates, arrays and documents from it by the types of the columns.
 */
class TableRepository implements Repository<Columns> {
  readonly #definition: ModelDefinition
  readonly #clock: Clock
  readonly #writes: WriteObservers
  /** The primary key. */
  readonly #key: string
  readonly #defaults: readonly (readonly [column: string, value: unknown])[]
  readonly #all: string
  readonly #insert: string
  /** Columns that may change. */
  readonly #changed: readonly string[]
  /** Assigns whichever of them the first parameter has. */
  readonly #assignAny: string
  readonly #ownTexts = new Set<string>()
  readonly #texts = new Map<string, string>()

  constructor(definition: ModelDefinition, clock: Clock, writes: WriteObservers) {
    const { columns } = definition
    this.#definition = definition
    this.#clock = clock
    this.#writes = writes
    this.#key = Object.keys(columns).find(name => columns[name]?.options.primaryKey) ?? 'id'
    const written = writtenColumns(columns)
    this.#defaults = written.map(name => [name, columns[name]?.options.defaultValue ?? null])
    this.#all = quoted(Object.keys(columns))
    this.#insert = `${insertSql(definition)} returning ${quoted([this.#key, ...returnedKeys(columns).filter(name => name !== this.#key)])}`
    // Keys never change, and are left out: PostgreSQL locks a row more strongly where one might.
    this.#changed = written.filter(name => name !== this.#key && name !== 'external_id')
    const values = this.#changed.map(name => `r."${name}"`).join(', ')
    this.#assignAny = `(${quoted(this.#changed)}) = (select ${values} from jsonb_populate_record(t, $1::jsonb) r)`
  }

  async insert(db: Queryable, values: Values<Columns>): Promise<KeysOf<Columns>> {
    const [keys] = await this.insertMany(db, [values])
    if (!keys) throw new Error(`nothing was inserted into ${this.#definition.table}`)
    return keys
  }

  async insertMany(db: Queryable, rows: readonly Values<Columns>[]): Promise<readonly KeysOf<Columns>[]> {
    return rows.length === 0 ? [] : this.insertWith(db, this.#insert, rows)
  }

  async insertMissing(db: Queryable, rows: readonly Values<Columns>[]): Promise<readonly KeysOf<Columns>[]> {
    if (rows.length === 0) return []
    const text = this.#text('missing', () => `${insertSql(this.#definition)} on conflict do nothing returning ${this.#all}`)
    const { rows: made } = await db.query<Row>(text, [JSON.stringify(this.#completed(rows))])
    await this.#report(db, 'insert', () => made.map(row => ({ key: row[this.#key] as Key, values: row })))
    return made as unknown as readonly KeysOf<Columns>[]
  }

  async insertWith<Made>(
    db: Queryable,
    statement: string,
    rows: readonly Values<Columns>[],
    parameters: readonly unknown[] = []
  ): Promise<readonly Made[]> {
    const completed = this.#completed(rows)
    const { rows: made } = await db.query<Made>(statement, [JSON.stringify(completed), ...parameters])
    await this.#report(db, 'insert', () =>
      (made as readonly Row[]).map((row, at) => ({ key: row[this.#key] as Key, values: completed[at] ?? {} }))
    )
    return made
  }

  async update(db: Queryable, key: Key, values: Values<Columns>, options?: UpdateOptions): Promise<boolean> {
    return (await this.updateWhere(db, { [this.#key]: key }, values, options)).length > 0
  }

  async updateWhere(
    db: Queryable,
    where: Matching<Columns>,
    values: Values<Columns>,
    { stamp = true }: UpdateOptions = {}
  ): Promise<readonly Key[]> {
    const changes = this.#changes(values, stamp)
    return Object.keys(changes).length === 0 ? [] : this.#set(db, where, changes)
  }

  async delete(db: Queryable, key: Key): Promise<boolean> {
    return (await this.deleteWhere(db, { [this.#key]: key })).length > 0
  }

  async deleteWhere(db: Queryable, where: Matching<Columns>): Promise<readonly Key[]> {
    const { table, columns } = this.#definition
    if ('deleted' in columns) return this.#set(db, where, { deleted: true })
    const [condition, parameters] = this.#condition(where, 1)
    const text = this.#text(`delete ${condition}`, () => `delete from ${table} t where ${condition} returning ${this.#all}`)
    const { rows } = await db.query<Row>(text, parameters)
    await this.#report(db, 'delete', () => rows.map(row => ({ key: row[this.#key] as Key, values: row })))
    return rows.map(row => row[this.#key] as Key)
  }

  async exchange<K extends string>(tx: Tx, key: Key, column: K, value: unknown): Promise<unknown> {
    this.#requireColumn(column)
    const {
      rows: [before]
    } = await tx.query<{ value: unknown }>(
      `select "${column}" as value from ${this.#definition.table} where "${this.#key}" = $1 for no key update`,
      [key]
    )
    await this.update(tx, key, { [column]: value }, { stamp: false })
    return before?.value ?? null
  }

  async #set(db: Queryable, where: Matching<Columns>, changes: Row): Promise<readonly Key[]> {
    const { table } = this.#definition
    const [assignment, assigned] = this.#assignment(changes)
    const [condition, parameters] = this.#condition(where, assigned.length + 1)
    const text = this.#text(
      `${assignment} ${condition}`,
      () => `update ${table} t set ${assignment} where ${condition} returning "${this.#key}" as key`
    )
    const { rows } = await db.query<{ key: Key }>(text, [...assigned, ...parameters])
    await this.#report(db, 'update', () => rows.map(({ key }) => ({ key, values: changes })))
    return rows.map(({ key }) => key)
  }

  /** Rows with a value for every column. */
  #completed(rows: readonly Values<Columns>[]): readonly Row[] {
    const now = this.#clock.now()
    const actor = currentContext()?.actor ?? null
    const { stamps = {} } = this.#definition
    return rows.map(values => {
      for (const name of Object.keys(values)) this.#requireColumn(name)
      return Object.fromEntries(
        this.#defaults.map(([name, value]) => {
          const given = values[name]
          if (given !== undefined) return [name, given]
          if (name === 'created_date' || name === 'modified_date') return [name, now]
          if (stamps.insert?.includes(name)) return [name, actor]
          return [name, typeof value === 'function' ? (value as () => unknown)() : value]
        })
      )
    })
  }

  #changes(values: Values<Columns>, stamp: boolean): Row {
    const { columns, stamps = {} } = this.#definition
    const changes: Record<string, unknown> = {}
    for (const [name, value] of Object.entries(values)) {
      this.#requireColumn(name)
      if (value === undefined) continue
      if (name === this.#key || name === 'external_id')
        throw new Error(`${name} of a row in ${this.#definition.table} never changes`)
      changes[name] = value
    }
    if (!stamp) return changes
    if ('modified_date' in columns && changes.modified_date === undefined) changes.modified_date = this.#clock.now()
    for (const name of stamps.update ?? []) if (changes[name] === undefined) changes[name] = currentContext()?.actor ?? null
    return changes
  }

  /** The text of an assignment, whose parameters are the first, and their values. */
  #assignment(changes: Row): readonly [string, readonly unknown[]] {
    const { columns } = this.#definition
    // In the order of the definition, so that the order of the caller makes no other text.
    const names = this.#changed.filter(name => Object.hasOwn(changes, name))
    const set = names.join()
    if (!this.#ownTexts.has(set)) {
      if (this.#ownTexts.size >= OWN_TEXTS) return [this.#assignAny, [JSON.stringify(changes)]]
      this.#ownTexts.add(set)
    }
    return [
      names.map((name, at) => `"${name}" = $${at + 1}`).join(', '),
      names.map(name => parameter(columns[name], changes[name]))
    ]
  }

  /** The text of a condition, whose parameters begin with `$first`, and their values. */
  #condition(where: Matching<Columns>, first: number): readonly [string, readonly unknown[]] {
    const parameters: unknown[] = []
    const conditions = Object.entries(where).map(([name, value]) => {
      this.#requireColumn(name)
      if (value === undefined) throw new Error(`the value of ${name} is undefined, so the condition would hold for every row`)
      if (value === null) return `t."${name}" is null`
      const placeholder = `$${first + parameters.push(parameter(undefined, value)) - 1}`
      return `t."${name}" = ${Array.isArray(value) ? `any(${placeholder})` : placeholder}`
    })
    if (conditions.length === 0) throw new Error('a condition names at least one column')
    return [conditions.join(' and '), parameters]
  }

  #requireColumn(name: string): void {
    if (!Object.hasOwn(this.#definition.columns, name)) throw new Error(`${this.#definition.table} has no column ${name}`)
  }

  #text(name: string, make: () => string): string {
    const known = this.#texts.get(name)
    if (known !== undefined) return known
    const text = make()
    this.#texts.set(name, text)
    return text
  }

  async #report(db: Queryable, action: Write['action'], rows: () => readonly WrittenRow[]): Promise<void> {
    if (this.#writes.observes(this.#definition)) await this.#writes.report(db, { action, model: this.#definition, rows: rows() })
  }
}

/** A value as the driver must get it: it would write a date in local time, and a list of a document as an array of PostgreSQL. */
function parameter(column: Column | undefined, value: unknown): unknown {
  if (value instanceof Date) return value.toISOString()
  const { key } = (column?.options.type ?? {}) as { readonly key?: string }
  return key === 'JSONB' && value !== null ? JSON.stringify(value) : value
}

/** All but what PostgreSQL counts up. */
const writtenColumns = (columns: Columns): string[] => Object.keys(columns).filter(name => !columns[name]?.options.autoIncrement)

const returnedKeys = (columns: Columns): string[] => ['id', 'external_id'].filter(name => Object.hasOwn(columns, name))

const quoted = (names: readonly string[]): string => names.map(name => `"${name}"`).join(', ')

/** Repositories of the models, and the observers of what is written through them and through Sequelize. */
export const writePath: Contribution<WriteObservers> = {
  name: 'write path',
  collect: () => new WriteObservers(),
  provide(writes, { of, clock }) {
    const definitions = [...of(models).values()].map(({ definition }) => definition)
    const repository = makeRepositories(definitions, clock, writes)
    return () => ({ writes, repository })
  },
  open(writes, { of, ports: { database } }) {
    const byName = new Map([...of(models).values()].map(({ definition }) => [definition.name, definition]))
    if (database) writes.watch(database.sequelize, byName)
  }
}

const UNIQUE_VIOLATION = '23505'

/**
 * Runs a write of a repository or of a Sequelize model. A violation of a unique constraint or index that is named here is thrown as
 * the error given for it; every other error stays as it is. The transaction has failed in either case.
 */
export async function refusingDuplicates<T>(errors: Readonly<Record<string, () => Error>>, write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    const { code, constraint = '' } = ((error as { original?: unknown }).original ?? error) as {
      readonly code?: string
      readonly constraint?: string
    }
    const refusal = code === UNIQUE_VIOLATION && Object.hasOwn(errors, constraint) ? errors[constraint] : undefined
    throw refusal ? refusal() : error
  }
}
