import type { Actor, Database, Queryable, ScopeOf, Tx } from 'care-kernel'
import { resolvedPlaces } from 'care-kernel/toolkits/places'
import { refusingDuplicates } from 'care-kernel/data'
import { invalid, type Infer, type Shape } from 'care-kernel/rest'
import type { Accounts } from './accounts.ts'
import type { Actors, Flags as FlagsContract, PushColumns, Users, VisibleUser } from './contract.ts'
import { isReserved, USERNAME_TAKEN, type UserInputs } from './inputs.ts'
import type { manifest } from './manifest.ts'
import { User, UserFacilityAllocation } from './models.ts'
import { userAssigned } from './outputs.ts'
import { randomPassword } from './password-hashes.ts'
import { passwordProblems } from './password-policy.ts'
import { placeProblems, requireRank } from './policy.ts'
import { userReads, type UserReads } from './reads.ts'

/** A user name that a concurrent request took gets the same answer as one that was taken before. */
const TAKEN = { users_user_username_key: () => invalid({ username: [USERNAME_TAKEN] }) }

type UsersScope = ScopeOf<typeof manifest> & { readonly accounts: Accounts; readonly actors: Actors }

/** The values of `add_user` and of an update, references resolved but for facilities. */
export type NewUser = Infer<UserInputs['create']>
export type UserUpdate = Partial<Infer<UserInputs['update']>>

/** Columns of a new user, as a row. */
export interface UserRow {
  readonly username: string
  readonly user_type: number
  readonly gender: number
  readonly phone_number: string
  readonly local_body_id?: number | null
  readonly district_id?: number | null
  readonly state_id?: number | null
  readonly [column: string]: unknown
}

/** Adds, changes and deactivates users, and maintains their home facilities. */
export class UserAccounts implements Users {
  #reads: UserReads | undefined
  readonly #scope: UsersScope

  constructor(scope: UsersScope) {
    this.#scope = scope
  }

