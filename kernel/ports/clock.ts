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
    // Not the one of node:timers, which makes an error with its stack for everybody who is woken early.
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason as Error)
        const end = () => {
          clearTimeout(timer)
          reject(signal?.reason as Error)
        }
        const timer = setTimeout(() => {
          signal?.removeEventListener('abort', end)
          resolve()
        }, ms)
        signal?.addEventListener('abort', end, { once: true })
      })
  }
}
