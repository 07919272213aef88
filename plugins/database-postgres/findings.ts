import type { Clock, Database } from 'care-kernel'
import type { Finding } from 'care-kernel/gateway'

/** The port with what `doctor` needs. */
export interface OpenPostgres extends Database {
  readonly clock: Clock
  readonly processes: number
}

interface Facts {
  readonly version: string
  readonly number: number
  readonly encoding: string
  readonly zone: string
  readonly zone_known: boolean
  readonly trigrams: boolean
  readonly connections: number
  readonly reserved: number
  readonly recovery: boolean
  readonly read_only: boolean
  readonly may_create: boolean
  readonly now_ms: number
}

const FACTS = `
  select current_setting('server_version') as version, current_setting('server_version_num')::int as number,
    pg_encoding_to_char(d.encoding) as encoding, current_setting('TimeZone') as zone,
    exists (select from pg_timezone_names where name = current_setting('TimeZone')) as zone_known,
    exists (select from pg_available_extensions where name = 'pg_trgm') as trigrams,
    current_setting('max_connections')::int as connections, current_setting('superuser_reserved_connections')::int as reserved,
    pg_is_in_recovery() as recovery, current_setting('transaction_read_only')::bool as read_only,
    has_schema_privilege('public', 'create') as may_create, (extract(epoch from clock_timestamp()) * 1000)::float8 as now_ms
  from pg_database d where d.datname = current_database()`

/** A larger difference of the clocks affects tokens, schedules and due times. */
const SKEW_MS = 2000
/** Connections of migrations, a worker's LISTEN, psql. */
const OTHERS = 10

/** Findings of `doctor` about the server. */
export async function examine(database: OpenPostgres): Promise<Finding[]> {
  const asked = database.clock.now().getTime()
  const {
    rows: [facts]
  } = await database.query<Facts>(FACTS)
  if (!facts) return [{ ok: false, fact: 'the server gives no facts about itself', remedy: 'connect to a PostgreSQL server' }]
  // The server read its clock between the request and the answer.
  const answered = database.clock.now().getTime()
  const skew = facts.now_ms < asked ? facts.now_ms - asked : Math.max(0, facts.now_ms - answered)
  const { processes, pool, sequelize } = database
  const perProcess = pool.options.max + (sequelize.config.pool?.max ?? 0)
  const needed = processes * perProcess + OTHERS
  const available = facts.connections - facts.reserved
  const fitting = Math.max(1, Math.floor((available - OTHERS) / (2 * processes)))
  return [
    { ok: facts.number >= 130_000, fact: `PostgreSQL ${facts.version}`, remedy: 'update the server to 13 or later' },
    {
      ok: facts.encoding === 'UTF8',
      fact: `encoding ${facts.encoding}`,
      remedy: 'create the database with encoding UTF8 and restore into it'
    },
    {
      ok: facts.zone_known,
      fact: `time zone ${facts.zone} ${facts.zone_known ? 'is known' : 'is not known to the server'}`,
      remedy: "install the server's time zone data (package tzdata)"
    },
    {
      ok: facts.trigrams,
      fact: `extension pg_trgm is ${facts.trigrams ? 'available' : 'not available'}`,
      remedy: "install PostgreSQL's contrib package"
    },
    {
      ok: needed <= available,
      fact: `${processes} processes × ${perProcess} connections and ${OTHERS} others: ${needed} of ${available}`,
      remedy: `set gateways.database.poolSize to ${fitting} or less, or raise max_connections to ${needed + facts.reserved}`
    },
    {
      ok: Math.abs(skew) <= SKEW_MS,
      fact:
        Math.abs(skew) <= SKEW_MS
          ? 'clocks agree'
          : `its clock is ${Math.abs(Math.round(skew / 100) / 10)} s ${skew > 0 ? 'ahead of' : 'behind'} ours`,
      remedy: 'run a time service (chrony, systemd-timesyncd) on both machines'
    },
    {
      ok: !facts.recovery && !facts.read_only,
      fact: facts.recovery
        ? 'the server is a standby: it takes no writes'
        : facts.read_only
          ? 'transactions are read-only'
          : 'takes writes',
      remedy: facts.recovery
        ? 'point gateways.database.url to the primary'
        : 'set default_transaction_read_only to off for this database and role'
    },
    {
      ok: facts.may_create,
      fact: facts.may_create ? 'tables can be made' : 'the role may not make tables in the schema public',
      remedy: 'grant create on schema public to the role, or make it the owner of the database'
    }
  ]
}
