import type { CareKernel } from '../care-kernel.ts'
import { millisecondsOf, type FakeClock } from './clock.ts'

/** How long a handler may take by the real clock before the test's clock moves to what it may be sleeping for. */
const PATIENCE_MS = 500

/** The clock of a test whose kernel works only when time passes: every job and schedule runs at its time, none is skipped. */
export function steppedClock(clock: FakeClock, kernel: CareKernel): FakeClock {
  return {
    ...clock,
    async advance(by) {
      const until = new Date(clock.now().getTime() + millisecondsOf(by))
      for (;;) {
        await settled(clock, kernel, until)
        const next = await kernel.work()?.nextDue()
        if (!next || next > until) break
        await moveTo(clock, next)
      }
      await moveTo(clock, until)
      await settled(clock, kernel, until)
    }
  }
}

/** Settles; a handler that waits for the clock sees it move, never beyond `until`. */
export async function settled(clock: FakeClock, kernel: CareKernel, until: Date): Promise<void> {
  const work = kernel.work()
  if (!work) return
  let done = false
  const settling = work.settle().finally(() => (done = true))
  settling.catch(() => undefined)
  for (;;) {
    await Promise.race([settling.catch(() => undefined), new Promise(resolve => setTimeout(resolve, PATIENCE_MS))])
    if (done) return settling
    const wake = clock.nextWake()
    if (wake && wake <= until) await moveTo(clock, wake)
  }
}

async function moveTo(clock: FakeClock, at: Date): Promise<void> {
  await clock.advance(Math.max(0, at.getTime() - clock.now().getTime()))
}
