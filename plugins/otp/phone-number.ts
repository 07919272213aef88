import { phoneField } from 'care-kernel/care'
import { Invalid } from 'care-kernel/rest'

const mobile = phoneField({ types: ['mobile'] })

/**
 * One number, whatever its spelling: `+0919876511111` reaches the phone of `+919876511111`, for no country code begins with 0. Quotas,
 * codes and tokens know numbers in this form only.
 */
export const normalised = (number: string): string => `+${number.replace(/\D/g, '').replace(/^0+/, '')}`

/** The normalised mobile number of a text, undefined for anything else (docs/api/patients.md §1.5). */
export function mobileNumber(given: unknown): string | undefined {
  if (typeof given !== 'string') return undefined
  const number = isMobile(given) ? normalised(given) : undefined
  return number !== undefined && isMobile(number) ? number : undefined
}

const isMobile = (text: string) => !(mobile.parse(text, { form: false, zone: 'UTC' }) instanceof Invalid)
