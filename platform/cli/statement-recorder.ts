import type pg from 'pg'
import type { Gateway } from '../../kernel/plugin/gateway.ts'
import type { Database, Queryable, Tx } from '../../kernel/ports/database.ts'

/** One statement that ran. */
export interface RecordedStatement {
  readonly text: string
  readonly values: readonly unknown[]
}

/** A cursor is a statement object with its text inside. */
interface Submittable {
  readonly text?: string
  readonly values?: readonly unknown[]
  readonly cursor?: { readonly text: string; readonly values: readonly unknown[] }
}

class Rollback extends Error {}

/**
 * Records the statements of work on a database: statements, those of transactions and models, and cursors. All of it runs in one transaction
 * that is rolled back, so that a request that writes, such as a search that is logged, leaves nothing behind.
 */
export class StatementRecorder {
  readonly #statements: RecordedStatement[] = []
  #database: Database | undefined
  #tx: Tx | undefined
  #isOver = false

  /** The same gateway, whose database is recorded. */
  record(gateway: Gateway): Gateway {
    return { ...gateway, open: async (...args) => this.#recording((await gateway.open(...args)) as Database) }
  }

  /** The database without the recorder, once it is open. */
  get database(): Database | undefined {
    return this.#database
  }

  /** Runs work once, and returns what it ran. */
  async run(work: () => Promise<void>): Promise<readonly RecordedStatement[]> {
    this.#statements.length = 0
    if (!this.#database) await work()
    else
      await this.#database
        .transaction(async tx => {
          this.#tx = tx
          await work()
          throw new Rollback()
        })
        .catch((error: unknown) => {
          if (!(error instanceof Rollback)) throw error
        })
    this.#isOver = true
    return [...this.#statements]
  }

  #recording(database: Database): Database {
    this.#database = database
    database.sequelize.addHook('afterQuery', ((options: { bind?: readonly unknown[] }, query: { sql?: string }) =>
      this.#add(query.sql ?? '', options.bind)) as never)
    return overriding(database, {
      query: async (text, values) => this.#recordingTx(this.#tx ?? database).query(text, values),
      transaction: work => this.#nested(database, work),
      pool: overriding(database.pool, {
        connect: (async () => this.#recordingClient(await database.pool.connect())) as pg.Pool['connect']
      })
    })
  }

  #add(text: string, values: readonly unknown[] = []): void {
    if (this.#isOver) throw new Error('the recorded request is over')
    this.#statements.push({ text, values })
  }

  /** A transaction within the one that is rolled back: a savepoint. It is never committed, so that nothing runs after its commit. */
  async #nested<T>(database: Database, work: (tx: Tx) => Promise<T>): Promise<T> {
    const tx = this.#tx
    if (!tx) return database.transaction(inner => work(this.#recordingTx(inner)))
    await tx.query('savepoint recorded')
    try {
      const result = await work(overriding(this.#recordingTx(tx), { afterCommit: () => undefined }))
      await tx.query('release savepoint recorded')
      return result
    } catch (error) {
      await tx.query('rollback to savepoint recorded')
      throw error
    }
  }

  #recordingTx<Q extends Queryable>(tx: Q): Q {
    const query: Queryable['query'] = async (text, values) => {
      this.#add(text, values)
      return tx.query(text, values)
    }
    return overriding<Queryable>(tx, { query }) as Q
  }

  #recordingClient(client: pg.PoolClient): pg.PoolClient {
    return overriding(client, {
      query: ((statement: string | Submittable, ...rest: unknown[]) => {
        const { text = '', values = [] } =
          typeof statement === 'string'
            ? { text: statement, values: Array.isArray(rest[0]) ? rest[0] : [] }
            : (statement.cursor ?? statement)
        this.#add(text, values)
        return (client.query as (...args: unknown[]) => unknown).call(client, statement, ...rest)
      }) as pg.PoolClient['query'],
      release: client.release.bind(client)
    })
  }
}

/** An object with these members in place of its own. */
function overriding<T extends object>(object: T, members: Partial<T>): T {
  return Object.create(object, Object.getOwnPropertyDescriptors(members)) as T
}
