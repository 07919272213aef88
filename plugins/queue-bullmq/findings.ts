import { readRedisInfo, type Finding, type RedisInfo } from 'care-kernel/gateway'
import type { Pool } from 'pg'

const OLDEST_REDIS = [6, 2] as const
const NEARLY_FULL = 0.9

/** Whether a Redis server can be trusted with jobs, from its answer to INFO, or the reason why there is none. */
export function examineRedis(answer: string | { readonly reason: string }): Finding[] {
  if (typeof answer !== 'string') {
    return [
      {
        ok: false,
        fact: `does not answer: ${answer.reason}`,
        remedy: 'start Redis, or correct gateways.queue.url; without it jobs wait in the outbox'
      }
    ]
  }
  const info = readRedisInfo(answer, 'queue')
  const { text, memory, isNearlyFull, primary } = info
  const [major = 0, minor = 0] = text('redis_version').split('.').map(Number)
  const policy = text('maxmemory_policy')
  return [
    {
      ok: major > OLDEST_REDIS[0] || (major === OLDEST_REDIS[0] && minor >= OLDEST_REDIS[1]),
      fact: `Redis ${text('redis_version')}`,
      remedy: 'update the server to 6.2 or later'
    },
    primary,
    {
      ok: policy === 'noeviction',
      fact:
        policy === 'noeviction'
          ? 'evicts nothing (noeviction)'
          : `drops jobs when its memory is full (maxmemory-policy ${policy})`,
      remedy: 'CONFIG SET maxmemory-policy noeviction, and in redis.conf; give the cache a server of its own'
    },
    {
      ok: !isNearlyFull,
      fact: `memory: ${memory}`,
      remedy: 'raise maxmemory: when it is reached nothing can be published'
    },
    persistence(info)
  ]
}

function persistence({ text }: RedisInfo): Finding {
  const remedy = 'set appendonly yes and appendfsync everysec (CONFIG SET, and in redis.conf)'
  if (text('aof_enabled') !== '1')
    return { ok: false, fact: 'no append-only file: a crash loses the jobs since the last snapshot, if there is one', remedy }
  if (text('aof_last_write_status') === 'err')
    return { ok: false, fact: 'the append-only file cannot be written', remedy: "see the server's log: disk full or permissions" }
  return { ok: true, fact: 'append-only file: a crash of the machine loses the last second at most', remedy }
}

interface Facts {
  readonly version: string
  readonly number: number
  readonly connections: number
  readonly used: number
  readonly recovery: boolean
  readonly dead: number
}

const FACTS = `
  select current_setting('server_version') as version, current_setting('server_version_num')::int as number,
    current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as connections,
    (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as used,
    pg_is_in_recovery() as recovery,
    coalesce((select n_dead_tup::int from pg_stat_user_tables where schemaname = 'bullmq' and relname = 'job'), 0) as dead`

const NOTIFICATION_MS = 2000
const DEAD_ROWS_AT_MOST = 100_000

/** Findings about the PostgreSQL server; the search path of `pool` is the schema `bullmq`. */
export async function examinePostgres(pool: Pool): Promise<Finding[]> {
  const {
    rows: [facts]
  } = await pool.query<Facts>(FACTS)
  if (!facts) return [{ ok: false, fact: 'the server does not describe itself', remedy: 'connect to a PostgreSQL server' }]
  const isNotified = await receivesNotifications(pool)
  return [
    { ok: facts.number >= 130_000, fact: `PostgreSQL ${facts.version}`, remedy: 'update the server to 13 or later' },
    {
      ok: !facts.recovery,
      fact: facts.recovery ? 'the server is a standby: it takes no writes' : 'takes writes',
      remedy: 'point gateways.queue.url to the primary'
    },
    {
      ok: isNotified,
      fact: isNotified ? 'notifications arrive' : 'notifications do not arrive: jobs start up to 15 s late',
      remedy: 'connect to the server itself, or to PgBouncer in session mode'
    },
    {
      ok: facts.used < facts.connections * NEARLY_FULL,
      fact: `connections: ${facts.used} of ${facts.connections} are used`,
      remedy: 'raise max_connections, or lower poolSize of the database and the queue'
    },
    {
      ok: facts.dead < DEAD_ROWS_AT_MOST,
      fact: `dead rows of finished jobs: ${facts.dead}`,
      remedy: 'let autovacuum run on the schema bullmq: a transaction left open for hours stops it'
    }
  ]
}

/** Listens on one connection and notifies on another: through a pooler in transaction mode nothing arrives. */
async function receivesNotifications(pool: Pool): Promise<boolean> {
  const client = await pool.connect()
  let timer: NodeJS.Timeout | undefined
  try {
    await client.query('listen care_kernel_doctor')
    const received = new Promise<boolean>(resolve => {
      client.once('notification', () => resolve(true))
      timer = setTimeout(() => resolve(false), NOTIFICATION_MS)
    })
    await pool.query('notify care_kernel_doctor')
    return await received
  } finally {
    clearTimeout(timer)
    client.release(true)
  }
}
