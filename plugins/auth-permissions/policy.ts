import type { Actor } from 'care-kernel'
import { all, any, anyCase, not, predicate, type Asked, type Rule } from 'care-kernel/access'
import { invalid } from 'care-kernel/rest'
import { atLeast, anyActor, ofDistrict, readOnly, superuser, verified, type Placed } from './predicates.ts'
import { removableUsers } from './row-access.ts'
import { RANK, READ_ONLY_TYPES } from './enumerations.ts'

/** A user as rules need it. */
export interface UserLike extends Placed {
  readonly id: number
  readonly user_type: number
}

/** A user to be changed; `moves` when the body names a district or a state. */
export interface UserChange extends UserLike {
  readonly moves: boolean
}

const self = predicate<UserLike>('self', (actor, { id }) => actor.id === id)
const notAbove = predicate<UserLike>('type ≥ the type of the user', (actor, { user_type: type }) => actor.userType >= type)
const sameState = predicate<UserLike>('same state', (actor, { state_id: id }) => id !== null && id === actor.stateId)
const movesAdmin = predicate<UserChange>(
  'moves a user of type ≥ 25',
  (actor, { moves, user_type: type }) => moves && type >= RANK.districtLabAdmin
)

/** Writes may not name a type above Volunteer, though the type is never written (docs/api/auth-users.md §3.3). */
const namesNoStaff = predicate<Asked>('names no type above Volunteer', (actor, { body }) => {
  const type = typeof body === 'object' && body !== null ? (body as { user_type?: unknown }).user_type : undefined
  return !(Number(type) > RANK.volunteer)
})

/** docs/api/auth-users.md §3.4, with its FIX: read-only types and lower ranks change only themselves. */
const mayUpdate = any<UserChange>(
  superuser,
  all<UserChange>(
    not(movesAdmin),
    any<UserChange>(
      self,
      all<UserChange>(
        not(readOnly),
        notAbove,
        any<UserChange>(
          all<UserChange>(atLeast(RANK.stateLabAdmin), sameState),
          all<UserChange>(not(atLeast(RANK.stateLabAdmin)), ofDistrict)
        )
      )
    )
  )
)

/** Rules of users and skills by name (docs/api/auth-users.md §3.3, §3.4, §3.5, §3.8). */
export const userRules = {
  'user.read': { summary: 'See users and the own account', allow: anyActor },
  'user.detail': { summary: 'See all about a user', allow: anyActor, object: any<UserLike>(superuser, self) },
  'user.add': { summary: 'Add users', allow: any(superuser, verified) },
  'user.update': { summary: 'Change a user', allow: namesNoStaff, readsBody: true, object: mayUpdate },
  'user.delete': { summary: 'Deactivate a user', allow: namesNoStaff, readsBody: true },
  'skill.read': { summary: 'See skills and who has them', allow: anyActor },
  'user.skill.write': {
    summary: 'Give and take skills',
    allow: anyActor,
    object: any<UserLike>(superuser, self, all<UserLike>(atLeast(RANK.districtAdmin), not(readOnly), notAbove))
  }
} as const satisfies Readonly<Record<string, Rule>>

/** Whether an actor may deactivate users at all. */
export const removesUsers = anyCase(removableUsers)

/** Places of a new user: the field, the rank from which it may differ from the actor's own place, and the message (docs/api/auth-users.md §3.5). */
const PLACES = [
  { field: 'ward', own: 'wardId', rank: RANK.localBodyAdmin, message: 'Cannot create for a different Ward' },
  { field: 'local_body', own: 'localBodyId', rank: RANK.districtAdmin, message: 'Cannot create for a different local body' },
  { field: 'district', own: 'districtId', rank: RANK.stateAdmin, message: 'Cannot create for a different district' },
  { field: 'state', own: 'stateId', rank: Number.POSITIVE_INFINITY, message: 'Cannot create for a different state' }
] as const

/** Types that may add doctors although doctors rank above them. */
const ADDS_DOCTORS: ReadonlySet<number> = new Set([RANK.staff, RANK.nurse])

/** Messages for the places that this creator may not give to a user. */
export function placeProblems(
  actor: Actor,
  given: Readonly<Record<(typeof PLACES)[number]['field'], number | null | undefined>>
): Record<string, string[]> {
  if (actor.superuser) return {}
  return Object.fromEntries(
    PLACES.flatMap(({ field, own, rank, message }) => {
      const value = given[field]
      const fits = value === null || value === undefined || value === actor[own] || actor.userType >= rank
      return fits ? [] : [[field, [message]]]
    })
  )
}

/** 400 unless this creator may add a user of this type (docs/api/auth-users.md §3.5). */
export function requireRank(actor: Actor, type: number): void {
  if (READ_ONLY_TYPES.has(actor.userType) && !READ_ONLY_TYPES.has(type))
    throw invalid({ user_type: ['Read only users can create other read only users only'] })
  if (actor.superuser || type <= actor.userType || (ADDS_DOCTORS.has(actor.userType) && type === RANK.doctor)) return
  throw invalid({ user_type: ['User cannot create another user with higher permissions'] })
}
