import type { Model, ModelStatic, Sequelize, Transaction } from 'sequelize'
import type { ModelDefinition } from '../../kernel/plugin/models.ts'
import type { Key, Write, WriteListener, Writes, WrittenRow } from '../../kernel/plugin/repository.ts'
import type { Queryable, Tx } from '../../kernel/ports/database.ts'
import { currentContext } from './request-context.ts'
import { txOf } from './transaction.ts'

/** The write observers of one deployment; repositories and Sequelize's hooks report to it. */
export class WriteObservers implements Writes {
  readonly #listeners = new Set<WriteListener>()

  observe(listener: WriteListener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Whether a write of this model is to be reported. */
  observes({ technical }: ModelDefinition): boolean {
    return this.#listeners.size > 0 && technical !== true
  }

  /** Reports what a repository wrote. */
  async report(db: Queryable, written: Pick<Write, 'action' | 'model' | 'rows'>): Promise<void> {
    const tx = 'afterCommit' in db ? (db as Tx) : undefined
    await this.#call(written, tx, tx)
  }

  /** Reports what the Sequelize models write from now on. */
  watch(sequelize: Sequelize, definitions: ReadonlyMap<string, ModelDefinition>): void {
    const report = async (
      action: Write['action'],
      table: ModelStatic<Model> | undefined,
      options: Hooked,
      rows: () => WrittenRow[]
    ) => {
      const model = table && definitions.get(table.name)
      if (!model || !this.observes(model)) return
      const { transaction } = options
      await this.#call({ action, model, rows: rows() }, transaction ? txOf(transaction) : undefined, transaction ?? undefined)
    }
    const one = (action: Write['action'], values: (row: Model) => WrittenRow['values']) => (row: Model, options: Hooked) =>
      report(action, row.constructor as ModelStatic<Model>, options, () => [{ key: row.get('id') as Key, values: values(row) }])
    const bulk = (action: Write['action']) => (options: HookedBulk) =>
      report(action, options.model, options, () => {
        const { id } = (options.where ?? {}) as { readonly id?: unknown }
        const keys = Array.isArray(id) ? (id as Key[]) : [typeof id === 'number' || typeof id === 'string' ? id : undefined]
        const values = action === 'update' ? (options.attributes ?? {}) : ((options.where ?? {}) as WrittenRow['values'])
        return keys.map(key => ({ key, values }))
      })
    sequelize.addHook('afterCreate', one('insert', plain))
    sequelize.addHook('afterBulkCreate', (rows: readonly Model[], options: HookedBulk) =>
      report('insert', options.model ?? (rows[0]?.constructor as ModelStatic<Model> | undefined), options, () =>
        rows.map(row => ({ key: (row.get('id') as Key | null) ?? undefined, values: plain(row) }))
      )
    )
    sequelize.addHook('afterUpdate', one('update', changesOf))
    sequelize.addHook('afterDestroy', one('delete', plain))
    sequelize.addHook('afterBulkUpdate', bulk('update'))
    sequelize.addHook('afterBulkDestroy', bulk('delete'))
  }

  async #call(
    written: Pick<Write, 'action' | 'model' | 'rows'>,
    tx: Tx | undefined,
    committing: Pick<Tx, 'afterCommit'> | Transaction | undefined
  ): Promise<void> {
    if (written.rows.length === 0) return
    const steps: (() => void | Promise<void>)[] = []
    const write: Write = {
      ...written,
      context: currentContext(),
      tx,
      afterCommit: work => (committing ? void committing.afterCommit(work) : void steps.push(work))
    }
    for (const listener of this.#listeners) await listener(write)
    // A write that has no transaction is committed already.
    for (const step of steps) await step()
  }
}

interface Hooked {
  readonly transaction?: Transaction | null
}

interface HookedBulk extends Hooked {
  /** Always there for updates and deletes; Sequelize's types do not know of it. */
  readonly model?: ModelStatic<Model>
  /** What was set, and by which condition. */
  readonly attributes?: Readonly<Record<string, unknown>>
  readonly where?: object
}

const plain = (row: Model) => row.get({ plain: true }) as WrittenRow['values']

function changesOf(row: Model): WrittenRow['values'] {
  return Object.fromEntries(Object.keys(row.previous() as object).map(name => [name, row.get(name)]))
}
