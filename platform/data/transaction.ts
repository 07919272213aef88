import type pg from 'pg'
import { Transaction, type Sequelize } from 'sequelize'
import type { Result, Tx } from '../../kernel/ports/database.ts'
import { runPrepared } from './prepared.ts'

const transactions = new WeakMap<Transaction, Tx>()

/** The transaction to which `tx.sequelize` belongs; undefined for one that Sequelize began itself. */
export const txOf = (transaction: Transaction): Tx | undefined => transactions.get(transaction)

interface TransactionParts {
  readonly sequelize: Sequelize
  readonly types: pg.CustomTypesConfig
  /** The name under which a statement is prepared, if it is. */
  readonly name: (text: string) => string | undefined
  /** Called for every statement. */
  readonly counted: () => void
}

/**
 * Gives what runs work in a transaction, on a connection of Sequelize's pool so that models take part. It is begun and committed here:
 * Sequelize's way to do so costs twice as much of the processor as the connection itself.
 */
export function makeTransactions({ sequelize, types, name, counted }: TransactionParts) {
  const { connectionManager: connections } = sequelize

  return async function transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const client = (await connections.getConnection({ type: 'write' })) as pg.Client
    const after: (() => void | Promise<void>)[] = []
    const afterCommit = (step: () => void | Promise<void>) => void after.push(step)
    // As Sequelize itself keeps them: it refuses statements of models once it is finished.
    const inner = Object.assign(new Transaction(sequelize, {}), {
      connection: client,
      finished: undefined as string | undefined,
      afterCommit
    })
    const run = (statement: string) => {
      counted()
      return client.query(statement)
    }
    const tx: Tx = {
      sequelize: inner,
      async query<Row>(text: string, values: readonly unknown[] = []): Promise<Result<Row>> {
        // Code that still runs after the end must not write into the next transaction of this connection.
        if (inner.finished) throw new Error('the transaction is over')
        counted()
        return runPrepared<Row>(client, { text, name: name(text), values, types })
      },
      afterCommit
    }
    transactions.set(inner, tx)
    let result: T
    try {
      await run('begin')
      result = await work(tx).finally(() => (inner.finished = 'over'))
      // PostgreSQL answers the commit of a failed transaction with a rollback, and no error.
      if (await isAborted(client)) throw new Error('the transaction failed before its end, so nothing of it is kept')
      await run('commit')
    } catch (error) {
      await run('rollback').catch(() => undefined)
      throw error
    } finally {
      giveBack(client)
    }
    for (const step of after) await step()
    return result
  }

  /** A connection that does not even roll back is of no use to anybody. One that broke has left the pool already, as Sequelize marks it. */
  function giveBack(client: pg.Client & { readonly _invalid?: boolean }): void {
    if (client._invalid) return
    if (client.getTransactionStatus() === 'I') connections.releaseConnection(client)
    else connections.destroyConnection(client).catch(() => undefined)
  }
}

/** Whether a statement failed and nothing was done about it. An error arrives before the state it leaves: an empty statement waits. */
async function isAborted(client: pg.Client): Promise<boolean> {
  const { readyForQuery } = client as unknown as { readyForQuery: boolean }
  if (!readyForQuery) await client.query('')
  return client.getTransactionStatus() === 'E'
}
