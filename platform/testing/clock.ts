import type { Clock } from '../../kernel/ports/clock.ts'

/** A clock that moves only when a test advances it; `sleep` resolves when the clock has passed its time. */
export interface FakeClock extends Clock {
  /** Moves on by `ms`, or by a text such as `31m`, `2h`, `1d`, waking sleepers in order. */
  advance(by: number | string): Promise<void>
  /** When the next sleeper wakes. */
  nextWake(): Date | undefined
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Starts at the given time, by default the real one. */
export function fakeClock(start: Date = new Date()): FakeClock {
  let now = start.getTime()
  let sleepers: { at: number; wake: () => void }[] = []
  return {
    now: () => new Date(now),
    monotonic: () => now - start.getTime(),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason as Error)
        const sleeper = { at: now + ms, wake: resolve }
        sleepers.push(sleeper)
        signal?.addEventListener(
          'abort',
          () => {
            sleepers = sleepers.filter(other => other !== sleeper)
            reject(signal.reason as Error)
          },
          { once: true }
        )
      }),
    nextWake: () => (sleepers.length > 0 ? new Date(Math.min(...sleepers.map(({ at }) => at))) : undefined),
    async advance(by) {
      const until = now + millisecondsOf(by)
      for (;;) {
        const next = sleepers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0]
        if (!next) break
        sleepers = sleepers.filter(sleeper => sleeper !== next)
        now = next.at
        next.wake()
        await new Promise(resolve => setImmediate(resolve))
      }
      now = until
    }
  }
}

/** Milliseconds of a number of them, or of a text such as `31m`. */
export function millisecondsOf(text: number | string): number {
  if (typeof text === 'number') return text
  const match = /^(\d+)(ms|[smhd])$/.exec(text)
  if (!match) throw new Error(`not a duration: ${text}`)
  return Number(match[1]) * (match[2] === 'ms' ? 1 : (UNITS[match[2] ?? ''] ?? 1))
}
