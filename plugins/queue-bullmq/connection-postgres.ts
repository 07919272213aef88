import { setTimeout as wait } from 'node:timers/promises'
import {
  PostgresConnection,
  PostgresQueueBackend,
  Queue,
  runMigrations,
  Worker,
  type BackendFactory,
  type PgPoolClient,
  type PgPool,
  type RedisQueueBackend
} from 'bullmq'
import { messageOf, type Logger } from 'care-kernel'
import pg from 'pg'
import { makePresence, STREAMS, withinAnswerTime, type BullClasses, type Connection } from './connection.ts'
import { examinePostgres } from './findings.ts'

export interface PostgresQueueSettings {
  readonly url: string
  /** Connections, besides one for LISTEN. */
  readonly poolSize: number
  /** Queue names begin with `<prefix>.`. */
  readonly prefix: string
  readonly applicationName: string
}

const QUERY_MS = 10_000
const RETRY_MS = 1000
/** Notifications start a worker when a message is published or due; it polls as well, in case one is lost. */
const POLL_SECONDS = 15
/** BullMQ creates temporary tables for a bulk insert, which costs as much as six single ones and bloats the catalogue. */
const BULK_FROM = 7

/**
 * BullMQ in the schema `bullmq` of a PostgreSQL database; creates the schema. All queues of the process share one pool, and all workers one LISTEN
 * connection: BullMQ's own factory would open one for each worker.
 */
export function connectBullPostgres(
  { url, poolSize, prefix, applicationName }: PostgresQueueSettings,
  logger: Logger
): Connection {
  const pool = new pg.Pool({
    connectionString: url,
    // LISTEN always holds one of them.
    max: poolSize + 1,
    options: '-c search_path=bullmq -c jit=off',
    application_name: applicationName,
    connectionTimeoutMillis: 5000,
    query_timeout: QUERY_MS,
    idleTimeoutMillis: 60_000,
    keepAlive: true
  })
  const presence = makePresence('PostgreSQL', logger)
  const closing = new AbortController()
  let isPresent = false
  let shared: PostgresConnection | undefined

  // Every queue and worker adds a listener to the pool and to the LISTEN client.
  pool.setMaxListeners(0)
  // Without a listener, the error of a client that is idle outside the pool would end the process.
  pool.on('connect', client => client.setMaxListeners(0).on('error', suspect))
  pool.on('error', suspect)

  const bull = untilPresent(async () => {
    shared = await connect()
    return classes(shared)
  })

  /** Retries every second. Never settles when the queue is closed before it succeeds. */
  async function untilPresent<T>(attempt: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        const result = await attempt()
        isPresent = true
        presence.found()
        return result
      } catch (error) {
        isPresent = false
        presence.lost(error)
      }
      await wait(RETRY_MS, undefined, { signal: closing.signal }).catch(() => new Promise<never>(() => undefined))
    }
  }

  async function connect(): Promise<PostgresConnection> {
    const client = await pool.connect()
    try {
      await runMigrations(client)
    } finally {
      client.release()
    }
    const connection = serializeListenClient(new PostgresConnection(pool as unknown as PgPool))
    connection.setMaxListeners(0)
    // Keeps a first failure for ever; the next attempt creates a new object.
    await connection.waitUntilReady()
    return connection
  }

  function classes(shared: PostgresConnection): BullClasses {
    const make: BackendFactory = (name, options) => new PostgresQueueBackend(shared, name, options as never, false)
    // BullMQ's types demand the Redis backend, its code does not.
    const backend = make as unknown as BackendFactory<RedisQueueBackend>
    const connection = {} as never
    return {
      bulkFrom: BULK_FROM,
      queue: name => new Queue<string>(`${prefix}.${name}`, { connection, streams: STREAMS }, backend),
      worker(name, processor, options) {
        const own = { ...options, drainDelay: POLL_SECONDS, connection }
        const worker = new Worker<string>(`${prefix}.${name}`, processor, own, backend)
        // BullMQ reconnects only a backend that owns its connection when the LISTEN client was replaced.
        const relisten = () => {
          const own = worker.getBackend()
          void own.disconnectBlocking().then(() => own.reconnectBlocking())
        }
        shared.on('listenerinvalidated', relisten)
        worker.once('closed', () => shared.off('listenerinvalidated', relisten))
        return worker
      }
    }
  }

  /** After the loss of one connection: rejects all requests until the server has answered a query. */
  function suspect(error: unknown): void {
    if (!isPresent) return
    isPresent = false
    presence.suspect(error)
    void untilPresent(() => pool.query('select'))
  }

  async function run<T>(work: (bull: BullClasses) => Promise<T>): Promise<T> {
    if (!isPresent || closing.signal.aborted) throw new Error(`the queue is away: ${presence.reason}`)
    try {
      return await withinAnswerTime(work(await bull), 'PostgreSQL')
    } catch (error) {
      if (isAway(error)) suspect(error)
      throw error
    }
  }

  return {
    bull,
    run,
    check: () => run(async () => void (await pool.query('select 1 from migration limit 1'))),
    examine: async () => {
      try {
        return await examinePostgres(pool)
      } catch (error) {
        return [
          {
            ok: false,
            fact: `does not answer: ${messageOf(error)}`,
            remedy: 'start PostgreSQL, or correct gateways.queue.url; without it jobs wait in the outbox'
          }
        ]
      }
    },
    async close() {
      closing.abort(new Error('the queue is closed'))
      await shared?.close()
      await pool.end().catch(() => undefined)
    }
  }
}

/** All workers share one LISTEN client; pg deprecates concurrent queries on a client, so they run one after another. */
function serializeListenClient(connection: PostgresConnection): PostgresConnection {
  const known = new WeakSet<object>()
  const getListenClient = connection.getListenClient.bind(connection)
  connection.getListenClient = async () => {
    const client = await getListenClient()
    if (known.has(client)) return client
    known.add(client)
    const query: PgPoolClient['query'] = client.query.bind(client)
    let last: Promise<unknown> = Promise.resolve()
    client.query = <R>(text: string, values?: readonly unknown[]) => {
      const next = last.then(() => query<R>(text, values))
      last = next.catch(() => undefined)
      return next
    }
    return client
  }
  return connection
}

/** Whether an error is of the network, or of a server that starts or stops, rather than of the statement. */
function isAway(error: unknown): boolean {
  const code = (error as { code?: string }).code
  return code === undefined ? /timeout|terminated|did not answer/i.test(messageOf(error)) : /^(E[A-Z]+|08...|57P0.)$/.test(code)
}
