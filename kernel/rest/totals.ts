import type { FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'
import type { Queryable } from '../ports/database.ts'
import type { Params } from './params.ts'

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

/** Large counts by database and by what was counted, kept for a moment. */
export class Totals {
  readonly #milliseconds: number
  readonly #kept = new WeakMap<Queryable, LRUCache<string, Total>>()

  constructor(seconds: number) {
    this.#milliseconds = seconds * 1000
  }

  find(db: Queryable, counted: string): Total | undefined {
    return this.#kept.get(db)?.get(counted)
  }

  keep(db: Queryable, counted: string, total: Total): void {
    const kept = this.#kept.get(db) ?? new LRUCache<string, Total>({ max: MOST, ttl: this.#milliseconds })
    this.#kept.set(db, kept)
    kept.set(counted, total)
  }
}
