import { createHash } from 'node:crypto'
import type { Database, Logger } from 'care-kernel'
import { writingRequest } from 'care-kernel/rest'
import type { Model, ModelStatic, Transaction } from 'sequelize'
import type { AuthSettings } from './settings.ts'

type Values = Readonly<Record<string, unknown>>
type Table = ModelStatic<Model>

interface Written {
  readonly transaction?: Transaction | null
}

interface WrittenInBulk extends Written {
  /** Always there; Sequelize's types do not know of it. */
  readonly model?: Table
  /** What was set, and by which condition. */
  readonly attributes?: Values
  readonly where?: object
}

const MASK = 'xxx'

/**
 * A log line for every row written through a model, once it is committed (contract auth-users §1.23):
 * `AUDIT_LOG::<request>|<user>|<insert|update|delete>|<app.Model>|ID:<key>|<json>`. A value is shown where its column says nothing
 * about a person, and masked everywhere else. Request and user are `-` for jobs and commands; statements without a model are not seen.
 */
export class Audit {
  readonly #database: Database
  readonly #logger: Logger
  readonly #on: boolean

  constructor({ database, logger, config }: { database: Database; logger: Logger; config: AuthSettings }) {
    this.#database = database
    this.#logger = logger
    this.#on = config.auditLog
  }

  /** Off unless the settings say otherwise. */
  start(): void {
    if (!this.#on) return
    const { sequelize } = this.#database
    sequelize.addHook('afterCreate', (row: Model, options: Written) =>
      this.#line('insert', tableOf(row), keyOf(row), {}, options)
    )
    sequelize.addHook('afterUpdate', (row: Model, options: Written) =>
      this.#line('update', tableOf(row), keyOf(row), changesOf(row), options)
    )
    sequelize.addHook('afterDestroy', (row: Model, options: Written) =>
      this.#line('delete', tableOf(row), keyOf(row), row.get({ plain: true }) as Values, options)
    )
    sequelize.addHook('afterBulkUpdate', (options: WrittenInBulk) => this.#bulk('update', options, options.attributes))
    sequelize.addHook('afterBulkDestroy', (options: WrittenInBulk) =>
      this.#bulk('delete', options, options.where as Values | undefined)
    )
  }

  #bulk(action: 'update' | 'delete', options: WrittenInBulk, values: Values = {}): void {
    if (options.model) this.#line(action, options.model, (options.where as { id?: unknown } | undefined)?.id, values, options)
  }

  #line(action: 'insert' | 'update' | 'delete', table: Table, key: unknown, values: Values, { transaction }: Written): void {
    if (action === 'update' && Object.keys(values).length === 0) return
    const name = table.getTableName()
    const [app = ''] = (typeof name === 'string' ? name : name.tableName).split('_', 1)
    const text = `AUDIT_LOG::${writer()}|${action}|${app}.${table.name}|ID:${typeof key === 'number' || typeof key === 'string' ? key : '-'}|${JSON.stringify(masked(table, values))}`
    const write = () => this.#logger.info({}, text)
    if (transaction) transaction.afterCommit(write)
    else write()
  }
}

/** `<method>::<md5 of the path>::<id>|<user name>` of the request that writes. */
function writer(): string {
  const request = writingRequest()
  if (!request) return '-|-'
  const path = createHash('md5')
    .update((request.url.split('?', 1)[0] ?? '').toLowerCase())
    .digest('hex')
  return `${request.method}::${path}::${request.id.replaceAll('-', '')}|${request.actor?.username ?? '-'}`
}

/** Only columns of privacy class none are shown. */
function masked(table: Table, values: Values): Values {
  const columns = table.getAttributes() as Readonly<Record<string, { readonly privacy?: string }>>
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, columns[name]?.privacy === 'none' ? value : MASK])
  )
}

function changesOf(row: Model): Values {
  const changed = row.previous() as Values
  return Object.fromEntries(Object.keys(changed).map(name => [name, row.get(name)]))
}

const tableOf = (row: Model) => row.constructor as Table
const keyOf = (row: Model) => row.get('id')
