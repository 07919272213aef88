import { setTimeout as wait } from 'node:timers/promises'

/** Does something so many times a second while `goesOn`, each at its time whether or not those before it have ended; resolves when all have. */
export async function atPace(
  perSecond: number,
  goesOn: (n: number) => boolean,
  once: (n: number, due: number) => Promise<unknown>
): Promise<void> {
  const running: Promise<unknown>[] = []
  const from = performance.now()
  for (let n = 0; goesOn(n); n++) {
    const due = from + (n * 1000) / perSecond
    const pause = due - performance.now()
    if (pause > 0) await wait(pause)
    running.push(once(n, due))
  }
  await Promise.all(running)
}

/** The value that this share of all does not exceed; 0 where there are none. */
export function percentile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0
}
