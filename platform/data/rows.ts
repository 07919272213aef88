import type { Column, Columns, ModelDefinition } from '../../kernel/plugin/models.ts'
import type { Sequelize } from 'sequelize'
import type { Tx } from '../../kernel/ports/database.ts'

/**
 * Prepared statements that write rows of one table, for what is written often: the model's own are planned anew each time. Whoever watches
 * the model, such as the audit log, is told as by the model.
 */
export interface Rows {
  /** `insert into …` of the rows that are the first value of a statement for `add`; `returning …` may follow. */
  readonly insert: string
  /** Runs a statement around `insert`, which returns an id for every row, in order. What a row does not say is the model's default; `values` are `$2` and on. */
  add<Made extends { readonly id: number } = { readonly id: number }>(
    tx: Tx,
    statement: string,
    rows: readonly Readonly<Record<string, unknown>>[],
    values?: readonly unknown[]
  ): Promise<readonly Made[]>
  /** Changes these columns of the row of an id; what is undefined stays. Their names must be the code's own, never input. */
  update(tx: Tx, id: number, values: Readonly<Record<string, unknown>>): Promise<void>
  /** Changes one column, the row held; what was there before, null where there is no such row. */
  exchange<T>(tx: Tx, id: number, column: string, value: T | null): Promise<T | null>
}

/** Makes the statements of a model. Rows are counted up by PostgreSQL. */
export function rowsOf<C extends Columns>({ name, table, columns }: ModelDefinition<C>): Rows {
  const written = Object.entries<Column>(columns).filter(([, { options }]) => !options.autoIncrement)
  const list = written.map(([name]) => `"${name}"`).join(', ')
  const fallbacks = written.map(([name, { options }]) => [name, options.defaultValue ?? null] as const)
  const defaults = () =>
    Object.fromEntries(fallbacks.map(([name, value]) => [name, typeof value === 'function' ? (value as () => unknown)() : value]))
  const rows: Rows = {
    insert: `insert into ${table} (${list}) select ${list} from jsonb_populate_recordset(null::${table}, $1::jsonb)`,
    async add<Made extends { readonly id: number }>(
      tx: Tx,
      statement: string,
      rows: readonly Readonly<Record<string, unknown>>[],
      values: readonly unknown[] = []
    ) {
      const json = JSON.stringify(rows.map(row => ({ ...defaults(), ...row })))
      const { rows: made } = await tx.query<Made>(statement, [json, ...values])
      const watched = watchedOf(tx)
      if (watched.hasHook('afterCreate')) {
        const model = watched.model(name)
        for (const { id } of made)
          await watched.runHooks('afterCreate', model.build({ id }, { isNewRecord: false }), { transaction: tx.sequelize })
      }
      return made
    },
    async update(tx: Tx, id: number, values: Readonly<Record<string, unknown>>) {
      const given = Object.entries(values).filter(([, value]) => value !== undefined)
      if (given.length === 0) return
      const changes = given.map(([name], at) => `"${name}" = $${at + 2}`).join(', ')
      await tx.query(`update ${table} set ${changes} where id = $1`, [
        id,
        ...given.map(([name, value]) => parameter(columns[name], value))
      ])
      const watched = watchedOf(tx)
      if (watched.hasHook('afterBulkUpdate'))
        await watched.runHooks('afterBulkUpdate', {
          model: watched.model(name),
          where: { id },
          attributes: Object.fromEntries(given),
          transaction: tx.sequelize
        })
    },
    async exchange<T>(tx: Tx, id: number, column: string, value: T | null) {
      const {
        rows: [before]
      } = await tx.query<{ value: T | null }>(`select "${column}" as value from ${table} where id = $1 for no key update`, [id])
      await rows.update(tx, id, { [column]: value })
      return before?.value ?? null
    }
  }
  return Object.freeze(rows)
}

type Watched = Sequelize & { runHooks(hook: string, ...what: readonly unknown[]): Promise<void> }

/** Sequelize's types know neither of this property nor of the function that its own statements call. */
const watchedOf = ({ sequelize }: Tx): Watched => (sequelize as unknown as { readonly sequelize: Watched }).sequelize

/** A value as the driver writes it right: it would make an array of PostgreSQL of a list that is JSON, and local time of a date. */
function parameter(column: Column | undefined, value: unknown): unknown {
  if (value instanceof Date) return value.toISOString()
  const { key } = (column?.options.type ?? {}) as { readonly key?: string }
  return key === 'JSONB' && value !== null ? JSON.stringify(value) : value
}
