import { invalid } from 'care-kernel/rest'
import type { Flags as FlagsContract } from './contract.ts'

/** Registry of feature flags by kind of entity; plugins register theirs at construction (docs/api/auth-users.md §1.21). */
export class Flags implements FlagsContract {
  readonly #known = new Map<string, Set<string>>()

  register(kind: 'USER' | 'FACILITY', name: string): void {
    this.#known.set(kind, (this.#known.get(kind) ?? new Set()).add(name))
  }

  requireRegistered(kind: 'USER' | 'FACILITY', name: string): void {
    const known = this.#known.get(kind)
    if (!known) throw invalid({ detail: 'Invalid Flag Type' })
    if (!known.has(name)) throw invalid({ detail: 'Flag not registered' })
  }
}
