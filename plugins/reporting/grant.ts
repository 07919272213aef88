import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { VERSION, type Queryable } from 'care-kernel'
import { quote } from 'care-kernel/rest'
import { findingsOf } from './check.ts'
import type { ReportingScope } from './manifest.ts'
import { identifier } from './masks.ts'
import type { ReportingSettings } from './settings.ts'
import { viewsOf, type View, type Views } from './views.ts'

const LOCK = 7_238_110_431
const SCRAM_ROUNDS = 4096

/** The role that owns the views; it cannot log in. */
export const ownerOf = ({ role }: ReportingSettings): string => `${role}_owner`

/**
 * Replaces role, schema and views in one transaction. Throws with every remedy, and changes nothing, when a check fails afterwards.
 * Needs a user that may create roles and owns the tables. `verifier` is the password as PostgreSQL stores it.
 */
export function grant(scope: ReportingScope, verifier?: string): Promise<Views> {
  const { database, columns, config, deployment } = scope
  return database.transaction(async tx => {
    await lock(tx)
    const views = await viewsOf(tx, columns, config, deployment.timeZone)
    await keepKeys(tx)
    await makeRoles(tx, config, verifier)
    await clear(tx, config)
    for (const [table, read] of readsOf(views.all))
      await tx.query(
        `grant select (${read.map(identifier).join(', ')}) on ${identifier(table)} to ${identifier(ownerOf(config))}`
      )
    await fillGroups(tx, views.all, config)
    await makeViews(tx, views.all, config)
    await tx.query(
      `update kernel_reporting set fingerprint = $1, role = $2, kernel = $3, granted_at = date_trunc('second', now())`,
      [views.fingerprint, config.role, VERSION]
    )
    const failed = (await findingsOf(tx, config, views)).filter(({ ok }) => !ok)
    if (failed.length > 0)
      throw new Error(`nothing was granted:\n${failed.map(({ fact, remedy }) => `  ${fact}\n  → ${remedy}`).join('\n')}`)
    return views
  })
}

/** Drops the views and revokes all rights of the roles; the roles stay. */
export function revoke({ database, config }: ReportingScope): Promise<void> {
  return database.transaction(async tx => {
    await lock(tx)
    if (await exists(tx, ownerOf(config))) await clear(tx, config)
    await tx.query(`update kernel_reporting set fingerprint = null, granted_at = null`)
  })
}

/** Recounts the groups; does nothing where nothing is granted. */
export async function refreshGroups(tx: Queryable, { columns, config, deployment }: ReportingScope): Promise<void> {
  const { all, fingerprint } = await viewsOf(tx, columns, config, deployment.timeZone)
  if ((await grantedAs(tx)) === fingerprint) await fillGroups(tx, all, config)
}

/** Why the granted views differ from the enabled plugins, settings and tables; null when they do not, or none were granted. */
export async function staleness({ database, columns, config, deployment }: ReportingScope): Promise<string | null> {
  const granted = await grantedAs(database)
  if (granted === null) return null
  const { fingerprint } = await viewsOf(database, columns, config, deployment.timeZone)
  return granted === fingerprint
    ? null
    : 'the views are older than plugins, settings or tables: run `care-kernel reporting grant`'
}

/** The fingerprint of the granted views, null where none were. */
export async function grantedAs(db: Queryable): Promise<string | null> {
  const { rows } = await db.query<{ fingerprint: string | null }>('select fingerprint from kernel_reporting')
  return rows[0]?.fingerprint ?? null
}

const lock = (tx: Queryable) => tx.query('select pg_advisory_xact_lock($1)', [LOCK])

/** Stores the padded keys of HMAC (RFC 2104), because SQL has only the hash. Generated once, so that pseudonyms are stable. */
async function keepKeys(tx: Queryable): Promise<void> {
  const key = Buffer.concat([randomBytes(32), Buffer.alloc(32)])
  const [inner, outer] = [0x36, 0x5c].map(pad => key.map(byte => byte ^ pad))
  await tx.query('insert into kernel_reporting (inner_key, outer_key) values ($1, $2) on conflict do nothing', [inner, outer])
}

async function exists(tx: Queryable, role: string): Promise<boolean> {
  return (await tx.query('select 1 from pg_roles where rolname = $1', [role])).rowCount > 0
}

