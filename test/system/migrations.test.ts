import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import t from 'tap'
import { readCatalogue, compareCatalogues } from '../../platform/data/catalogue.ts'
import { planCare } from 'care-kernel/platform'
import { migrations as declaredMigrations } from '../../platform/data/migrations.ts'
import { migrate } from '../../platform/data/migrate.ts'
import { FEATURES, care, careApart, configFile, emptyDatabase, launcher, root, run, sql } from './deployment.ts'

const schema = join(process.env.CARE_CONTRACT ?? join(root, '../shared'), 'contract/schema.sql')

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

t.test('twenty migrators at once apply each migration once', async t => {
  const database = await emptyDatabase()
  t.teardown(database.drop)
  const planned = await planCare({
    raw: {
      file: configFile(database.url, FEATURES),
      values: {
        environment: 'development',
        security: { secretKey: 'care-kernel-development-only' },
        plugins: Object.fromEntries(FEATURES.map(name => [name, {}])),
        gateways: {
          database: { use: 'database-postgres', url: database.url },
          cache: { use: 'cache-memory' },
          queue: { use: 'queue-bullmq' },
          email: { use: 'email-log' },
          storage: { use: 'files-local' },
          sms: { use: 'sms-log' }
        }
      }
    }
  })
  const results = await Promise.all(
    Array.from({ length: 20 }, () => migrate(database.url, planned.of(declaredMigrations), { version: '1.0.0' }))
  )
  const applied = results.flatMap(result => result.applied.map(({ owner, name }) => `${owner}/${name}`))
  t.equal(applied.length, planned.of(declaredMigrations).length)
  t.equal(new Set(applied).size, applied.length)
})

t.test('a migrator killed half-way leaves nothing that stops the next', async t => {
  const database = await emptyDatabase()
  t.teardown(database.drop)
  const folder = mkdtempSync(join(tmpdir(), 'care-slow-'))
  writeFileSync(join(folder, '0001_first.sql'), 'create table first (id int)')
  writeFileSync(join(folder, '0002_slow.sql'), 'create table second (id int); select pg_sleep(2); create table third (id int)')
  const entry = join(folder, 'plugin.js')
  writeFileSync(
    entry,
    `import { definePlugin, defineContract } from '${join(root, 'dist/kernel/index.js')}'
export default definePlugin({ contract: defineContract({ name: 'slow', version: 1 }), version: '1.0.0', kernel: '^1.0.0', summary: 'slow', ports: ['database'], migrations: new URL('./', import.meta.url) })`
  )
  const config = configFile(database.url, [entry])
  const child = spawn(process.execPath, [launcher, 'migrate', '--config', config], { stdio: 'ignore' })
  for (let tries = 0; tries < 100; tries++) {
    if (
      (
        await sql<{ query: string }>(
          database.url,
          `select query from pg_stat_activity where query like '%pg_sleep%' and query not like '%pg_stat_activity%' and datname = current_database()`
        )
      ).length > 0
    )
      break
    await wait(50)
  }
  child.kill('SIGKILL')
  await new Promise(resolve => child.once('exit', resolve))
  t.match(
    await careApart(['migrate', '--config', config], {}),
    /applied {3}slow\/0002_slow\.sql/,
    'the next one waits for the dead one to be noticed, and completes'
  )
  t.same(await sql(database.url, `select count(*)::int as count from kernel_migration where owner = 'slow'`), [{ count: 2 }])
})

t.test(
  'our migrations make the tables of the original',
  { skip: existsSync(schema) ? false : 'the contract is not at hand' },
  async t => {
    const [own, original] = await Promise.all([emptyDatabase(), emptyDatabase()])
    t.teardown(own.drop)
    t.teardown(original.drop)
    const config = configFile(own.url, FEATURES)
    await care(['migrate', '--config', config])
    await sql(original.url, readFileSync(schema, 'utf8'))
    const { output } = await run(process.execPath, [launcher, 'plan', '--json', '--config', config])
    // The original has none of ours.
    const tables = (JSON.parse(output) as { tables: { table: string }[] }).tables
      .map(({ table }) => table)
      .filter(table => !table.startsWith('kernel_'))
    t.ok(tables.length >= 15)
    const [expected, actual] = await Promise.all(
      [original, own].map(({ url }) => withClient(url, client => readCatalogue(client, tables)))
    )
    const reachable = (difference: { what: string; expected: unknown }) =>
      !(
        difference.what.includes('foreign key') &&
        /facility_(asset|assetlocation|consultationbed)\b/.test(String(difference.expected))
      )
    const added = ({ what, expected, actual }: { what: string; expected: string; actual: string }) =>
      expected === 'nothing' &&
      (what === 'index' || what.startsWith('column kernel_') || (what === 'unique' && actual.includes('kernel_')))
    t.same(
      compareCatalogues(expected ?? [], actual ?? [])
        .filter(reachable)
        .filter(difference => !added(difference)),
      [],
      'columns, types, defaults, nullability, keys, uniques, checks; ours only adds columns of its own, what is unique among them, and indexes'
    )

    const adopted = configFile(original.url, FEATURES)
    t.match((await run(process.execPath, [launcher, 'migrate', '--config', adopted])).output, /DATABASE_FOREIGN/)
    t.match(await care(['migrate', '--adopt', '--dry-run', '--config', adopted]), /to record/)
    t.match(await care(['migrate', '--adopt', '--config', adopted]), /recorded {2}auth-permissions\/0001_users\.sql/)
    t.match(await care(['migrate', '--config', adopted]), /^0 applied, 0 recorded/m, 'a second time there is nothing to do')
  }
)
