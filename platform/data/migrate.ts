import pg from 'pg'
import { compareCatalogues, readCatalogue, type Difference } from './catalogue.ts'
import { messageOf, ProblemsError, type Problem } from '../../kernel/plugin/problems.ts'

/** One file of SQL. `when` names the plugin that must be enabled too; `baseline` says that the original's tables have it already. */
export interface Migration {
  readonly owner: string
  readonly name: string
  readonly when: string | undefined
  readonly baseline: boolean
  readonly sql: string
  readonly checksum: string
}

export interface MigrationState {
  readonly pending: readonly Migration[]
  /** Files that were edited after they ran. */
  readonly changed: readonly Migration[]
  /** Applied entries whose owner is off: their tables sleep. */
  readonly dormant: readonly string[]
}

export interface MigrateOptions {
  readonly adopt?: boolean
  readonly dryRun?: boolean
  readonly version: string
  /** Called before each migration. */
  readonly onMigration?: (migration: Migration, baseline: boolean) => void
}

export interface MigrateResult {
  readonly applied: readonly Migration[]
  /** Recorded without running, because the adopted database has them. */
  readonly recorded: readonly Migration[]
  /** What an adopted database has otherwise than we expect. */
  readonly differences: readonly Difference[]
}

/** Same number for every kernel, so that migrators of one database wait for each other. */
const LOCK = 7_238_110_415
const LEDGER = `create table if not exists kernel_migration (
  owner text not null, name text not null, checksum char(64) not null, applied_at timestamptz not null default now(), version text not null, primary key (owner, name))`

/** What is pending and what was changed, without writing anything. */
export async function migrationState(url: string, migrations: readonly Migration[]): Promise<MigrationState> {
  return withClient(url, async client => stateOf(client, migrations))
}

/**
 * Brings the schema up under an advisory lock, each file in a transaction of its own with its ledger row: run it as often and
 * from as many places as you like. Throws ProblemsError for a changed or refused file and for a foreign database.
 */
export async function migrate(url: string, migrations: readonly Migration[], options: MigrateOptions): Promise<MigrateResult> {
  return withClient(url, async client => {
    await client.query('select pg_advisory_lock($1)', [LOCK])
    const { pending, changed } = await stateOf(client, migrations)
    if (changed.length > 0) throw new ProblemsError('Cannot migrate', changed.map(changedProblem))
    const existing = await tablesOf(client)
    const original = existing.has('django_migrations')
    if (original && !options.adopt && !existing.has('kernel_migration')) throw new ProblemsError('Cannot migrate', [FOREIGN])
    const differences = options.adopt ? await differencesTo(client, migrations) : []
    const applied: Migration[] = []
    const recorded: Migration[] = []
    for (const migration of pending) {
      const baseline = original && migration.baseline && createdTables(migration).every(table => existing.has(table))
      if (!options.dryRun) {
        options.onMigration?.(migration, baseline)
        await run(client, migration, baseline, options.version)
      }
      ;(baseline ? recorded : applied).push(migration)
    }
    return { applied, recorded, differences }
  })
}

/** What stands in the way of starting on this database. */
export function stateProblems({ pending, changed }: MigrationState): Problem[] {
  const waiting: Problem[] =
    pending.length === 0
      ? []
      : [
          {
            code: 'MIGRATIONS_PENDING',
            owner: 'database',
            fact: `${pending.length} not applied: ${pending
              .slice(0, 5)
              .map(({ owner, name }) => `${owner}/${name}`)
              .join(', ')}${pending.length > 5 ? ', …' : ''}`,
            remedy: 'run `care-kernel migrate` with the same config'
          }
        ]
  return [...changed.map(changedProblem), ...waiting]
}

const FOREIGN: Problem = {
  code: 'DATABASE_FOREIGN',
  owner: 'database',
  fact: 'it holds the tables of a CARE backend that was not taken over',
  remedy: 'run `care-kernel migrate --adopt` (`--dry-run` shows what it would do), or use an empty database'
}

function changedProblem({ owner, name }: Migration): Problem {
  return {
    code: 'MIGRATION_CHANGED',
    owner,
    fact: `${name} was edited after it ran`,
    remedy: 'restore the file, and write the change as a new migration'
  }
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: 'care-kernel migrate' })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

async function stateOf(client: pg.Client, migrations: readonly Migration[]): Promise<MigrationState> {
  const {
    rows: [found]
  } = await client.query<{ ledger: boolean }>(`select to_regclass('kernel_migration') is not null as ledger`)
  const applied = new Map<string, string>()
  if (found?.ledger) {
    const { rows } = await client.query<{ key: string; checksum: string }>(
      `select owner || '/' || name as key, checksum from kernel_migration`
    )
    for (const { key, checksum } of rows) applied.set(key, checksum)
  }
  const key = ({ owner, name }: Migration) => `${owner}/${name}`
  const known = new Set(migrations.map(key))
  return {
    pending: migrations.filter(migration => !applied.has(key(migration))),
    changed: migrations.filter(migration => applied.has(key(migration)) && applied.get(key(migration)) !== migration.checksum),
    dormant: [...applied.keys()].filter(name => !known.has(name)).sort()
  }
}

async function run(
  client: pg.Client,
  { owner, name, sql, checksum }: Migration,
  baseline: boolean,
  version: string
): Promise<void> {
  try {
    await client.query('begin')
    await client.query(LEDGER)
    if (!baseline) await client.query(sql)
    await client.query('insert into kernel_migration (owner, name, checksum, version) values ($1, $2, $3, $4)', [
      owner,
      name,
      checksum,
      version
    ])
    await client.query('commit')
  } catch (cause) {
    await client.query('rollback').catch(() => undefined)
    throw new ProblemsError('Cannot migrate', [
      {
        code: 'MIGRATION_FAILED',
        owner,
        fact: `${name}: ${messageOf(cause)}`,
        remedy: 'nothing of it was kept; correct the cause and run it again',
        cause
      }
    ])
  }
}

async function tablesOf(client: pg.Client): Promise<Set<string>> {
  const { rows } = await client.query<{ table: string }>(
    `select tablename as table from pg_tables where schemaname = current_schema()`
  )
  return new Set(rows.map(({ table }) => table))
}

function createdTables({ sql }: Migration): string[] {
  return [...sql.matchAll(/^create table (?:if not exists )?([a-z0-9_]+)/gim)].map(match => match[1] ?? '')
}

/** Runs the baseline in a schema of its own inside a transaction that is rolled back, and compares the two catalogues. */
async function differencesTo(client: pg.Client, migrations: readonly Migration[]): Promise<Difference[]> {
  const baseline = migrations.filter(migration => migration.baseline)
  const existing = await tablesOf(client)
  const tables = baseline.flatMap(createdTables).filter(table => existing.has(table))
  const actual = await readCatalogue(client, tables)
  await client.query('begin')
  try {
    await client.query('create schema kernel_expected')
    await client.query('set local search_path to kernel_expected')
    for (const { sql } of baseline) await client.query(sql)
    return compareCatalogues(await readCatalogue(client, tables), actual)
  } finally {
    await client.query('rollback')
  }
}
