import { connect as connectAmqp, type ChannelModel, type RecoveringChannelModel } from 'amqplib'
import { messageOf, type Logger } from 'care-kernel'

/** One connection that is made again whenever it is lost. */
export interface Connection {
  /** The present connection. Throws at once while there is none, while it is in doubt, or while the broker takes no messages. */
  model(): ChannelModel
  /** Whether this one is still the present one. */
  holds(model: ChannelModel): boolean
  /** Something was not answered in time: nobody else waits until the broker has answered a question. */
  doubt(): void
  /** Calls the listener with the present connection, if there is one, and with every later one. Returns the unsubscriber. */
  onConnect(listener: (model: ChannelModel) => void): () => void
  /** Resolves when the first connection is there or `ms` have passed, whichever is first. */
  settled(ms: number): Promise<void>
  close(): Promise<void>
}

export interface ConnectionInput {
  readonly url: string
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string; readonly passphrase?: string }
  readonly heartbeatSeconds: number
  /** Shown in RabbitMQ's list of connections. */
  readonly name: string
}

const CONNECT_MS = 5000

/**
 * Connects and keeps reconnecting, with growing pauses of up to 5 s. Where nothing is heard for two heartbeats it is lost. With a logger
 * it says so when it goes and comes.
 */
export async function connect({ url, tls, heartbeatSeconds, name }: ConnectionInput, logger?: Logger): Promise<Connection> {
  const listeners = new Set<(model: ChannelModel) => void>()
  let present: ChannelModel | undefined
  let reason = 'not connected yet'
  let blocked: string | undefined
  let away = false
  let doubted = false
  let closed = false

  const recovering: RecoveringChannelModel = await connectAmqp(withHeartbeat(url, heartbeatSeconds), {
    ...tls,
    timeout: CONNECT_MS,
    noDelay: true,
    keepAlive: true,
    clientProperties: { connection_name: name },
    recovery: { initialDelay: 100, maxDelay: 5000, jitter: 0.3, waitForConnect: false }
  })
  const first = new Promise<void>(resolve => recovering.once('connect', () => resolve()))
  recovering.on('connect', model => {
    present = model
    blocked = undefined
    doubted = false
    if (away) logger?.info({}, 'the queue is back')
    away = false
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
    present = undefined
    reason = messageOf(error)
    if (!away && !closed) logger?.warn({ reason }, 'the queue is away (RabbitMQ): nothing is published or taken until it is back')
    away = true
  }

  return {
    model() {
      if (!present || doubted) throw new Error(`the queue is away: ${reason}`)
      if (blocked !== undefined) throw new Error(`RabbitMQ takes no messages: ${blocked}`)
      return present
    },
    holds: model => model === present,
    doubt() {
      const asked = present
      if (!asked || doubted) return
      doubted = true
      reason = 'RabbitMQ does not answer'
      const answered = () => {
        if (asked === present) doubted = false
      }
      asked
        .createChannel()
        .then(channel => channel.close())
        .then(answered, () => undefined)
    },
    onConnect(listener) {
      listeners.add(listener)
      if (present) listener(present)
      return () => void listeners.delete(listener)
    },
    async settled(ms) {
      await within(first, ms).catch(() => undefined)
    },
    async close() {
      closed = true
      reason = 'the queue is closed'
      present = undefined
      await within(recovering.close(), CONNECT_MS).catch(() => undefined)
    }
  }
}

/** The answer, or an error after `ms`. What was asked may still be done. */
export async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`RabbitMQ did not answer within ${ms / 1000} s`)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

function withHeartbeat(url: string, seconds: number): string {
  const address = new URL(url)
  if (!address.searchParams.has('heartbeat')) address.searchParams.set('heartbeat', String(seconds))
  return address.href
}
