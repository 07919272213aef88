import { setTimeout as wait } from 'node:timers/promises'
import { messageOf, type Logger } from 'care-kernel'
import { ReplyError, type Redis } from 'ioredis'

type Listener = (message: string) => void

/** Who listens to which channel, over a connection of its own that exists once somebody listens. */
export interface Subscriptions {
  /** Resolves when the server has confirmed. While it is away, at once or after a second: then it is asked when it is back. */
  add(channel: string, listener: Listener): Promise<() => Promise<void>>
  /** Rejects when somebody listens and the connection does not answer. */
  check(): Promise<void>
  close(): Promise<void>
}

const COMMAND_MS = 2000
const CONFIRM_MS = 1000
const PING_MS = 10_000

/** `client` gives the address; it is not used itself. */
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
  // Nothing else is sent here: without a question now and then a connection that died silently would stay so.
  const beat = setInterval(() => void ask().catch(() => undefined), PING_MS).unref()

  async function ask(): Promise<void> {
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
    // Coming back asks for all channels again; a refusal would only be repeated.
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
      // Wrapped, so that one function subscribed twice is two subscriptions.
      const wrapped: Listener = message => listener(message)
      listeners.set(channel, (listeners.get(channel) ?? new Set()).add(wrapped))
      await Promise.race([confirm(channel, wrapped), wait(CONFIRM_MS, undefined, { ref: false })])
      return () => remove(channel, wrapped)
    },
    check: ask,
    close: () =>
      (closing ??= (async () => {
        clearInterval(beat)
        listeners.clear()
        if (own.status === 'ready') await own.quit().catch(() => undefined)
        own.disconnect()
      })())
  }
}
