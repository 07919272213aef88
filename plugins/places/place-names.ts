import type { ScopeOf, Tx } from 'care-kernel'
import type { Columns, ModelDefinition, Values } from 'care-kernel/data'
import { invalidateResponses } from 'care-kernel/rest'
import { bodyTypeOf } from './hierarchy.ts'
import type { manifest } from './manifest.ts'
import { District, LocalBody, State, Ward } from './models.ts'

type NamesScope = Pick<ScopeOf<typeof manifest>, 'cache' | 'database' | 'repository'>

/** Finds places by name and adds those that are missing, for the commands and the demo. */
export class PlaceNames {
  readonly #scope: NamesScope

  constructor({ cache, database, repository }: NamesScope) {
    this.#scope = { cache, database, repository }
  }

  /** The id of a state, which is added when it is missing. */
  state = (tx: Tx, name: string): Promise<number> => this.#ensure(tx, State, { name })

  /** The id of a district, which is added when it is missing. */
  district = (tx: Tx, stateId: number, name: string): Promise<number> => this.#ensure(tx, District, { name, state_id: stateId })

  /** The id of a local body; its type comes from its code. */
  localBody = (tx: Tx, districtId: number, name: string, code?: string): Promise<number> =>
    this.#ensure(tx, LocalBody, { name, district_id: districtId, body_type: bodyTypeOf(code) }, { localbody_code: code ?? null })

  /** The id of a ward. */
  ward = (tx: Tx, localBodyId: number, name: string, number: number): Promise<number> =>
    this.#ensure(tx, Ward, { name, local_body_id: localBodyId, number })

  /** Runs `work` in one transaction under the lock of places, and invalidates the cached answers after the commit. */
  async change<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#scope.database.transaction(async tx => {
      await tx.query(`select pg_advisory_xact_lock(hashtext('places'))`)
      tx.afterCommit(() => invalidateResponses(this.#scope.cache, 'places'))
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
    const { id } = await this.#scope.repository(definition).insert(tx, { ...known, ...rest })
    return id as number
  }
}
