import { invalid, type Actor, type Infer } from 'care-kernel'
import { passwordProblems } from './password-policy.ts'
import type { UserInputs } from './user-inputs.ts'
import { RANK, READ_ONLY_TYPES } from './user-types.ts'

/** The values of `add_user`, references resolved but for facilities. */
export type NewUser = Infer<UserInputs['create']>

/** Named places of a new user: its field, the rank from which another than one's own may be given, and the message (contract auth-users §3.5). */
const PLACES = [
  { field: 'ward', own: 'wardId', rank: RANK.localBodyAdmin, message: 'Cannot create for a different Ward' },
  { field: 'local_body', own: 'localBodyId', rank: RANK.districtAdmin, message: 'Cannot create for a different local body' },
  { field: 'district', own: 'districtId', rank: RANK.stateAdmin, message: 'Cannot create for a different district' },
  { field: 'state', own: 'stateId', rank: Number.POSITIVE_INFINITY, message: 'Cannot create for a different state' }
] as const

/** Types that may add doctors though these rank above them. */
const ADDS_DOCTORS: ReadonlySet<number> = new Set([RANK.staff, RANK.nurse])

/** What may not be said about a user's places by this creator. */
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

/** What the policy finds wrong with a password that was given, not made up. */
export function passwordProblem(
  { username, first_name: firstName = '', last_name: lastName = '', email = '', password: given }: NewUser,
  password: string
): Record<string, string[]> {
  const messages = given === undefined ? [] : passwordProblems(password, { username, firstName, lastName, email })
  return messages.length > 0 ? { password: messages } : {}
}

/** 400 unless this creator may add a user of this type (contract auth-users §3.5). */
export function requireRank(actor: Actor, type: number): void {
  if (READ_ONLY_TYPES.has(actor.userType) && !READ_ONLY_TYPES.has(type))
    throw invalid({ user_type: ['Read only users can create other read only users only'] })
  if (actor.superuser || type <= actor.userType || (ADDS_DOCTORS.has(actor.userType) && type === RANK.doctor)) return
  throw invalid({ user_type: ['User cannot create another user with higher permissions'] })
}
