import type { FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'
import type { Queryable } from '../../kernel/ports/database.ts'
import type { Params } from '../data/params.ts'

/** How the rows of a large table are counted: exactly up to a bound, beyond it not at every request. */
export interface Counting {
  /** Up to so many matches every count is exact. */
  readonly upTo: number
  /** How old a larger one may be. */
  readonly seconds: number
  /** SQL whose value changes with whatever the asker writes: one's own writes always count. */
  readonly stamp: (request: FastifyRequest, params: Params) => string
}

/** A large count, and the asker's stamp when it was taken. */
export interface Total {
  readonly count: number
  readonly stamp: unknown
}

const MOST = 5000
/** What is left of a count's time when it is taken anew for those who come later; nobody waits for that. */
const AGING = 0.25

interface Kept {
  readonly totals: LRUCache<string, Total>
  readonly underWay: Map<string, Promise<Total>>
}

/** Large counts by database and by what was counted, kept for a moment. */
export class Totals {
  readonly #milliseconds: number
  readonly #kept = new WeakMap<Queryable, Kept>()

  constructor(seconds: number) {
    this.#milliseconds = seconds * 1000
  }

  find(db: Queryable, what: string): Total | undefined {
    return this.#of(db).totals.get(what)
  }

  /** Whether it will soon be too old. */
  isAging(db: Queryable, what: string): boolean {
    return this.#of(db).totals.getRemainingTTL(what) < this.#milliseconds * AGING
  }

  /** Counts and keeps it. Those who ask while it is under way get the same one. */
  count(db: Queryable, what: string, read: () => Promise<Total>): Promise<Total> {
    const { totals, underWay } = this.#of(db)
    const known = underWay.get(what)
    if (known) return known
    const from = performance.now()
    const work = read()
      .then(({ count, stamp }) => {
        const total = { count, stamp }
        totals.set(what, total, { ttl: Math.max(1, this.#milliseconds - (performance.now() - from)) })
        return total
      })
      .finally(() => underWay.delete(what))
    underWay.set(what, work)
    return work
  }

  #of(db: Queryable): Kept {
    const known = this.#kept.get(db)
    if (known) return known
    const made: Kept = { totals: new LRUCache({ max: MOST, ttl: this.#milliseconds }), underWay: new Map() }
    this.#kept.set(db, made)
    return made
  }
}
