import type { Clock } from 'care-kernel'
import { phoneField } from 'care-kernel/care'
import { DISTRICT, LOCAL_BODY, STATE, WARD } from 'care-kernel/contracts/places'
import { field, Invalid, record, type Field } from 'care-kernel/rest'
import { GENDERS, USER_TYPES } from './enumerations.ts'

/** docs/api/auth-users.md §1.19: 4 to 16 characters. */
const USERNAME = /^(?!.*[._-]{2})[a-z0-9](?:[a-z0-9._-]{2,14}[a-z0-9])$/
const USERNAME_MESSAGE =
  "Username must be 4 to 16 characters long. It may only contain lowercase alphabets, numbers, underscores, hyphens and dots. It shouldn't start or end with underscores, hyphens or dots. It shouldn't contain consecutive underscores, hyphens or dots."

/** The message for a user name that another user has, a deleted one included. */
export const USERNAME_TAKEN = 'A user with that username already exists.'

/** User names that pass the rule and collide with fixed paths (docs/api/auth-users.md §6, 13). */
const RESERVED: ReadonlySet<string> = new Set(['getcurrentuser', 'add_user'])

/** Whether no user may have this name. */
export const isReserved = (username: string): boolean => RESERVED.has(username)

/** Youngest age in calendar years that a user may have, and its message. */
const LEAST_AGE = 16

/** The uuid of a facility. It is not looked up here: the facilities are another plugin's. */
function facilityUuid<const O extends { optional?: true }>(options?: O) {
  const uuid = field.uuid(options)
  const parse: typeof uuid.parse = (input, arrival) => {
    const value = uuid.parse(input, arrival)
    return value instanceof Invalid ? new Invalid(['invalid uuid']) : value
  }
  return { ...uuid, parse }
}

/** A date of birth that is long enough ago. */
function birthDate(today: () => string): Field<string, true> {
  const date = field.date()
  return {
    ...date,
    parse(input, arrival) {
      const value = date.parse(input, arrival)
      if (value instanceof Invalid) return value
      return yearOf(today()) - yearOf(value) < LEAST_AGE ? new Invalid(['Age must be greater than 15 years']) : value
    }
  }
}

const yearOf = (date: string) => Number(date.split('-', 1)[0])

/** Inputs of `users/` (docs/api/auth-users.md §3.4, §3.5). */
export type UserInputs = ReturnType<typeof userInputs>

/** The inputs of a deployment: ages are computed in its time zone. */
export function userInputs({ clock, deployment: { timeZone } }: { clock: Clock; deployment: { readonly timeZone: string } }) {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' })
  const username = field.text({
    max: 150,
    rules: [
      [USERNAME, USERNAME_MESSAGE],
      [text => !isReserved(text), USERNAME_TAKEN]
    ]
  })
  const profile = {
    first_name: field.text({ optional: true, max: 150, blank: true }),
    last_name: field.text({ optional: true, max: 150, blank: true }),
    email: field.email({ optional: true, max: 254, blank: true }),
    video_connect_link: field.url({ optional: true, max: 200, null: true, blank: true }),
    qualification: field.text({ optional: true, null: true }),
    doctor_experience_commenced_on: field.date({ optional: true, null: true }),
    doctor_medical_council_registration: field.text({ optional: true, null: true, max: 255 }),
    weekly_working_hours: field.integer({ optional: true, null: true, min: 0, max: 168 })
  }
  const person = {
    phone_number: phoneField({ types: ['mobile', 'landline'], max: 14 }),
    alt_phone_number: phoneField({ types: ['mobile'], optional: true, null: true, blank: true, max: 14 }),
    gender: field.label(GENDERS),
    date_of_birth: birthDate(() => format.format(clock.now()))
  }
  return {
    update: record({ username, ...profile, home_facility: facilityUuid(), ...person }),
    create: record({
      ...person,
      username,
      user_type: field.label(USER_TYPES),
      password: field.text({ optional: true }),
      ...profile,
      ward: field.reference(WARD, { optional: true, null: true, source: 'ward_id' }),
      local_body: field.reference(LOCAL_BODY, { optional: true, null: true, source: 'local_body_id' }),
      district: field.reference(DISTRICT, { optional: true, null: true, source: 'district_id' }),
      state: field.reference(STATE, { optional: true, null: true, source: 'state_id' }),
      home_facility: facilityUuid({ optional: true }),
      facilities: field.list(field.uuid(), { optional: true, array: true })
    })
  }
}