async function makeRoles(tx: Queryable, config: ReportingSettings, verifier: string | undefined): Promise<void> {
  const [role, owner] = [identifier(config.role), identifier(ownerOf(config))]
  const { database, schema } = await hereIn(tx)
  if (!(await exists(tx, ownerOf(config)))) await tx.query(`create role ${owner} nologin`)
  if (!(await exists(tx, config.role))) await tx.query(`create role ${role} login noinherit`)
  await tx.query(`alter role ${role} connection limit ${config.connections}${verifier ? ` password ${quote(verifier)}` : ''}`)
  const settings = {
    search_path: identifier(config.schema),
    default_transaction_read_only: 'on',
    statement_timeout: `'${config.statementSeconds}s'`,
    idle_in_transaction_session_timeout: `'${config.statementSeconds}s'`
  }
  for (const [name, value] of Object.entries(settings))
    await tx.query(`alter role ${role} in database ${database} set ${name} = ${value}`)
  // The current user creates the views as their owner, so it must be a member of that role.
  const { rowCount: may } = await tx.query('select 1 from pg_roles where rolname = current_user and rolsuper')
  if (!may) await tx.query(`grant ${owner} to current_user`)
  // A function of the reader could read rows before the view filters them: the reader may create none, not even a temporary one.
  for (const [right, on] of [
    ['temporary', `database ${database}`],
    ['create', `schema ${schema}`]
  ]) {
    await tx.query(`grant ${right} on ${on} to current_user`)
    await tx.query(`revoke ${right} on ${on} from public`)
  }
  await tx.query(`grant connect on database ${database} to ${role}`)
  await tx.query(`grant usage on schema ${schema} to ${owner}`)
  await tx.query(`create schema if not exists ${identifier(config.schema)} authorization ${owner}`)
}

/** Names of the database and of the schema of the tables, quoted. */
async function hereIn(tx: Queryable): Promise<{ database: string; schema: string }> {
  const { rows } = await tx.query<{ database: string; schema: string }>(
    'select quote_ident(current_database()) as database, quote_ident(current_schema()) as schema'
  )
  return rows[0] ?? { database: '', schema: '' }
}

/** Drops the views of this plugin, not other objects of the schema, and revokes the owner's rights on tables. */
async function clear(tx: Queryable, config: ReportingSettings): Promise<void> {
  const [owner, schema] = [identifier(ownerOf(config)), identifier(config.schema)]
  const { rows } = await tx.query<{ name: string }>(
    `select relname as name from pg_class where relkind = 'v' and relnamespace = to_regnamespace($1) and relowner = $2::regrole order by 1`,
    [schema, owner]
  )
  if (rows.length > 0) await as(tx, owner, `drop view ${rows.map(({ name }) => `${schema}.${identifier(name)}`).join(', ')}`)
  await tx.query(`revoke all on all tables in schema ${(await hereIn(tx)).schema} from ${owner}`)
}

/** Columns by table, of all views together. */
function readsOf(views: readonly View[]): Map<string, readonly string[]> {
  const reads = new Map<string, readonly string[]>()
  for (const view of views)
    for (const [table, columns] of Object.entries(view.reads))
      reads.set(table, [...new Set([...(reads.get(table) ?? []), ...columns])])
  return reads
}

async function fillGroups(tx: Queryable, views: readonly View[], { smallestGroup }: ReportingSettings): Promise<void> {
  await tx.query('delete from kernel_reporting_group')
  for (const { groups } of views) if (groups) await tx.query(groups, [smallestGroup])
}

async function makeViews(tx: Queryable, views: readonly View[], config: ReportingSettings): Promise<void> {
  const [role, schema] = [identifier(config.role), identifier(config.schema)]
  await as(
    tx,
    identifier(ownerOf(config)),
    `grant usage on schema ${schema} to ${role}`,
    ...views.map(({ name, sql }) => `create view ${schema}.${identifier(name)} with (security_barrier) ${sql}`),
    ...views.map(({ name }) => `grant select on ${schema}.${identifier(name)} to ${role}`)
  )
}

async function as(tx: Queryable, owner: string, ...statements: readonly string[]): Promise<void> {
  await tx.query(`set local role ${owner}`)
  for (const statement of statements) await tx.query(statement)
  await tx.query('reset role')
}

/** A password as PostgreSQL stores it (RFC 5802), so that no statement and no log has the password. Printable ASCII only, because other text has several encodings. */
export function scramVerifier(password: string, salt: Buffer = randomBytes(16)): string {
  if (!/^[ -~]{12,}$/.test(password))
    throw new Error('the password takes at least 12 characters, letters and signs of ASCII only')
  const salted = pbkdf2Sync(password, salt, SCRAM_ROUNDS, 32, 'sha256')
  const keyed = (text: string) => createHmac('sha256', salted).update(text).digest()
  const stored = createHash('sha256').update(keyed('Client Key')).digest('base64')
  return `SCRAM-SHA-256$${SCRAM_ROUNDS}:${salt.toString('base64')}$${stored}:${keyed('Server Key').toString('base64')}`
}
