import { messageOf, type Logger } from 'care-kernel'
import { Redis, ReplyError } from 'ioredis'

/** A connection whose commands reject immediately while the server is away. */
export interface Connection {
  readonly client: Redis
  /** Runs one command; rejects at once while the server is known to be away, and after 200 ms when it turns out to be. */
  run<T>(command: () => Promise<T>): Promise<T>
  /** Resolves when the first connection is ready, or after `ms`. */
  settled(ms: number): Promise<void>
  /** Logs the first of consecutive refused commands. Outages are logged separately. */
  logRefusal(error: unknown): undefined
  close(): Promise<void>
}

const COMMAND_MS = 200
const CONNECT_MS = 1000
const RETRY_AT_MOST_MS = 2000

/**
 * Connects and keeps reconnecting. Commands neither wait for the server nor are sent again. Only messages of errors are logged: ioredis
 * attaches the command to the error object, and that of a refused login has the password.
 */
export function connect(url: string, connectionName: string, logger: Logger): Connection {
  const client = new Redis(url, {
    connectionName,
    connectTimeout: CONNECT_MS,
    commandTimeout: COMMAND_MS,
    disconnectTimeout: COMMAND_MS,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: retryDelay,
    // The answer of an old primary after a failover; the name may resolve to the new one.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY')
  })
  const isReady = (): boolean => client.status === 'ready'
  let reason = 'not connected yet'
  let away = false
  let probing = false
  let refusalLogged = false
  let closed = false

  client.on('error', (error: unknown) => {
    reason = messageOf(error)
  })
  client.on('ready', () => {
    if (away) logger.info({}, 'the cache is back')
    away = false
  })
  client.on('close', () => lost())

  function lost(): void {
    if (!away && !closed) logger.warn({ reason }, 'the cache is away: values are missed until it is back')
    away = true
  }

  /** A late answer may be caused by a busy process here: one ping decides, and commands reject until it is answered. */
  function probe(): void {
    if (probing) return
    probing = true
    void client
      .ping()
      .catch((error: unknown) => {
        reason = messageOf(error)
        if (isLate(error)) client.disconnect(true)
      })
      .finally(() => {
        probing = false
      })
  }

  return {
    client,
    async run(command) {
      if (!isReady() || probing) throw new Error(`Redis is away: ${reason}`)
      try {
        const answer = await command()
        refusalLogged = false
        return answer
      } catch (error) {
        if (isLate(error)) probe()
        throw error
      }
    },
    async settled(ms) {
      if (isReady()) return
      let timer: NodeJS.Timeout | undefined
      await new Promise<void>(resolve => {
        client.once('ready', resolve)
        timer = setTimeout(() => {
          client.off('ready', resolve)
          resolve()
        }, ms)
      })
      clearTimeout(timer)
      if (!isReady()) lost()
    },
    logRefusal(error) {
      if (!(error instanceof ReplyError) || refusalLogged) return undefined
      refusalLogged = true
      logger.warn({ reason: messageOf(error) }, 'the cache refuses a command')
      return undefined
    },
    async close() {
      closed = true
      if (isReady()) await client.quit().catch(() => undefined)
      client.disconnect()
    }
  }
}

/** 50 ms, doubling to 2 s, with jitter so that processes do not come back in step. */
function retryDelay(attempt: number): number {
  return Math.min(25 * 2 ** attempt, RETRY_AT_MOST_MS) * (0.75 + Math.random() / 2)
}

function isLate(error: unknown): boolean {
  return error instanceof Error && error.message === 'Command timed out'
}
