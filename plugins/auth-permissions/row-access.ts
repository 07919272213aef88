import type { Actor } from 'care-kernel'
import { inContext, pickCases, rowAccess, rowCondition, type RowAccess, type RowCase } from 'care-kernel/access'
import type { Params } from 'care-kernel/data'
import { assetUser, atLeast, anyActor, exactly, superuser } from './predicates.ts'
import { RANK } from './enumerations.ts'

/** Context of a condition: the alias of the row in the statement. */
export interface Aliased {
  readonly alias: string
}

/** The condition of the rows of one place, by the id of the place. */
export type PlaceCondition<C> = (id: number, params: Params, context: C) => string

/** Superusers see all rows. */
export const allOf = (rows: string): RowCase => ({ when: superuser, rows: `all ${rows}`, sql: () => 'true' })

/** State ranks see the rows of their state, district ranks those of their district (docs/api/auth-users.md §4.2); an actor without the place sees none. */
export function casesByPlace<C = unknown>({
  rows,
  state,
  district
}: {
  /** The rows in words: `patients whose facility is`. */
  readonly rows: string
  readonly state: PlaceCondition<C>
  readonly district: PlaceCondition<C>
}): Record<'own state' | 'own district', RowCase<C>> {
  const ofPlace =
    (of: 'stateId' | 'districtId', condition: PlaceCondition<C>): RowCase<C>['sql'] =>
    ({ [of]: id }, params, context) =>
      id === null ? 'false' : condition(id, params, context)
  return {
    'own state': { when: atLeast(RANK.stateLabAdmin), rows: `${rows} in the actor's state`, sql: ofPlace('stateId', state) },
    'own district': {
      when: atLeast(RANK.districtLabAdmin),
      rows: `${rows} in the actor's district`,
      sql: ofPlace('districtId', district)
    }
  }
}

const inColumn =
  (column: 'state_id' | 'district_id'): PlaceCondition<Aliased> =>
  (id, params, { alias }) =>
    `${alias}.${column} = ${params.add(id)}`

/** FAC and FACLIVE: facilities an actor reaches; `alias` is the facility's. */
export const facilityAccess = rowAccess({
  name: 'facility',
  summary: 'Facilities an actor reaches',
  cases: {
    all: allOf('facilities'),
    ...casesByPlace({ rows: 'facilities', state: inColumn('state_id'), district: inColumn('district_id') }),
    'own facilities': {
      when: anyActor,
      rows: 'facilities where the actor works',
      sql: ({ facilityIds }, params, { alias }: Aliased) => `${alias}.id = any(${params.add(facilityIds, 'bigint[]')})`
    }
  }
})

/** FACA: facilities an actor may name in a body or a parent path. */
export const nameableFacilityAccess = rowAccess({
  name: 'facility.name',
  summary: 'Facilities an actor may name in a body or a path',
  cases: {
    ...pickCases(facilityAccess, 'all'),
    device: {
      when: assetUser,
      rows: 'the facility of the asset',
      sql: ({ assetFacilityId: id }, params, { alias }: Aliased) => (id === null ? 'false' : `${alias}.id = ${params.add(id)}`)
    },
    ...pickCases(facilityAccess, 'own state', 'own district', 'own facilities')
  }
})

/** HOME: facilities an actor may give as a home facility. */
export const homeFacilityAccess = rowAccess({
  name: 'facility.home',
  summary: 'Facilities an actor may give as home facility',
  cases: {
    ...pickCases(nameableFacilityAccess, 'all', 'device', 'own state', 'own district'),
    'home facility': {
      when: anyActor,
      rows: "the actor's home facility",
      sql: ({ homeFacilityId: id }, params, { alias }: Aliased) => (id === null ? 'false' : `${alias}.id = ${params.add(id)}`)
    }
  }
})

