import { setTimeout as wait } from 'node:timers/promises'

/** Port `clock`: the only source of the present time. */
export interface Clock {
  now(): Date
  /** Milliseconds that only grow, for measuring durations. */
  monotonic(): number
  /** Resolves after `ms`; rejects with the abort reason when the signal fires. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** The machine's clock. */
export function systemClock(): Clock {
  return {
    now: () => new Date(),
    monotonic: () => performance.now(),
    sleep: (ms, signal) => wait(ms, undefined, signal ? { signal } : {})
  }
}
