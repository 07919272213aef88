import { COMMON_PASSWORDS } from './common-passwords.ts'

/** What a password must not resemble. */
export interface Person {
  readonly username: string
  readonly firstName: string
  readonly lastName: string
  readonly email: string
}

const LABELS = { username: 'username', firstName: 'first name', lastName: 'last name', email: 'email address' } as const
const MOST_ALIKE = 0.7
const SHORTEST = 8
/** Python's `\W`: letters and digits of any script belong to a word, the vowel signs of Indic scripts do not. */
const BETWEEN_WORDS = /[^\p{L}\p{N}_]+/u

/** What is wrong with a new password, in the original's words (contract auth-users §2.4); empty when it will do. */
export function passwordProblems(password: string, person: Person): string[] {
  const alike = (Object.keys(LABELS) as (keyof Person)[]).find(key => resembles(password, person[key]))
  return [
    alike ? `The password is too similar to the ${LABELS[alike]}.` : '',
    [...password].length < SHORTEST ? `This password is too short. It must contain at least ${SHORTEST} characters.` : '',
    COMMON_PASSWORDS.has(password.trim().toLowerCase()) ? 'This password is too common.' : '',
    /^\p{Nd}+$/u.test(password) ? 'This password is entirely numeric.' : ''
  ].filter(Boolean)
}

/** Whether a password is at least 70 % made of the characters of an attribute or a word of it. */
function resembles(password: string, attribute: string): boolean {
  const text = [...password.toLowerCase()]
  const value = attribute.toLowerCase()
  const parts = value === '' ? [] : [...value.split(BETWEEN_WORDS), value].map(part => [...part])
  return parts.some(part => quickRatio(text, part) >= MOST_ALIKE)
}

/** Python's `SequenceMatcher.quick_ratio`: the characters that two texts share, wherever they stand. */
function quickRatio(a: readonly string[], b: readonly string[]): number {
  const left = new Map<string, number>()
  for (const sign of b) left.set(sign, (left.get(sign) ?? 0) + 1)
  let shared = 0
  for (const sign of a) {
    const count = left.get(sign) ?? 0
    if (count > 0) shared++
    left.set(sign, count - 1)
  }
  return (2 * shared) / (a.length + b.length)
}
