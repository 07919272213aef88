import type { Labels } from 'care-kernel/rest'

/** Kinds of users; their numbers are their rank (docs/api/auth-users.md §3.1). */
export const USER_TYPES: Labels = {
  2: 'Transportation',
  3: 'Pharmacist',
  5: 'Volunteer',
  9: 'StaffReadOnly',
  10: 'Staff',
  13: 'NurseReadOnly',
  14: 'Nurse',
  15: 'Doctor',
  20: 'Reserved',
  21: 'WardAdmin',
  23: 'LocalBodyAdmin',
  25: 'DistrictLabAdmin',
  29: 'DistrictReadOnlyAdmin',
  30: 'DistrictAdmin',
  35: 'StateLabAdmin',
  39: 'StateReadOnlyAdmin',
  40: 'StateAdmin'
}

/** Ranks by name. */
export const RANK = {
  volunteer: 5,
  staffReadOnly: 9,
  staff: 10,
  nurseReadOnly: 13,
  nurse: 14,
  doctor: 15,
  wardAdmin: 21,
  localBodyAdmin: 23,
  districtLabAdmin: 25,
  districtReadOnlyAdmin: 29,
  districtAdmin: 30,
  stateLabAdmin: 35,
  stateReadOnlyAdmin: 39,
  stateAdmin: 40
} as const

/** Types that only read. */
export const READ_ONLY_TYPES: ReadonlySet<number> = new Set([9, 13, 29, 39])

/** docs/api/auth-users.md §3.1. */
export const GENDERS: Labels = { 1: 'Male', 2: 'Female', 3: 'Non-binary' }