  /** Made at the first read: plugins that fill the slots are opened after this service is constructed. */
  get reads(): UserReads {
    return (this.#reads ??= userReads(this.#scope))
  }
  get assigned(): Shape {
    return userAssigned(this.#scope.slots.user)
  }

  visible = (db: Queryable, actor: Actor, username: string, lock = false): Promise<VisibleUser> =>
    this.reads.visible<VisibleUser>(
      db,
      actor,
      username,
      'u.id, u.external_id, u.user_type, u.local_body_id, u.district_id, u.state_id, u.home_facility_id',
      lock
    )

  setPicture = async (tx: Tx, userId: number, key: string | null): Promise<string | null> =>
    this.#scope.repository(User).exchange(tx, userId, 'profile_picture_url', key)

  /** Adds a user for `actor` (docs/api/auth-users.md §3.5). Throws 400 for invalid values. Returns the id. */
  async add(database: Database, actor: Actor, values: NewUser): Promise<number> {
    const {
      username,
      user_type: type,
      facilities = [],
      home_facility: home,
      ward,
      local_body: localBody,
      district,
      state,
      password = randomPassword(),
      email = '',
      ...rest
    } = values
    const named = await this.#facilities(database, actor, home === undefined ? facilities : [home, ...facilities])
    const missing = facilities.filter(uuid => !named.has(uuid))
    const problems = {
      ...((await this.#isTaken(database, username)) ? { username: [USERNAME_TAKEN] } : {}),
      ...placeProblems(actor, { ward, local_body: localBody, district, state }),
      ...(missing.length > 0 ? { facilities: [`Some facilities are not available - ${missing.join(', ')}`] } : {}),
      ...passwordProblem(values, password),
      ...(home !== undefined && !named.has(home) ? { home_facility: ['object with this id not found'] } : {})
    }
    if (Object.keys(problems).length > 0) throw invalid(problems)
    if (home !== undefined && !actor.superuser && !named.get(home)?.allowed)
      throw invalid({ home_facility: ['Cannot create users with different Home Facility'] })
    requireRank(actor, type)
    if (!ward && !localBody && !district && !state)
      throw invalid({ __all__: ['One of ward, local body, district or state is required'] })

    const hashed = await this.#scope.accounts.hash(password)
    return database.transaction(async tx => {
      const id = await this.create(tx, {
        ...rest,
        username,
        user_type: type,
        email,
        password: hashed,
        ward_id: ward ?? null,
        local_body_id: localBody ?? null,
        district_id: district ?? null,
        state_id: state ?? null,
        verified: true,
        created_by_id: actor.id
      })
      const facilityIds = [...new Set(facilities)].flatMap(uuid => named.get(uuid)?.id ?? [])
      if (facilityIds.length > 0) await this.#scope.hooks['user-added'](tx, { actor, userId: id, facilityIds })
      const homeId = home === undefined ? undefined : named.get(home)?.id
      if (homeId !== undefined) await this.setHomeFacility(tx, id, homeId)
      return id
    })
  }

  /** Writes a new user; its places are resolved. Throws 400 when the user name is taken. Returns the id. */
  async create(tx: Tx, row: UserRow): Promise<number> {
    const { email = '', ...rest } = row as UserRow & { email?: string }
    const values = { ...rest, ...(await resolvedPlaces(tx, row)), email: lowerDomain(email), date_joined: this.#now() }
    const { id } = await refusingDuplicates(TAKEN, () => this.#scope.repository(User).insert(tx, values))
    return id
  }

  /** Changes a user (docs/api/auth-users.md §3.4). Throws 400 for a taken user name and a home facility that the actor may not set. */
  async update(tx: Tx, actor: Actor, id: number, { home_facility: home, ...values }: UserUpdate): Promise<void> {
    const { username } = values
    const facility = home === undefined ? undefined : (await this.#facilities(tx, actor, [home])).get(home)
    const problems = {
      ...(username !== undefined && (await this.#isTaken(tx, username, id)) ? { username: [USERNAME_TAKEN] } : {}),
      ...(home !== undefined && !facility ? { home_facility: ['object with this id not found'] } : {})
    }
    if (Object.keys(problems).length > 0) throw invalid(problems)
    if (facility && !actor.superuser && !facility.allowed)
      throw invalid({ home_facility: ['Cannot create users with different Home Facility'] })
    if (Object.keys(values).length > 0) await refusingDuplicates(TAKEN, () => this.#scope.repository(User).update(tx, id, values))
    if (facility) await this.setHomeFacility(tx, id, facility.id)
    this.#scope.actors.changed(tx, [id])
  }

  /** Makes a user inactive and closes its allocations (docs/api/auth-users.md §3.3, §3.10 FIX); all other rows of the user stay. */
  async deactivate(tx: Tx, id: number): Promise<void> {
    const { repository } = this.#scope
    await repository(User).update(tx, id, { is_active: false })
    await repository(UserFacilityAllocation).updateWhere(tx, { user_id: id, end_date: null }, { end_date: this.#now() })
    this.#scope.actors.changed(tx, [id])
  }

  /** Stores a new password without a check of the old one. */
  async setPassword(database: Database, id: number, password: string): Promise<void> {
    const hashed = await this.#scope.accounts.hash(password)
    await database.transaction(async tx => {
      await this.#scope.repository(User).update(tx, id, { password: hashed })
      this.#scope.actors.changed(tx, [id])
    })
  }

  /** Whether a user name is reserved or taken, by a deleted or inactive user included. */
  async isUnavailable(db: Queryable, username: string): Promise<boolean> {
    return isReserved(username) || (!username.includes('\0') && (await this.#isTaken(db, username)))
  }

  setHomeFacility = async (tx: Tx, userId: number, facilityId: number | null): Promise<void> => {
    const {
      rows: [user]
    } = await tx.query<{ old: number | null }>('select home_facility_id as old from users_user where id = $1 for no key update', [
      userId
    ])
    if (!user || user.old === facilityId) return
    const now = this.#now()
    const allocations = this.#scope.repository(UserFacilityAllocation)
    await this.#scope.repository(User).update(tx, userId, { home_facility_id: facilityId })
    if (user.old !== null)
      await allocations.updateWhere(tx, { user_id: userId, facility_id: user.old, end_date: null }, { end_date: now })
    if (facilityId !== null) await allocations.insert(tx, { user_id: userId, facility_id: facilityId, start_date: now })
    this.#scope.actors.changed(tx, [userId])
  }

  async setPush(tx: Tx, userId: number, columns: PushColumns, was?: string): Promise<void> {
    const where = { id: userId, ...(was === undefined ? {} : { pf_endpoint: was }) }
    await this.#scope.repository(User).updateWhere(tx, where, columns)
  }

  releaseHomeFacility = async (tx: Tx, facilityId: number): Promise<number[]> => {
    const { repository } = this.#scope
    const ids = (await repository(User).updateWhere(tx, { home_facility_id: facilityId }, { home_facility_id: null })).map(Number)
    await repository(UserFacilityAllocation).updateWhere(
      tx,
      { facility_id: facilityId, end_date: null },
      { end_date: this.#now() }
    )
    if (ids.length > 0) this.#scope.actors.changed(tx, ids)
    return ids
  }

  async #facilities(db: Queryable, actor: Actor, uuids: readonly string[]) {
    if (uuids.length === 0) return new Map<string, never>()
    const answers = await this.#scope.hooks['facilities-named'](db, { actor, uuids: [...new Set(uuids)] })
    return new Map(answers.flat().map(facility => [facility.uuid, facility]))
  }

  async #isTaken(db: Queryable, username: string, exceptId = 0): Promise<boolean> {
    const { rows } = await db.query('select 1 from users_user where username = $1 and id <> $2', [username, exceptId])
    return rows.length > 0
  }

  #now(): string {
    return this.#scope.clock.now().toISOString()
  }
}

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

function passwordProblem(
  { username, first_name = '', last_name = '', email = '', password: given }: NewUser,
  password: string
): Record<string, string[]> {
  const messages = given === undefined ? [] : passwordProblems(password, { username, first_name, last_name, email })
  return messages.length > 0 ? { password: messages } : {}
}

function lowerDomain(email: string): string {
  const at = email.lastIndexOf('@')
  return at < 0 ? email : `${email.slice(0, at)}@${email.slice(at + 1).toLowerCase()}`
}
