import { Queue, Worker } from 'bullmq'
import { messageOf, type Logger } from 'care-kernel'
import { Redis } from 'ioredis'
import { examineRedis } from './findings.ts'
import { inTime, presence, STREAMS, type Bull, type Server } from './server.ts'

export interface RedisServer {
  readonly url: string
  /** Before every key, as `<prefix>:<queue>:…`. */
  readonly prefix: string
  readonly connectionName: string
}

const CONNECT_MS = 2000
const RETRY_AT_MOST_MS = 2000
/** A command without an answer for so long was sent into a broken network. Longer than a worker waits for a message. */
const SILENCE_MS = 15_000

/**
 * BullMQ on a Redis server. Publishing has a connection that fails at once while the server is away; workers share one that waits for
 * it, and each of them has another to wait for messages on. Error objects are never logged: that of a refused login holds the password.
 */
export function redisServer({ url, prefix, connectionName }: RedisServer, logger: Logger): Server {
  const state = presence('Redis', logger)
  const common = {
    connectionName,
    connectTimeout: CONNECT_MS,
    retryStrategy: (attempt: number) => Math.min(25 * 2 ** attempt, RETRY_AT_MOST_MS) * (0.75 + Math.random() / 2),
    // After a failover the old primary answers so: the name may lead to the new one.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
    keepAlive: 10_000
  }
  const publishing = new Redis(url, {
    ...common,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    socketTimeout: CONNECT_MS * 2
  })
  let working: Redis | undefined
  let warned = false
  let closed = false

  publishing.on('error', error => state.lost(error))
  publishing.on('close', () => {
    if (!closed) state.lost()
  })

  const bull = new Promise<Bull>(resolve => {
    publishing.on('ready', () => {
      state.found()
      void warn()
      resolve(classes())
    })
  })

  /** An operator reads the log before the doctor: a server that forgets messages is said there too. */
  async function warn(): Promise<void> {
    if (warned) return
    warned = true
    const findings = examineRedis(await publishing.info().catch((error: unknown) => ({ reason: messageOf(error) })))
    for (const { ok, fact, remedy } of findings) if (!ok) logger.warn({ fact, remedy }, 'the Redis server is not fit for a queue')
  }

  function classes(): Bull {
    return {
      batchFrom: 2,
      // The version is asked for by the workers.
      queue: name => new Queue<string>(name, { connection: publishing, prefix, streams: STREAMS, skipVersionCheck: true }),
      worker(name, processor, options) {
        working ??= workersConnection()
        return new Worker<string>(name, processor, { ...options, prefix, connection: working })
      }
    }
  }

  function workersConnection(): Redis {
    const client = new Redis(url, { ...common, maxRetriesPerRequest: null, socketTimeout: SILENCE_MS })
    client.setMaxListeners(0)
    // It goes and comes with the other one, which reports it.
    client.on('error', () => undefined)
    return client
  }

  async function run<T>(work: (bull: Bull) => Promise<T>): Promise<T> {
    if (publishing.status !== 'ready') throw new Error(`the queue is away: ${state.reason}`)
    return inTime(work(await bull), 'Redis')
  }

  return {
    bull,
    run,
    check: () => run(async () => void (await publishing.ping())),
    examine: async () =>
      examineRedis(await run(() => publishing.info()).catch((error: unknown) => ({ reason: messageOf(error) }))),
    async close() {
      closed = true
      publishing.disconnect()
      working?.disconnect()
    }
  }
}
