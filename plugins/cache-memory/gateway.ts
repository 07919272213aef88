import { messageOf, type Cache } from 'care-kernel'
import { defineGateway } from 'care-kernel/gateway'
import { LRUCache } from 'lru-cache'
import { Type } from 'typebox'

/** A value as JSON text, so that no two callers share an object. `until` is in milliseconds of the clock's monotonic time. */
interface Entry {
  readonly text: string
  readonly until: number
}

const BYTES_PER_CHARACTER = 2

export default defineGateway({
  port: 'cache',
  name: 'cache-memory',
  summary: 'In the memory of the process, for one process',
  config: Type.Object(
    {
      maxEntries: Type.Integer({
        default: 10_000,
        minimum: 1,
        maximum: 10_000_000,
        description: 'Beyond it the least recently used entry is evicted'
      }),
      maxMegabytes: Type.Integer({ default: 64, minimum: 1, maximum: 4096, description: 'Memory for keys and values together' })
    },
    { additionalProperties: false }
  ),
  shared: false,
  async open({ maxEntries, maxMegabytes }, { clock, logger }): Promise<Cache> {
    const entries = new LRUCache<string, Entry>({
      max: maxEntries,
      maxSize: maxMegabytes * 2 ** 20,
      sizeCalculation: ({ text }, key) => BYTES_PER_CHARACTER * (text.length + key.length) + 1
    })
    const listeners = new Map<string, Set<(message: string) => void>>()
    let open = true

    const live = (key: string): Entry | undefined => {
      const entry = entries.get(key)
      if (!entry || entry.until > clock.monotonic()) return entry
      entries.delete(key)
      return undefined
    }
    const store = (key: string, text: string | undefined, until: number): void => {
      if (text === undefined || until <= clock.monotonic()) entries.delete(key)
      else entries.set(key, { text, until })
    }
    const assertOpen = (): void => {
      if (!open) throw new Error('the cache is closed')
    }

    return {
      async get<T>(key: string): Promise<T | undefined> {
        const entry = live(key)
        return entry && (JSON.parse(entry.text) as T)
      },
      async set(key, value, seconds) {
        const text = JSON.stringify(value) as string | undefined
        if (open) store(key, text, clock.monotonic() + seconds * 1000)
      },
      async delete(...keys) {
        for (const key of keys) entries.delete(key)
      },
      async increment(key, seconds) {
        assertOpen()
        const entry = live(key)
        const count = entry ? Number(entry.text) + 1 : 1
        if (!Number.isSafeInteger(count)) throw new Error('the value of this key is not a counter')
        store(key, String(count), entry?.until ?? clock.monotonic() + seconds * 1000)
        return count
      },
      async publish(channel, message) {
        assertOpen()
        for (const listener of [...(listeners.get(channel) ?? [])]) {
          try {
            listener(message)
          } catch (error) {
            logger.error({ reason: messageOf(error) }, 'a subscriber of the cache failed')
          }
        }
      },
      async subscribe(channel, listener) {
        assertOpen()
        // Wrapped, so that a function that subscribes twice has two subscriptions.
        const own = (message: string) => listener(message)
        listeners.set(channel, (listeners.get(channel) ?? new Set()).add(own))
        return async () => {
          const others = listeners.get(channel)
          others?.delete(own)
          if (others?.size === 0) listeners.delete(channel)
        }
      },
      check: async () => assertOpen(),
      async close() {
        open = false
        entries.clear()
        listeners.clear()
      }
    }
  }
})
