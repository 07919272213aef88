/** Port `cache`. Callers cannot tell a miss from an outage, except with `increment` and `publish`, which reject. Gateways: `cache-memory`, `cache-redis`. */
export interface Cache {
  /** The value, or undefined when absent, expired or the cache is down. */
  get<T>(key: string): Promise<T | undefined>
  /** Keeps a JSON-serialisable value for `seconds`. Does nothing while the cache is down. */
  set(key: string, value: unknown, seconds: number): Promise<void>
  /** Forgets the keys. Does nothing while the cache is down: use values that expire. */
  delete(...keys: string[]): Promise<void>
  /** Adds one to a counter that lives `seconds` from its first increment; its new value. Rejects while the cache is down. */
  increment(key: string, seconds: number): Promise<number>
  /** Sends a message to every subscriber of every process, at most once each. Rejects while the cache is down. */
  publish(channel: string, message: string): Promise<void>
  /** Calls `listener` for each message; survives reconnects, messages sent meanwhile are lost. Returns the unsubscriber. */
  subscribe(channel: string, listener: (message: string) => void): Promise<() => Promise<void>>
  check(): Promise<void>
  close(): Promise<void>
}
