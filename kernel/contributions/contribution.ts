import type { Problem } from '../plugin/problems.ts'
import type { Plugin } from '../plugin/plugin.ts'

/** An enabled plugin, in dependency order, with its checked settings. */
export interface Loaded {
  readonly name: string
  readonly plugin: Plugin
  readonly settings: unknown
}

/** One kind of contribution: folds what all plugins declare into what will exist, and tells it for the plan. Pure. */
export interface Engine<Part> {
  readonly kind: string
  compose(plugins: readonly Loaded[], problems: Problem[]): Part
  /** The part as plain data, sorted and stable: what `plan` prints and diffs. */
  describe(part: Part): unknown
}

/** Adds `value` under `key`, or reports both owners. */
export function claim<T extends { owner: string }>(
  taken: Map<string, T>,
  key: string,
  value: T,
  duplicate: (first: string) => Problem,
  problems: Problem[]
): void {
  const first = taken.get(key)
  if (first) problems.push(duplicate(first.owner))
  else taken.set(key, value)
}
