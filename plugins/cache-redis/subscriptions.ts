import { setTimeout as wait } from 'node:timers/promises'
import { messageOf, type Logger } from 'care-kernel'
import { ReplyError, type Redis } from 'ioredis'

type Listener = (message: string) => void

/** Listeners by channel, over a separate connection that is opened at the first subscription. */
export interface Subscriptions {
  /** Resolves when the server has confirmed, or after a second at most; unconfirmed channels are subscribed after the next reconnect. */
  add(channel: string, listener: Listener): Promise<() => Promise<void>>
  /** Rejects when there are listeners and the connection does not answer. */
  check(): Promise<void>
  close(): Promise<void>
}

const COMMAND_MS = 2000
const CONFIRM_MS = 1000
const PING_MS = 10_000

/** `client` is duplicated for its address and not used itself. */
export function makeSubscriptions(client: Redis, logger: Logger): Subscriptions {
  const own = client.duplicate({ lazyConnect: true, autoResubscribe: false, commandTimeout: COMMAND_MS })
  const listeners = new Map<string, Set<Listener>>()
  let connected: Promise<void> | undefined
  let closing: Promise<void> | undefined
  let reason = 'not connected yet'

  own.on('error', (error: unknown) => {
    reason = messageOf(error)
  })
  own.on('ready', () => {
    if (listeners.size > 0) void own.subscribe(...listeners.keys()).catch(unconfirmed)
  })
  own.on('message', (channel: string, message: string) => {
    for (const listener of [...(listeners.get(channel) ?? [])]) {
      try {
        listener(message)
      } catch (error) {
        logger.error({ reason: messageOf(error) }, 'a subscriber of the cache failed')
      }
    }
  })
  // No other command is sent on this connection: only a regular ping detects that it died silently.
  const heartbeat = setInterval(() => void ping().catch(() => undefined), PING_MS).unref()

  async function ping(): Promise<void> {
    if (listeners.size === 0) return
    if (own.status !== 'ready') throw new Error(`subscriptions are down: ${reason}`)
    await own.ping().catch((error: unknown) => {
      own.disconnect(true)
      throw error
    })
  }

  function unconfirmed(error: unknown): void {
    if (closing) return
    logger.warn({ reason: messageOf(error) }, 'the cache did not confirm a subscription')
    // A reconnect subscribes to all channels again. After a refusal it would only be repeated.
    if (!(error instanceof ReplyError) && own.status === 'ready') own.disconnect(true)
  }

  async function confirm(channel: string, listener: Listener): Promise<void> {
    await (connected ??= own.connect().catch(() => undefined))
    if (own.status !== 'ready') return
    await own.subscribe(channel).catch(async (error: unknown) => {
      unconfirmed(error)
      if (!(error instanceof ReplyError)) return
      await remove(channel, listener)
      throw error
    })
  }

  async function remove(channel: string, listener: Listener): Promise<void> {
    const others = listeners.get(channel)
    if (!others?.delete(listener) || others.size > 0) return
    listeners.delete(channel)
    if (own.status === 'ready') await own.unsubscribe(channel).catch(() => undefined)
  }

  return {
    async add(channel, listener) {
      if (closing) throw new Error('the cache is closed')
      // Wrapped, so that a function that subscribes twice has two subscriptions.
      const wrapped: Listener = message => listener(message)
      listeners.set(channel, (listeners.get(channel) ?? new Set()).add(wrapped))
      await Promise.race([confirm(channel, wrapped), wait(CONFIRM_MS, undefined, { ref: false })])
      return () => remove(channel, wrapped)
    },
    check: ping,
    close: () =>
      (closing ??= (async () => {
        clearInterval(heartbeat)
        listeners.clear()
        if (own.status === 'ready') await own.quit().catch(() => undefined)
        own.disconnect()
      })())
  }
}
