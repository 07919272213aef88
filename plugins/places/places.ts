import type { Queryable, ScopeOf, Tx } from 'care-kernel'
import type { Columns, ModelDefinition, Values } from 'care-kernel/data'
import { invalidateResponses } from 'care-kernel/rest'
import type { manifest } from './manifest.ts'
import { District, LocalBody, State, Ward } from './models.ts'

/** Kinds of local bodies by the first letter of their code. */
const BODY_TYPES: Readonly<Record<string, number>> = { G: 1, B: 2, D: 3, N: 4, M: 10, C: 20 }
const OTHER_BODY = 50

/** The kind of a local body by the first letter of its code; 50 for any other code and for none (docs/api/auth-users.md §5). */
export function bodyTypeOf(code: string | undefined): number {
  return BODY_TYPES[code?.charAt(0).toUpperCase() ?? ''] ?? OTHER_BODY
}

/** The place columns of a row. */
interface PlaceColumns {
  readonly local_body_id?: unknown
  readonly district_id?: unknown
  readonly state_id?: unknown
}

/**
 * District and state of a row as its place columns resolve: the local body sets the district and the district the state, whatever the row
 * has in these columns (docs/api/facilities.md §2.2, docs/api/patients.md §4).
 */
export async function resolvedPlaces(
  db: Queryable,
  { local_body_id: localBody = null, district_id: district = null, state_id: state = null }: PlaceColumns
): Promise<{ district_id: number | null; state_id: number | null }> {
  const {
    rows: [place]
  } = await db.query<{ district_id: number | null; state_id: number | null }>(
    `select d.id as district_id, coalesce(d.state_id, $3::bigint) as state_id from (select 1) _
      left join users_localbody l on l.id = $1 left join users_district d on d.id = coalesce(l.district_id, $2::bigint)`,
    [localBody, district, state]
  )
  return place ?? { district_id: null, state_id: null }
}

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
