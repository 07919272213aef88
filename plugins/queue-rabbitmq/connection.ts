import { connect as connectAmqp, type ChannelModel, type RecoveringChannelModel } from 'amqplib'
import { messageOf, type Logger } from 'care-kernel'
import { withDeadline } from 'care-kernel/gateway'

/** One connection to the broker that reconnects whenever it is lost. */
export interface Connection {
  /** The current connection. Throws while there is none, while it is suspected to be broken, and while the broker accepts no messages. */
  model(): ChannelModel
  /** Whether `model` is the current connection. */
  isCurrent(model: ChannelModel): boolean
  /** Call it when a request got no answer in time: `model` throws until the broker has answered another one. */
  suspect(): void
  /** Calls the listener with the current connection, if there is one, and with every later one. The returned function removes it. */
  onConnect(listener: (model: ChannelModel) => void): () => void
  /** Resolves when the first connection is open, or after `ms`. */
  firstConnect(ms: number): Promise<void>
  close(): Promise<void>
}

export interface ConnectionSettings {
  readonly url: string
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string; readonly passphrase?: string }
  readonly heartbeatSeconds: number
  /** In RabbitMQ's list of connections. */
  readonly name: string
}

const ANSWER_MS = 5000

/**
 * Connects, and reconnects with growing pauses of up to 5 s. Two heartbeats without data mean that the connection is lost. Logs when the broker goes
 * away and when it is back.
 */
export async function connect({ url, tls, heartbeatSeconds, name }: ConnectionSettings, logger?: Logger): Promise<Connection> {
  const listeners = new Set<(model: ChannelModel) => void>()
  let current: ChannelModel | undefined
  let reason = 'not connected yet'
  let blocked: string | undefined
  let isAway = false
  let isSuspect = false
  let isClosed = false

  const recovering: RecoveringChannelModel = await connectAmqp(withHeartbeat(url, heartbeatSeconds), {
    ...tls,
    timeout: ANSWER_MS,
    noDelay: true,
    keepAlive: true,
    clientProperties: { connection_name: name },
    recovery: { initialDelay: 100, maxDelay: 5000, jitter: 0.3, waitForConnect: false }
  })
  const first = new Promise<void>(resolve => recovering.once('connect', () => resolve()))
  recovering.on('connect', model => {
    current = model
    blocked = undefined
    isSuspect = false
    if (isAway) logger?.info({}, 'the queue is back')
    isAway = false
    for (const listener of listeners) listener(model)
  })
  recovering.on('disconnect', lost)
  recovering.on('connect-failed', lost)
  recovering.on('error', error => {
    reason = messageOf(error)
  })
  recovering.on('blocked', why => {
    blocked = why
    logger?.warn({ reason: why }, 'RabbitMQ takes no messages: it is short of memory or disk')
  })
  recovering.on('unblocked', () => {
    blocked = undefined
    logger?.info({}, 'RabbitMQ takes messages again')
  })

  function lost(error: Error): void {
    current = undefined
    reason = messageOf(error)
    if (!isAway && !isClosed)
      logger?.warn({ reason }, 'the queue is away (RabbitMQ): nothing is published or taken until it is back')
    isAway = true
  }

  return {
    model() {
      if (!current || isSuspect) throw new Error(`the queue is away: ${reason}`)
      if (blocked !== undefined) throw new Error(`RabbitMQ takes no messages: ${blocked}`)
      return current
    },
    isCurrent: model => model === current,
    suspect() {
      const asked = current
      if (!asked || isSuspect) return
      isSuspect = true
      reason = 'RabbitMQ does not answer'
      const answered = () => {
        if (asked === current) isSuspect = false
      }
      asked
        .createChannel()
        .then(channel => channel.close())
        .then(answered, () => undefined)
    },
    onConnect(listener) {
      listeners.add(listener)
      if (current) listener(current)
      return () => void listeners.delete(listener)
    },
    async firstConnect(ms) {
      await withDeadline(first, ms, () => new Error('not connected yet')).catch(() => undefined)
    },
    async close() {
      isClosed = true
      reason = 'the queue is closed'
      current = undefined
      await withinAnswerTime(recovering.close()).catch(() => undefined)
    }
  }
}

/** Rejects after five seconds without an answer of the broker; the request may still be executed. */
export function withinAnswerTime<T>(work: Promise<T>): Promise<T> {
  return withDeadline(work, ANSWER_MS, () => new Error(`RabbitMQ did not answer within ${ANSWER_MS / 1000} s`))
}

function withHeartbeat(url: string, seconds: number): string {
  const address = new URL(url)
  if (!address.searchParams.has('heartbeat')) address.searchParams.set('heartbeat', String(seconds))
  return address.href
}
