import type { Clock } from '../../kernel/ports/clock.ts'

/** A function that runs again and again in the background. */
export interface Loop {
  /** Ends the pause before the next pass, unless the last pass failed. */
  poke(): void
  /** Resolves when the running pass has ended. */
  stop(): Promise<void>
  /** Whether the last pass succeeded, 30 s and a pause ago at most. */
  isHealthy(): boolean
}

interface LoopOptions {
  readonly clock: Clock
  /** Resolves with true when the next pass is to follow at once. */
  readonly pass: () => Promise<boolean>
  readonly idleMs: number
  /** Called for the first of consecutive failures. */
  readonly failed: (error: unknown) => void
}

const FAILED_MS = 1000
const HEALTHY_FOR_MS = 30_000

/** Runs `pass` until stopped, with a pause of `idleMs` after each, of one second after a failure. */
export function startLoop({ clock, pass, idleMs, failed }: LoopOptions): Loop {
  let stopping = false
  let pause = new AbortController()
  let poked = false
  let failing = false
  let succeededAt = clock.monotonic()
  const running = run()

  async function run(): Promise<void> {
    while (!stopping) {
      poked = false
      pause = new AbortController()
      try {
        const more = await pass()
        failing = false
        succeededAt = clock.monotonic()
        if (more || poked) continue
      } catch (error) {
        if (!failing) failed(error)
        failing = true
      }
      await clock.sleep(failing ? FAILED_MS : idleMs, pause.signal).catch(() => undefined)
    }
  }

  return {
    poke() {
      poked = true
      if (!failing) pause.abort()
    },
    async stop() {
      stopping = true
      pause.abort()
      await running
    },
    isHealthy: () => !failing && clock.monotonic() - succeededAt < HEALTHY_FOR_MS + idleMs
  }
}
