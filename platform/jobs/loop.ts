import type { Clock } from '../../kernel/ports/clock.ts'

const FAILED_MS = 1000

/** Something that is done again and again in the background. */
export interface Loop {
  /** There is something to do: ends the pause, unless the last pass failed. */
  poke(): void
  /** Ends after the running pass. */
  stop(): Promise<void>
  /** Whether passes have ended well lately. */
  isWell(): boolean
}

interface LoopOptions {
  readonly clock: Clock
  /** Resolves with true when there may be more to do at once. */
  readonly pass: () => Promise<boolean>
  readonly idleMs: number
  readonly failed: (error: unknown) => void
}

const WELL_FOR_MS = 30_000

/** Runs `pass`, pauses, and runs it again until it is stopped. A pass that fails is followed by a pause, whoever pokes. */
export function startLoop({ clock, pass, idleMs, failed }: LoopOptions): Loop {
  let stopping = false
  let pause = new AbortController()
  let poked = false
  let broken = false
  let wellAt = clock.monotonic()
  const running = run()

  async function run(): Promise<void> {
    while (!stopping) {
      poked = false
      pause = new AbortController()
      try {
        const more = await pass()
        broken = false
        wellAt = clock.monotonic()
        if (more || poked) continue
      } catch (error) {
        if (!broken) failed(error)
        broken = true
      }
      await clock.sleep(broken ? FAILED_MS : idleMs, pause.signal).catch(() => undefined)
    }
  }

  return {
    poke() {
      poked = true
      if (!broken) pause.abort()
    },
    async stop() {
      stopping = true
      pause.abort()
      await running
    },
    isWell: () => !broken && clock.monotonic() - wellAt < WELL_FOR_MS + idleMs
  }
}
