import type { Clock } from '../ports/clock.ts'

/** The machine's clock. */
export function systemClock(): Clock {
  return {
    now: () => new Date(),
    monotonic: () => performance.now(),
    // node:timers/promises would create an error with its stack for each sleep that is aborted.
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
