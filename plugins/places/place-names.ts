import type { Cache, Database, Tx } from 'care-kernel'
import type { Columns, ModelDefinition, Repositories, Values } from 'care-kernel/data'
import { invalidateResponses } from 'care-kernel/rest'
import { District, LocalBody, State, Ward } from './models.ts'

/** Kinds of local bodies by the first letter of their code (contract auth-users §5). */
const BODY_TYPES: Readonly<Record<string, number>> = { G: 1, B: 2, D: 3, N: 4, M: 10, C: 20 }
const OTHER_BODY = 50

/** The kind a local body's code says: its first letter, 50 for anything else. */
export function bodyTypeOf(code: string | undefined): number {
  return BODY_TYPES[code?.charAt(0).toUpperCase() ?? ''] ?? OTHER_BODY
}

/** Finds places by name and makes those that are missing; the ways in for what the original's admin site and loaders did. */
export class PlaceNames {
  readonly #database: Database
  readonly #cache: Cache
  readonly #repository: Repositories

  constructor({ database, cache, repository }: { database: Database; cache: Cache; repository: Repositories }) {
    this.#database = database
    this.#cache = cache
    this.#repository = repository
  }

  /** The id of a state, made when it is missing. */
  state = (tx: Tx, name: string): Promise<number> => this.#ensure(tx, State, { name })

  /** The id of a district, made when it is missing. */
  district = (tx: Tx, stateId: number, name: string): Promise<number> => this.#ensure(tx, District, { name, state_id: stateId })

  /** The id of a local body; its kind comes from its code. */
  localBody = (tx: Tx, districtId: number, name: string, code?: string): Promise<number> =>
    this.#ensure(tx, LocalBody, { name, district_id: districtId, body_type: bodyTypeOf(code) }, { localbody_code: code ?? null })

  /** The id of a ward. */
  ward = (tx: Tx, localBodyId: number, name: string, number: number): Promise<number> =>
    this.#ensure(tx, Ward, { name, local_body_id: localBodyId, number })

  /** Runs `work` in one transaction and makes the kept answers stale afterwards. */
  async change<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#database.transaction(async tx => {
      await tx.query(`select pg_advisory_xact_lock(hashtext('places'))`)
      tx.afterCommit(() => invalidateResponses(this.#cache, 'places'))
      return work(tx)
    })
  }

  async #ensure<C extends Columns>(
    tx: Tx,
    definition: ModelDefinition<C>,
    known: Values<C>,
    rest: Partial<Values<C>> = {}
  ): Promise<number> {
    const names = Object.keys(known)
    const {
      rows: [found]
    } = await tx.query<{ id: number }>(
      `select id from ${definition.table} where ${names.map((name, index) => `${name} = $${index + 1}`).join(' and ')} order by id limit 1`,
      Object.values(known)
    )
    if (found) return found.id
    const { id } = await this.#repository(definition).insert(tx, { ...known, ...rest })
    return id as number
  }
}
