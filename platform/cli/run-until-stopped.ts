import { within } from '../../kernel/lifecycle/deadline.ts'

/** What a failed start may take to stop what it has started: its supervisor waits for the exit. */
const FAILED_STOP_MS = 2000
/** What a start that is asked to stop may take to end the step it is in. */
const LAST_STEP_MS = 5000

/** A start in progress. */
export interface Starting {
  /** Fires when the process is asked to stop; `throwIfAborted` between the steps ends the start. */
  readonly stop: AbortSignal
  /** Registers how to stop what has been started. All of them run side by side. */
  onStop(stop: () => Promise<void>): void
}

/** How a process may be asked to stop, besides SIGTERM and SIGINT. */
export interface StopOptions {
  readonly stop?: AbortController
  /** Ends the process at once unless given. */
  readonly onSecondSignal?: () => void
}

/**
 * Starts, then runs until it is asked to stop, and stops in order. Rejects where the start fails, after stopping what it has started; a
 * start that is asked to stop cannot fail any more.
 */
export async function runUntilStopped(
  start: (starting: Starting) => Promise<void>,
  { stop = new AbortController(), onSecondSignal = () => process.exit(1) }: StopOptions = {}
): Promise<void> {
  const { signal } = stop
  const signalled = () => (signal.aborted ? onSecondSignal() : stop.abort())
  process.on('SIGTERM', signalled)
  process.on('SIGINT', signalled)
  const stopAsked = new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()))
  const stops: (() => Promise<void>)[] = []
  const stopAll = () => Promise.all(stops.map(stopOne => stopOne()))

  const started = start({ stop: signal, onStop: stopOne => void stops.push(stopOne) })
  try {
    await Promise.race([started, stopAsked])
  } catch (error) {
    await atMost(FAILED_STOP_MS, stopAll())
    if (!signal.aborted) throw error
  }
  await stopAsked
  await atMost(LAST_STEP_MS, started)
  await stopAll()
}

/** Waits for the end of `work`, whatever it is, but not longer than `ms`. */
async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  await within(work, ms, () => new Error('late')).catch(() => undefined)
}
