import type { Actor, Queryable, ScopeOf, Tx } from 'care-kernel'
import { rowCondition } from 'care-kernel/access'
import { Params } from 'care-kernel/data'
import { denied, isUuid, notAUuid } from 'care-kernel/rest'
import { facilitiesNameableBy } from 'care-kernel/contracts/auth-permissions'
import { DISTRICT, LOCAL_BODY, STATE } from 'care-kernel/contracts/places'
import { resolvedPlaces } from 'care-kernel/toolkits/places'
import type { Facilities, FacilityRow, FindOptions } from './contract.ts'
import { facilityInput, type FacilityInput } from './inputs.ts'
import type { manifest } from './manifest.ts'
import { Facility, FacilityUser } from './models.ts'
import { placesNamed } from './policy.ts'
import { facilityShapes, type FacilityShapes } from './outputs.ts'

/** Columns of a `FacilityRow`; `f` is the facility. */
export const FACILITY_ROW = 'f.id, f.external_id, f.name, f.created_by_id, f.ward_id, f.local_body_id, f.district_id, f.state_id'

const nameable = facilitiesNameableBy('f')

type ServiceScope = ScopeOf<typeof manifest>

/** Finds, adds, changes and deletes facilities. */
export class FacilityService implements Facilities {
  readonly #scope: ServiceScope
  #shapes: FacilityShapes | undefined

  constructor(scope: ServiceScope) {
    this.#scope = scope
    for (const flag of scope.config.flags) scope['auth-permissions'].flags.register('FACILITY', flag)
  }

  /** Made at the first read: plugins that fill the slots are opened after this service is constructed. */
  get shapes(): FacilityShapes {
    return (this.#shapes ??= facilityShapes(this.#scope.slots.facility))
  }

  byUuid = async (db: Queryable, uuid: string, options?: FindOptions): Promise<FacilityRow | undefined> => {
    if (!isUuid(uuid)) throw notAUuid(uuid)
    return find(db, 'external_id', uuid, options)
  }

  byId = (db: Queryable, id: number, options?: FindOptions): Promise<FacilityRow | undefined> => find(db, 'id', id, options)

  writable = async (db: Queryable, actor: Actor, uuid: string, options?: FindOptions): Promise<FacilityRow> => {
    const facility = await this.byUuid(db, uuid, options)
    if (!facility) throw denied()
    this.#scope.permissions.check(actor, 'facility.part.write', facility)
    return facility
  }

  setPicture = async (tx: Tx, facilityId: number, key: string | null): Promise<string | null> =>
    this.#scope.repository(Facility).exchange(tx, facilityId, 'cover_image_url', key)

  /** 403 unless the body names a state, a district and a local body that exist (docs/api/facilities.md §4.1, CREATE). */
  async requirePlaces(db: Queryable, body: unknown): Promise<void> {
    const places = placesNamed(body)
    if (!places) throw denied()
    const {
      rows: [found]
    } = await db.query<{ all: boolean }>(
      `select exists (select from ${STATE} where id = $1) and exists (select from ${DISTRICT} where id = $2) and exists (select from ${LOCAL_BODY} where id = $3) as all`,
      [places.state, places.district, places.localBody]
    )
    if (!found?.all) throw denied()
  }

  /** Adds a facility, with the user as its first member. `known` sets columns that the API does not. Returns the ids of the facility. */
  async create(
    tx: Tx,
    userId: number,
    values: FacilityInput,
    known: { readonly external_id?: string } = {}
  ): Promise<{ id: number; uuid: string }> {
    const columns = facilityInput.columns(values)
    const { id, external_id: uuid } = await this.#scope.repository(Facility).insert(tx, {
      ...columns,
      ...(await resolvedPlaces(tx, columns)),
      ...known,
      created_by_id: userId
    })
    await this.addMember(tx, { facilityId: id, userId, by: userId })
    await this.#scope.emit(tx, 'facility-created', { facilityId: id, facility: uuid })
    return { id, uuid }
  }

  /** Changes a facility whose row the transaction has locked. */
  async update(tx: Tx, facility: FacilityRow, values: Partial<FacilityInput>): Promise<void> {
    const columns = facilityInput.columns(values)
    const places = await resolvedPlaces(tx, { ...facility, ...columns })
    await this.#scope.repository(Facility).update(tx, facility.id, { ...columns, ...places })
  }

  /**
   * Deletes a facility whose row the transaction has locked, with its memberships and home facilities. The hook `facility-deleting` deletes
   * or refuses the rest (docs/api/facilities.md §4.5).
   */
  async remove(tx: Tx, actor: Actor, { id, external_id: uuid }: FacilityRow): Promise<void> {
    const { actors, users } = this.#scope['auth-permissions']
    await this.#scope.hooks['facility-deleting'](tx, { facilityId: id, actor })
    const { rows } = await tx.query<{ user_id: number }>(
      'select user_id from facility_facilityuser where facility_id = $1 for update',
      [id]
    )
    await this.#scope.repository(FacilityUser).deleteWhere(tx, { facility_id: id })
    await users.releaseHomeFacility(tx, id)
    await this.#scope.repository(Facility).delete(tx, id)
    actors.changed(
      tx,
      rows.map(row => row.user_id)
    )
    await this.#scope.emit(tx, 'facility-deleted', { facilityId: id, facility: uuid })
  }

  /** Makes a user a member; false when the user is one already. */
  async addMember(tx: Tx, { facilityId, userId, by }: { facilityId: number; userId: number; by: number }): Promise<boolean> {
    const members = this.#scope.repository(FacilityUser)
    const [added] = await members.insertMissing(tx, [{ facility_id: facilityId, user_id: userId, created_by_id: by }])
    if (added) this.#scope['auth-permissions'].actors.changed(tx, [userId])
    return added !== undefined
  }

  /** Ends a membership; false when there is none. */
  async removeMember(tx: Tx, facilityId: number, userId: number): Promise<boolean> {
    const ended = await this.#scope.repository(FacilityUser).deleteWhere(tx, { facility_id: facilityId, user_id: userId })
    this.#scope['auth-permissions'].actors.changed(tx, [userId])
    return ended.length > 0
  }
}

async function find(
  db: Queryable,
  column: 'id' | 'external_id',
  key: number | string,
  { nameableBy: actor, hold = false }: FindOptions = {}
): Promise<FacilityRow | undefined> {
  const params = new Params([key])
  const within = actor ? ` and (${rowCondition(nameable, actor, params)})` : ''
  const {
    rows: [row]
  } = await db.query<FacilityRow>(
    `select ${FACILITY_ROW} from facility_facility f where f.${column} = $1 and not f.deleted${within}${hold ? ' for share' : ''}`,
    params.values
  )
  return row
}
