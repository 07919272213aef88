import type { Queryable } from 'care-kernel'
import type { Finding } from 'care-kernel/gateway'
import type { ReportingSettings } from './settings.ts'
import type { Views } from './views.ts'

/** A condition; the rows of `sql` violate it. `sql` may use the row `asked`: reader, owner, schema, views and reads. */
interface Check {
  readonly fact: string
  readonly remedy: string
  readonly sql: string
}

const FOREIGN = `n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'
  and not exists (select from pg_depend e where e.objid = o.oid and e.deptype = 'e')`

const CHECKS: readonly Check[] = [
  {
    fact: 'the reader has no power over the server',
    remedy: 'use a role that nothing else uses: name another under plugins.reporting.role',
    sql: `select r.rolname || ' is superuser, makes roles or databases, replicates or bypasses row security' as what from pg_roles r
      where r.rolname in (asked.reader, asked.owner) and (r.rolsuper or r.rolcreaterole or r.rolcreatedb or r.rolreplication or r.rolbypassrls)
      union all select asked.owner || ' may log in' from pg_roles where rolname = asked.owner and rolcanlogin
      union all select r || ' does not exist' from unnest(array[asked.reader, asked.owner]) r where r not in (select rolname from pg_roles)`
  },
  {
    fact: 'neither reader nor owner is a member of another role',
    remedy: 'revoke the membership',
    sql: `select m.member::regrole || ' is a member of ' || m.roleid::regrole as what from pg_auth_members m
      where m.member in (select oid from pg_roles where rolname in (asked.reader, asked.owner))`
  },
  {
    fact: 'the reader reads and writes no table',
    remedy: 'revoke the right from the role, or from public',
    sql: `select n.nspname || '.' || o.relname as what from pg_class o join pg_namespace n on n.oid = o.relnamespace
      where ${FOREIGN} and n.nspname <> asked.schema and (o.relkind in ('r', 'p', 'v', 'm', 'f')
        and (has_any_column_privilege(asked.reader, o.oid, 'select, insert, update, references')
          or has_table_privilege(asked.reader, o.oid, 'delete, truncate, trigger'))
        or o.relkind = 'S' and has_sequence_privilege(asked.reader, o.oid, 'usage, select, update'))`
  },
  {
    fact: 'the reader writes through no view',
    remedy: 'run `care-kernel reporting grant`',
    sql: `select o.relname as what from pg_class o join pg_namespace n on n.oid = o.relnamespace
      where n.nspname = asked.schema and o.relkind in ('r', 'p', 'v', 'm', 'f') and (has_any_column_privilege(asked.reader, o.oid, 'insert, update, references')
        or has_table_privilege(asked.reader, o.oid, 'delete, truncate, trigger'))`
  },
  {
    fact: 'the schema holds the views of the enabled plugins, each with its barrier, and nothing else',
    remedy: 'run `care-kernel reporting grant`; move what others made there to another schema',
    sql: `select o.relname || case when o.relname <> all(asked.views) then ' is not of an enabled plugin' else ' is not as it was made' end as what
      from pg_class o join pg_namespace n on n.oid = o.relnamespace
      where n.nspname = asked.schema and o.relkind not in ('i', 't') and not (o.relkind = 'v' and o.relname = any(asked.views)
        and o.relowner = (select oid from pg_roles where rolname = asked.owner) and coalesce('security_barrier=true' = any(o.reloptions), false))
      union all select name || ' is missing' from unnest(asked.views) name
      where not exists (select from pg_class o join pg_namespace n on n.oid = o.relnamespace where n.nspname = asked.schema and o.relname = name)`
  },
  {
    fact: 'the reader can create nothing, not even for the time of a session',
    remedy:
      'as the owner of the database: revoke create, temporary on database … from public; revoke create on schema public from public',
    sql: `select 'schema ' || nspname as what from pg_namespace where has_schema_privilege(asked.reader, oid, 'create')
      union all select 'database ' || datname from pg_database where datname = current_database() and has_database_privilege(asked.reader, oid, 'create, temporary')`
  },
  {
    fact: 'no function lends the reader the rights of another role',
    remedy: 'revoke execute on the function from public',
    sql: `select n.nspname || '.' || o.proname as what from pg_proc o join pg_namespace n on n.oid = o.pronamespace
      where n.nspname not in ('pg_catalog', 'information_schema') and has_function_privilege(asked.reader, o.oid, 'execute')
        and (o.prosecdef or o.proname like 'dblink%')`
  },
  {
    fact: 'the reader reads no large object',
    remedy: 'revoke select on the large object from public',
    sql: `select 'large object ' || o.oid as what from pg_largeobject_metadata o, aclexplode(o.lomacl) a
      where a.grantee in (0, (select oid from pg_roles where rolname = asked.reader))`
  },
  {
    fact: 'the owner of the views reads only what they show',
    remedy: 'run `care-kernel reporting grant`',
    sql: `select o.relname || '.' || a.attname as what from pg_class o join pg_namespace n on n.oid = o.relnamespace
      join pg_attribute a on a.attrelid = o.oid and a.attnum > 0 and not a.attisdropped
      where ${FOREIGN} and n.nspname <> asked.schema and o.relkind in ('r', 'p', 'v', 'm', 'f') and has_column_privilege(asked.owner, o.oid, a.attnum, 'select')
        and o.relname || '.' || a.attname <> all(asked.reads)`
  }
]

/** A finding per check. Reads catalogues only, so that it works on a replica too. */
export async function findingsOf(db: Queryable, config: ReportingSettings, views: Views): Promise<Finding[]> {
  const owner = `${config.role}_owner`
  const {
    rows: [roles]
  } = await db.query<{ known: boolean }>('select count(*) = 2 as known from pg_roles where rolname in ($1, $2)', [
    config.role,
    owner
  ])
  if (!roles?.known) return [{ ok: false, fact: `the roles ${config.role} and ${owner} do not exist`, remedy: GRANT }]
  const reads = views.all.flatMap(view =>
    Object.entries(view.reads).flatMap(([table, columns]) => columns.map(column => `${table}.${column}`))
  )
  const values = [config.role, owner, config.schema, views.all.map(({ name }) => name), reads]
  const findings: Finding[] = []
  for (const { fact, remedy, sql } of CHECKS) {
    const { rows } = await db.query<{ what: string }>(
      `select what from ${ASKED}, lateral (${sql}) found order by 1 limit 5`,
      values
    )
    findings.push(
      rows.length === 0
        ? { ok: true, fact }
        : { ok: false, fact: `not so: ${fact} (${rows.map(({ what }) => what).join(', ')})`, remedy }
    )
  }
  const { rows } = await db.query<{ fingerprint: string | null }>('select fingerprint from kernel_reporting')
  const current = rows[0]?.fingerprint === views.fingerprint
  findings.push({
    ok: current,
    fact: current ? 'the views are as new as plugins and tables' : 'the views are old, or revoked',
    remedy: GRANT
  })
  return findings
}

const ASKED = `(select $1::name as reader, $2::name as owner, $3::name as schema, $4::text[] as views, $5::text[] as reads) asked`
const GRANT = 'run `care-kernel reporting grant`'
