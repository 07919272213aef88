import type { Actor, Clock, Queryable, ScopeOf } from 'care-kernel'
import type { Params } from 'care-kernel/data'
import {
  ApiError,
  filter,
  filters,
  isApiError,
  notAUuid,
  ordering,
  isUuid,
  resource,
  type Resource,
  type Where
} from 'care-kernel/rest'
import { USER_TYPES } from './enumerations.ts'
import type { manifest } from './manifest.ts'
import { userShapes } from './outputs.ts'
import { LISTED, orSelf, visibleUsers } from './row-access.ts'

type ReadsScope = Pick<ScopeOf<typeof manifest>, 'clock' | 'slots'>

/** The reads of `users/` (docs/api/auth-users.md §3.2). */
export interface UserReads {
  /** The list: active users without superusers and users of assets. */
  readonly listed: Resource
  /** Users that are not deleted, by user name. */
  readonly named: Resource
  /** Users that are not deleted, by id; represented as the current user. */
  readonly current: Resource
  /** Condition of the list for an actor. */
  listedFor(actor: Actor): Where
  /** Columns of a user that the actor sees, the actor's own row included (docs/api/auth-users.md §3.2, FIX); 404 `User not found` otherwise. */
  visible<Row>(db: Queryable, actor: Actor, username: string, columns: string, lock?: boolean): Promise<Row>
}

const MOST_DAYS = 1_000_000
const DAY_MS = 86_400_000

/** The reads of a deployment. */
export function userReads({ clock, slots }: ReadsScope): UserReads {
  const shapes = userShapes(slots.user)
  const access = visibleUsers(slots.members.user_ids)
  const all = { name: 'User', from: 'users_user u', live: 'not u.deleted', shape: shapes.detail } as const
  const named = resource({ ...all, key: { column: 'u.username', kind: 'text' } })
  return {
    named,
    current: resource({ ...all, key: { column: 'u.id', kind: 'integer' }, shape: shapes.current }),
    listed: resource({
      name: 'User',
      from: 'users_user u',
      key: { column: 'u.username', kind: 'text' },
      live: LISTED,
      shape: shapes.list,
      filters: filters({
        id: filter.number('u.id'),
        first_name: filter.contains('u.first_name'),
        last_name: filter.contains('u.last_name'),
        username: filter.contains('u.username'),
        phone_number: filter.contains('u.phone_number'),
        alt_phone_number: filter.contains('u.alt_phone_number'),
        last_login: filter.dateRange('u.last_login'),
        district_id: filter.number('u.district_id'),
        home_facility: filter.custom((text, params) => homeFacility(slots.user.home_facility, text.trim(), params)),
        last_active_days: filter.custom((text, params) => lastActive(clock, text.trim(), params)),
        user_type: filter.label('u.user_type', USER_TYPES),
        search_text: filter.search('u.first_name', 'u.last_name', 'u.username')
      }),
      ordering: ordering(
        { id: 'u.id', date_joined: 'u.date_joined', last_login: 'u.last_login' },
        'u.last_login desc nulls last, u.id desc'
      )
    }),
    listedFor: actor => params => [orSelf(access, actor, params)],
    async visible<Row>(db: Queryable, actor: Actor, username: string, columns: string, lock = false) {
      const where: Where = params => [`(u.id = ${params.add(actor.id)} or (${LISTED} and ${orSelf(access, actor, params)}))`]
      return named.row<Row>(db, username, columns, where, lock).catch((error: unknown) => {
        throw isApiError(error) && error.status === 404 ? new ApiError(404, { detail: 'User not found' }) : error
      })
    }
  }
}

function homeFacility(column: string, text: string, params: Params): string {
  if (text === 'NONE') return 'u.home_facility_id is null'
  if (!isUuid(text)) throw notAUuid(text)
  return `${column} = ${params.add(text, 'uuid')}`
}

function lastActive(clock: Clock, text: string, params: Params): string | { error: string } {
  if (text === 'never') return 'u.last_login is null'
  if (!/^[+-]?\d+$/.test(text)) return { error: 'Enter a number.' }
  const days = Math.max(-MOST_DAYS, Math.min(MOST_DAYS, Number(text)))
  return `u.last_login >= ${params.add(new Date(clock.now().getTime() - days * DAY_MS).toISOString(), 'timestamptz')}`
}
