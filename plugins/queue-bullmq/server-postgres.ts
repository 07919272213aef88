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
import { examinePostgres } from './findings.ts'
import { inTime, presence, STREAMS, type Bull, type Server } from './server.ts'

/** How the server is reached and how much of it is used. */
export interface PostgresServer {
  readonly url: string
  readonly poolSize: number
  readonly prefix: string
  readonly applicationName: string
}

const QUERY_MS = 10_000
const RETRY_MS = 1000
/** Delayed messages and published ones wake a worker by themselves; this is for a notification that got lost. */
const LOOK_AGAIN_SECONDS = 15
/** BullMQ makes temporary tables for a batch: as dear as adding six, and the catalogue's to clean up. */
const BATCH_FROM = 7

/**
 * BullMQ in the schema `bullmq` of a PostgreSQL database, which is made here. All queues of the process share one pool, and all its
 * workers one LISTEN connection: BullMQ's own factory would keep one for each worker.
 */
export function postgresServer({ url, poolSize, prefix, applicationName }: PostgresServer, logger: Logger): Server {
  const pool = new pg.Pool({
    connectionString: url,
    // One more is always taken: the one that listens.
    max: poolSize + 1,
    options: '-c search_path=bullmq -c jit=off',
    application_name: applicationName,
    connectionTimeoutMillis: 5000,
    query_timeout: QUERY_MS,
    idleTimeoutMillis: 60_000,
    keepAlive: true
  })
  const state = presence('PostgreSQL', logger)
  const closing = new AbortController()
  let present = false
  let connection: PostgresConnection | undefined

  // Every queue and worker of the process listens to the one pool and to the one client.
  pool.setMaxListeners(0)
  // One that is taken out and rests between two statements would end the process with the server.
  pool.on('connect', client => client.setMaxListeners(0).on('error', doubt))
  pool.on('error', doubt)

  const bull = again(async () => {
    connection = await connect()
    return classes(connection)
  })

  /** Tries once a second until it works; never ends when the queue is closed before that. */
  async function again<T>(attempt: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        const made = await attempt()
        present = true
        state.found()
        return made
      } catch (error) {
        present = false
        state.lost(error)
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
    const made = inTurn(new PostgresConnection(pool as unknown as PgPool))
    made.setMaxListeners(0)
    // BullMQ remembers a first failure for ever, so a failed one is thrown away and made anew.
    await made.waitUntilReady()
    return made
  }

  function classes(shared: PostgresConnection): Bull {
    const make: BackendFactory = (name, options) => new PostgresQueueBackend(shared, name, options as never, false)
    // BullMQ's types name the Redis backend where any will do.
    const backend = make as unknown as BackendFactory<RedisQueueBackend>
    const connection = {} as never
    return {
      batchFrom: BATCH_FROM,
      queue: name => new Queue<string>(`${prefix}.${name}`, { connection, streams: STREAMS }, backend),
      worker(name, processor, options) {
        const own = { ...options, drainDelay: LOOK_AGAIN_SECONDS, connection }
        const worker = new Worker<string>(`${prefix}.${name}`, processor, own, backend)
        // A backend that does not own its connection is not told that the listening client was replaced.
        const listenAgain = () => {
          const own = worker.getBackend()
          void own.disconnectBlocking().then(() => own.reconnectBlocking())
        }
        shared.on('listenerinvalidated', listenAgain)
        worker.once('closed', () => shared.off('listenerinvalidated', listenAgain))
        return worker
      }
    }
  }

  /** A lost connection may be one of many: the server is asked, and nobody waits meanwhile. */
  function doubt(error: unknown): void {
    if (!present) return
    present = false
    state.suspect(error)
    void again(() => pool.query('select'))
  }

  async function run<T>(work: (bull: Bull) => Promise<T>): Promise<T> {
    if (!present || closing.signal.aborted) throw new Error(`the queue is away: ${state.reason}`)
    try {
      return await inTime(work(await bull), 'PostgreSQL')
    } catch (error) {
      if (isAway(error)) doubt(error)
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
      await connection?.close()
      await pool.end().catch(() => undefined)
    }
  }
}

/** All workers listen on one client, and pg wants the statements of one client one after another. */
function inTurn(connection: PostgresConnection): PostgresConnection {
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

/** Errors of the network and of a server that starts or stops; others are about the statement. */
function isAway(error: unknown): boolean {
  const code = (error as { code?: string }).code
  return code === undefined ? /timeout|terminated|did not answer/i.test(messageOf(error)) : /^(E[A-Z]+|08...|57P0.)$/.test(code)
}
