import type { Test } from 'tap'
import type { Database, Queryable } from '../../../kernel/ports/database.ts'
import type { DatabaseUnderTest } from './under-test.ts'

/** Declares a test on an opened database with an empty table `suite_entry`. */
export type UsingDatabase = (name: string, work: (t: Test, port: Database, under: DatabaseUnderTest) => Promise<void>) => void

/** Names in `suite_entry`, sorted. */
export async function names(on: Queryable): Promise<string[]> {
  return (await on.query<{ name: string }>('select name from suite_entry order by name')).rows.map(({ name }) => name)
}

/** One more row. */
export function insert(on: Queryable, name: string) {
  return on.query('insert into suite_entry (name) values ($1)', [name])
}

/** The part of the database suite about transactions. */
export function transactionTests(using: UsingDatabase): void {
  using('a transaction commits, and gives what the work gives', async (t, port) => {
    t.equal(
      await port.transaction(async tx => {
        await insert(tx, 'a')
        t.strictSame(await names(tx), ['a'], 'it sees its own writes')
        t.strictSame(await names(port), [], 'others do not')
        return 'given'
      }),
      'given'
    )
    t.strictSame(await names(port), ['a'])
  })

  using('a transaction rolls back, and rejects with the very error', async (t, port) => {
    const thrown = new Error('thrown by the work')
    await t.rejects(
      port.transaction(async tx => {
        await insert(tx, 'a')
        throw thrown
      }),
      thrown
    )
    await t.rejects(
      port.transaction(async tx => {
        await insert(tx, 'a')
        await insert(tx, 'a')
      }),
      { code: '23505' }
    )
    await t.rejects(
      port.transaction(async tx => {
        await insert(tx, 'a')
          .then(() => tx.query('selekt 1'))
          .catch(() => undefined)
        await insert(tx, 'b')
      }),
      { code: '25P02' },
      'after an error inside nothing more is taken'
    )
    t.strictSame(await names(port), [])
  })

  using('afterCommit runs once the commit has succeeded, in order', async (t, port) => {
    const ran: string[] = []
    await port.transaction(async tx => {
      await insert(tx, 'a')
      tx.afterCommit(async () => {
        t.strictSame(await names(port), ['a'], 'all see the row')
        ran.push('first')
      })
      tx.afterCommit(() => void ran.push('second'))
      t.strictSame(ran, [])
    })
    t.strictSame(ran, ['first', 'second'])
  })

  using('afterCommit never runs when nothing was committed', async (t, port) => {
    const ran: string[] = []
    await t.rejects(
      port.transaction(async tx => {
        tx.afterCommit(() => void ran.push('thrown'))
        throw new Error('thrown')
      })
    )
    await insert(port, 'taken')
    await t.rejects(
      port.transaction(async tx => {
        tx.afterCommit(() => void ran.push('refused at commit'))
        await tx.query('set constraints all deferred')
        await insert(tx, 'taken')
      }),
      { code: '23505' },
      'a constraint that is checked at commit'
    )
    t.strictSame(ran, [])
    await t.rejects(
      port.transaction(async tx => {
        tx.afterCommit(() => void ran.push('swallowed'))
        await insert(tx, 'lost')
        await tx.query('selekt 1').catch(() => undefined)
      }),
      'the work swallowed an error: PostgreSQL answers the commit with a rollback'
    )
    t.strictSame(ran, [])
    t.strictSame(await names(port), ['taken'])
  })

  using('models and statements share a transaction', async (t, port) => {
    await t.rejects(
      port.transaction(async tx => {
        await port.sequelize.query("insert into suite_entry (name) values ('by sequelize')", { transaction: tx.sequelize })
        t.strictSame(await names(tx), ['by sequelize'])
        throw new Error('back')
      })
    )
    t.strictSame(await names(port), [])
    const [rows] = await port.sequelize.query('select 9007199254740991::int8 as big')
    t.strictSame(rows, [{ big: Number.MAX_SAFE_INTEGER }])
  })

  using('concurrent transactions are isolated', async (t, port) => {
    await port.query("insert into suite_entry (name) values ('counter')")
    const seen = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        port
          .transaction(async tx => {
            const {
              rows: [row]
            } = await tx.query<{ amount: number }>("select amount from suite_entry where name = 'counter' for update")
            await insert(tx, `by ${index}`)
            await tx.query("update suite_entry set amount = $1 where name = 'counter'", [(row?.amount ?? 0) + 1])
            if (index % 4 === 3) throw new Error('back')
            return row?.amount ?? -1
          })
          .catch((error: Error) => (error.message === 'back' ? undefined : Promise.reject(error)))
      )
    )
    t.strictSame(
      seen.filter(amount => amount !== undefined).sort((a, b) => a - b),
      Array.from({ length: 15 }, (_, index) => index)
    )
    t.equal((await port.query<{ count: number }>('select count(*) from suite_entry')).rows[0]?.count, 16)
  })
}
