import { Queue, Worker } from 'bullmq'
import { messageOf, type Logger } from 'care-kernel'
import { Redis } from 'ioredis'
import { makePresence, STREAMS, withinAnswerTime, type BullClasses, type Connection } from './connection.ts'
import { examineRedis } from './findings.ts'

export interface RedisSettings {
  readonly url: string
  /** Keys begin with `<prefix>:<queue>:`. */
  readonly prefix: string
  readonly connectionName: string
}

const CONNECT_MS = 2000
const RETRY_AT_MOST_MS = 2000
/** After so long without data a connection is taken for broken. Longer than BullMQ's blocking wait for a job. */
const SILENCE_MS = 15_000

/**
 * BullMQ on a Redis server. Publishing uses a connection that rejects at once while the server is away; workers share one that waits until it is
 * back, and BullMQ gives each worker another for its blocking wait. Only error messages are logged: the error of a refused login has the password
 * among its properties.
 */
export function connectBullRedis({ url, prefix, connectionName }: RedisSettings, logger: Logger): Connection {
  const presence = makePresence('Redis', logger)
  const common = {
    connectionName,
    connectTimeout: CONNECT_MS,
    retryStrategy: (attempt: number) => Math.min(25 * 2 ** attempt, RETRY_AT_MOST_MS) * (0.75 + Math.random() / 2),
    // What a former primary answers after a failover; the host name may resolve to the new one.
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
  let workerConnection: Redis | undefined
  let warned = false
  let closed = false

  publishing.on('error', error => presence.lost(error))
  publishing.on('close', () => {
    if (!closed) presence.lost()
  })

  const bull = new Promise<BullClasses>(resolve => {
    publishing.on('ready', () => {
      presence.found()
      void warnOnce()
      resolve(classes())
    })
  })

  /** Logs the bad findings, since not every operator runs `doctor`. */
  async function warnOnce(): Promise<void> {
    if (warned) return
    warned = true
    const findings = examineRedis(await publishing.info().catch((error: unknown) => ({ reason: messageOf(error) })))
    for (const { ok, fact, remedy } of findings) if (!ok) logger.warn({ fact, remedy }, 'the Redis server is not fit for a queue')
  }

  function classes(): BullClasses {
    return {
      bulkFrom: 2,
      // The workers check the server's version.
      queue: name => new Queue<string>(name, { connection: publishing, prefix, streams: STREAMS, skipVersionCheck: true }),
      worker(name, processor, options) {
        workerConnection ??= connectWorkers()
        return new Worker<string>(name, processor, { ...options, prefix, connection: workerConnection })
      }
    }
  }

  function connectWorkers(): Redis {
    const client = new Redis(url, { ...common, maxRetriesPerRequest: null, socketTimeout: SILENCE_MS })
    client.setMaxListeners(0)
    // The publishing connection to the same server reports errors.
    client.on('error', () => undefined)
    return client
  }

  async function run<T>(work: (bull: BullClasses) => Promise<T>): Promise<T> {
    if (publishing.status !== 'ready') throw new Error(`the queue is away: ${presence.reason}`)
    return withinAnswerTime(work(await bull), 'Redis')
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
      workerConnection?.disconnect()
    }
  }
}