/** USERS: users an actor may act upon. */
const skilledUserAccess = rowAccess({
  name: 'user.skill',
  summary: 'Users to whom an actor may give skills',
  cases: {
    all: allOf('users'),
    ...casesByPlace({ rows: 'users', state: inColumn('state_id'), district: inColumn('district_id') }),
    self: {
      when: anyActor,
      rows: 'the actor',
      sql: ({ id }, params, { alias }: Aliased) => `${alias}.id = ${params.add(id)}`
    }
  }
})

export const facilitiesOf = (alias: string): RowAccess => inContext(facilityAccess, { alias })
export const facilitiesNameableBy = (alias: string): RowAccess => inContext(nameableFacilityAccess, { alias })
export const homeFacilitiesOf = (alias: string): RowAccess => inContext(homeFacilityAccess, { alias })
export const usersOf = (alias: string): RowAccess => inContext(skilledUserAccess, { alias })

/** Users that exist for `users/` (docs/api/auth-users.md §3.2); `u` is the user's row. */
export const LISTED = 'u.is_active and not u.is_superuser and u.asset_id is null and not u.deleted'

interface Members {
  /** The slot `members`: a query for the ids of the members of `$facilities`. */
  readonly members: string
}

/** Users of a place up to a type, by the column of the place. */
const usersUpTo =
  (place: 'state' | 'district', limit: string) =>
  (actor: Actor, params: Params): string => {
    const id = actor[`${place}Id`]
    return id === null ? 'false' : `u.${place}_id = ${params.add(id)} and u.user_type ${limit}`
  }

/** Users an actor sees besides themselves (docs/api/auth-users.md §3.2). */
const userAccess = rowAccess({
  name: 'user',
  summary: 'Users an actor sees besides themselves',
  cases: {
    all: allOf('users'),
    'own state': {
      when: atLeast(RANK.stateReadOnlyAdmin),
      rows: `users in the actor's state, type ≤ ${RANK.stateAdmin}`,
      sql: usersUpTo('state', `<= ${RANK.stateAdmin}`)
    },
    'own district': {
      when: atLeast(RANK.districtReadOnlyAdmin),
      rows: `users in the actor's district, type ≤ ${RANK.districtAdmin}`,
      sql: usersUpTo('district', `<= ${RANK.districtAdmin}`)
    },
    'own facilities': {
      when: anyActor,
      rows: `users who work at a facility of the actor, type < ${RANK.districtAdmin}`,
      sql({ facilityIds }, params, { members }: Members) {
        const facilities = params.add(facilityIds, 'bigint[]')
        return `u.id in (${members.replaceAll('$facilities', () => facilities)}) and u.user_type < ${RANK.districtAdmin}`
      }
    }
  }
})

/** The same with the slot `members` of the deployment. */
export const visibleUsers = (members: string): RowAccess => inContext(userAccess, { members })

/** Users an actor may deactivate (docs/api/auth-users.md §3.3, `DELETE`). */
export const removableUsers = rowAccess({
  name: 'user.delete',
  summary: 'Users an actor may deactivate',
  cases: {
    all: allOf('users'),
    'own state': {
      when: atLeast(RANK.stateAdmin),
      rows: `users in the actor's state, type < ${RANK.stateAdmin}`,
      sql: usersUpTo('state', `< ${RANK.stateAdmin}`)
    },
    'own district': {
      when: exactly(RANK.districtAdmin),
      rows: `users in the actor's district, type < ${RANK.districtAdmin}`,
      sql: usersUpTo('district', `< ${RANK.districtAdmin}`)
    }
  }
})

/** The condition of row access to users, with the actor's own row. */
export function orSelf(access: RowAccess, actor: Actor, params: Params): string {
  return `(u.id = ${params.add(actor.id)} or (${rowCondition(access, actor, params)}))`
}

/** The row access that this plugin declares. */
export const userRowAccess = [
  facilityAccess,
  nameableFacilityAccess,
  homeFacilityAccess,
  userAccess,
  removableUsers,
  skilledUserAccess
] as const
