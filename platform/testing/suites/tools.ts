import { setTimeout as wait } from 'node:timers/promises'
import type { Test } from 'tap'

/** Declares tests that each get something opened of their own, and clean it up. */
export function testing<Under extends { cleanup(): Promise<void> }>(t: Test, open: () => Promise<Under>) {
  return (name: string, work: (t: Test, under: Under) => Promise<void>): void =>
    void t.test(name, async t => {
      const under = await open()
      t.teardown(() => under.cleanup())
      await work(t, under)
    })
}

/** Asks until it is so, ten seconds at most. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 10_000
  while (!(await holds())) {
    if (performance.now() > end) throw new Error('it did not come about within ten seconds')
    await wait(10)
  }
}
