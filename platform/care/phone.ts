import { field, type TextOptions } from '../rest/inputs.ts'

/** Kinds of phone numbers, in ASCII digits (docs/api/auth-users.md §1.19, FIX 23). */
const PHONE_TYPES = {
  indian_mobile: [/^\+91[6-9][0-9]{9}$/],
  international_mobile: [/^(?!\+91)\+[0-9]{1,3}[0-9]{8,14}$/],
  mobile: [/^\+91[6-9][0-9]{9}$/, /^(?!\+91)\+[0-9]{1,3}[0-9]{8,14}$/],
  landline: [/^\+91[2-9][0-9]{7,9}$/],
  support: [/^(1800|1860)[0-9]{6,7}$/]
} as const

export type PhoneType = keyof typeof PHONE_TYPES

/** Input field of a phone number of one of these types, at most 14 characters by default (docs/api/auth-users.md §1.19). */
export const phoneField = <const O extends TextOptions & { readonly types: readonly PhoneType[] }>(options: O) =>
  field.text<O>({
    max: 14,
    ...options,
    rules: [
      [
        value => options.types.some(type => PHONE_TYPES[type].some(rule => rule.test(value))),
        value => `Invalid phone number. Must be one of the following types: ${options.types.join(', ')}. Received: ${value}`
      ]
    ]
  })
