/** Port `clock`: the only source of the current time. */
export interface Clock {
  now(): Date
  /** Milliseconds of a clock that never goes back, for durations. */
  monotonic(): number
  /** Resolves after `ms`; rejects with the reason of the signal when it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}
