import type { Params } from '../data/statement.ts'
import type { FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'
import type { Queryable } from '../../kernel/ports/database.ts'

/** How the rows of a large table are counted: exactly up to a bound, beyond it from a cache. */
export interface Counting {
  /** Up to this number of matches every count is exact. */
  readonly upTo: number
  /** Longest time a larger count is cached. */
  readonly seconds: number
  /** SQL whose value changes with every write of the requester: a count from before it is not used. */
  readonly stamp: (request: FastifyRequest, params: Params) => string
}

/** A large count, and the requester's stamp when it was taken. */
export interface Total {
  readonly count: number
  readonly stamp: unknown
}

const MAX_ENTRIES = 5000
/** Share of a count's time that is left when it is refreshed in the background. */
const AGING = 0.25

interface Cached {
  readonly totals: LRUCache<string, Total>
  readonly running: Map<string, Promise<Total>>
}

/** Cache of large counts, by database and by a key for what was counted. */
export class Totals {
  readonly #milliseconds: number
  readonly #cached = new WeakMap<Queryable, Cached>()

  constructor(seconds: number) {
    this.#milliseconds = seconds * 1000
  }

  find(db: Queryable, key: string): Total | undefined {
    return this.#of(db).totals.get(key)
  }

  /** Whether a cached count expires soon. */
  isAging(db: Queryable, key: string): boolean {
    return this.#of(db).totals.getRemainingTTL(key) < this.#milliseconds * AGING
  }

  /** Counts and caches the result. Concurrent calls with the same key share one count. */
  count(db: Queryable, key: string, read: () => Promise<Total>): Promise<Total> {
    const { totals, running } = this.#of(db)
    const known = running.get(key)
    if (known) return known
    const from = performance.now()
    const work = read()
      .then(({ count, stamp }) => {
        const total = { count, stamp }
        totals.set(key, total, { ttl: Math.max(1, this.#milliseconds - (performance.now() - from)) })
        return total
      })
      .finally(() => running.delete(key))
    running.set(key, work)
    return work
  }

  #of(db: Queryable): Cached {
    const known = this.#cached.get(db)
    if (known) return known
    const made: Cached = { totals: new LRUCache({ max: MAX_ENTRIES, ttl: this.#milliseconds }), running: new Map() }
    this.#cached.set(db, made)
    return made
  }
}
