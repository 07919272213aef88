import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import type { Test } from 'tap'
import { insert, names, transactionTests, type UsingDatabase } from './database-transactions.ts'
import { testing } from './tools.ts'
import type { DatabaseUnderTest } from './under-test.ts'

/** Declares the tests of the port `database` in `t` (tap) for one gateway. `open` is called once per test; the suite makes its own table. */
export function databaseSuite(t: Test, open: () => Promise<DatabaseUnderTest>): void {
  const using: UsingDatabase = (name, work) =>
    testing(t, open)(name, async (t, under) => {
      await under.port.query('drop table if exists suite_entry')
      await under.port.query(
        'create table suite_entry (id int8 generated always as identity primary key, name text unique deferrable initially immediate, amount int not null default 0)'
      )
      await work(t, under.port, under)
    })

  using('types arrive as the port says, alone and in a transaction', async (t, port) => {
    const text = `select 9007199254740991::int8 as big, count(*) as count, 7::int4 as small, 1.50::numeric as amount, timestamptz '2024-02-29 12:34:56.123456+00' as at,
      timestamp '2024-02-29 12:34:56.123456' as local, date '2024-02-29' as day, time '23:59:59' as hour, true as yes, null as nothing, '{"a":[1,"ക"]}'::jsonb as json,
      '\\x00ff'::bytea as bytes, array['a', null]::text[] as list, '5f2c7d3e-0000-4000-8000-000000000000'::uuid as id, 0.5::float8 as half from suite_entry`
    const check = ([row]: Record<string, unknown>[], how: string) => {
      t.strictSame(
        { ...row, at: '', bytes: '' },
        {
          big: Number.MAX_SAFE_INTEGER,
          count: 0,
          small: 7,
          amount: '1.50',
          at: '',
          local: '2024-02-29 12:34:56.123456',
          day: '2024-02-29',
          hour: '23:59:59',
          yes: true,
          nothing: null,
          json: { a: [1, 'ക'] },
          bytes: '',
          list: ['a', null],
          id: '5f2c7d3e-0000-4000-8000-000000000000',
          half: 0.5
        },
        how
      )
      t.type(row?.at, 'string', `${how}: timestamptz is text`)
      t.match(row?.at, /\.123456[+-]\d\d/, `${how}: no microsecond is lost`)
      t.equal(new Date(String(row?.at)).toISOString(), '2024-02-29T12:34:56.123Z', how)
      t.ok(Buffer.from([0, 255]).equals(row?.bytes as Buffer), how)
    }
    check((await port.query(text)).rows, 'alone')
    await port.transaction(async tx => check((await tx.query(text)).rows, 'in a transaction'))
  })

  using('values travel as parameters', async (t, port) => {
    const odd = `o'Hara "x" \\ $1 ; -- 🏥 മലയാളം \n`
    const {
      rows: [row]
    } = await port.query(
      'select $1::text as text, $2::int8 as big, $3::text[] as list, $4::timestamptz = $5::timestamptz as same, $6::text as nothing, $7::bool as yes',
      [odd, 2 ** 53 - 1, [odd, 'b'], new Date(0), '1970-01-01T00:00:00Z', null, true]
    )
    t.strictSame(row, { text: odd, big: 2 ** 53 - 1, list: [odd, 'b'], same: true, nothing: null, yes: true })
    const result = await port.query('select 1 as one where false')
    t.strictSame([result.rows, result.rowCount], [[], 0])
    t.equal((await insert(port, 'a')).rowCount, 1)
  })

  using("errors are PostgreSQL's own, and the connection stays usable", async (t, port) => {
    await insert(port, 'a')
    for (let round = 0; round < 3; round++) {
      await t.rejects(port.query('selekt 1'), { code: '42601' })
      await t.rejects(insert(port, 'a'), { code: '23505', constraint: 'suite_entry_name_key' })
      await t.rejects(port.query('select 1 / $1::int', [0]), { code: '22012' })
      await t.rejects(port.query('select $1::text', ['nul \0']), { code: '22021' })
    }
    t.strictSame(await names(port), ['a'])
  })
  using('more calls than connections wait their turn', async (t, port) => {
    const numbers = Array.from({ length: 200 }, (_, index) => index)
    const rows = await Promise.all(
      numbers.map(
        async number =>
          (await port.query<{ number: number }>('select $1::int as number, pg_sleep(0.001)', [number])).rows[0]?.number
      )
    )
    t.strictSame(rows, numbers)
  })

  using('a statement is prepared once per connection', async (t, port) => {
    await port.transaction(async tx => {
      const text = 'select $1::int + 41 as answer'
      for (const number of [1, 2, 3]) t.strictSame((await tx.query(text, [number])).rows, [{ answer: number + 41 }])
      const prepared = await tx.query<{ count: number }>(
        'select count(*), min(name) as name from pg_prepared_statements where statement = $1',
        [text]
      )
      t.match(prepared.rows, [{ count: 1, name: /./ }])
    })
    const before = port.statements()
    await port.query('select 1')
    await port.transaction(tx => tx.query('select 1'))
    t.ok(port.statements() >= before + 2, 'statements are counted')
  })

  using('a prepared statement whose columns have changed is of use again after it failed once', async (t, port) => {
    await insert(port, 'a')
    const ask = async () => (await port.transaction(tx => tx.query('select * from suite_entry'))).rows
    for (let round = 0; round < 3; round++) t.strictSame(await ask(), [{ id: 1, name: 'a', amount: 0 }])
    await port.query('alter table suite_entry add column more text')
    await ask().catch((error: unknown) => t.match(error, { code: '0A000' }))
    for (let round = 0; round < 3; round++) t.strictSame(await ask(), [{ id: 1, name: 'a', amount: 0, more: null }])
    for (let round = 0; round < 3; round++)
      t.equal((await port.query('update suite_entry set amount = amount + 1')).rowCount, 1, 'statements without columns too')
  })

  using('what cannot be sent or answered is an error, and the connection stays usable', async (t, port) => {
    const circular: Record<string, unknown> = {}
    circular.self = circular
    for (let round = 0; round < 2; round++) {
      await t.rejects(port.query('select $1::jsonb', [circular]), /circular/)
      await t.rejects(port.query('copy suite_entry from stdin'), { code: '57014' })
      t.strictSame(await port.query(''), { rows: [], rowCount: 0 })
    }
    await port.transaction(async tx => {
      await t.rejects(tx.query('select $1::jsonb', [circular]), /circular/)
      await insert(tx, 'after')
    })
    t.strictSame(await names(port), ['after'])
  })

  using('a statement that takes too long ends, the connection stays usable', async (t, port, { statementSeconds }) => {
    const from = performance.now()
    await t.rejects(port.query('select pg_sleep($1)', [statementSeconds + 5]), { code: '57014' })
    await t.rejects(
      port.transaction(tx => tx.query('select pg_sleep($1)', [statementSeconds + 5])),
      { code: '57014' }
    )
    t.ok(performance.now() - from < (2 * statementSeconds + 3) * 1000)
    await port.check()
    await port.transaction(tx => insert(tx, 'after'))
    t.strictSame(await names(port), ['after'])
  })

  using('lost connections are replaced, the transaction on one is not committed', async (t, port) => {
    const ran: string[] = []
    await Promise.all(Array.from({ length: 4 }, () => port.query('select pg_sleep(0.01)')))
    await t.rejects(
      port.transaction(async tx => {
        tx.afterCommit(() => void ran.push('lost'))
        await insert(tx, 'lost')
        await endAllConnections(port.url)
        await insert(tx, 'lost too')
      })
    )
    await wait(50)
    await port.query('select 1')
    await port.transaction(tx => insert(tx, 'after'))
    t.strictSame(await names(port), ['after'])
    await endAllConnections(port.url)
    await wait(50)
    await Promise.all(Array.from({ length: 10 }, () => port.check()))
    await Promise.all(Array.from({ length: 4 }, (_, index) => port.transaction(tx => insert(tx, `more ${index}`))))
    t.equal((await names(port)).length, 5)
    t.strictSame(ran, [])
  })

  using('closing is safe twice, and calls after it reject', async (t, port) => {
    await Promise.all([port.close(), port.close()])
    await port.close()
    await t.rejects(port.query('select 1'))
    await t.rejects(port.check())
    await t.rejects(port.transaction(async () => undefined))
  })

  transactionTests(using)
}

/** What a restart of the server does to the connections. */
async function endAllConnections(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()'
    )
    for (;;) {
      const { rowCount } = await client.query(
        'select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()'
      )
      if (!rowCount) return
      await wait(10)
    }
  } finally {
    await client.end()
  }
}
