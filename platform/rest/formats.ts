export const DATETIME_FORMAT = 'YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]'

const DATETIME =
  /^(\d{4}-\d{1,2}-\d{1,2})(?:[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,6})\d*)?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i

/**
 * An instant as ISO text in UTC with microseconds, undefined for text of another format, null for an instant outside of the years 1 to 9999.
 * A time without an offset is in `zone`.
 */
export function parseDatetime(text: string, zone: string): string | undefined | null {
  const match = DATETIME.exec(text.trim())
  if (!match) return undefined
  const [, day = '', hour = '0', minute = '0', second = '0', fraction = '', offset] = match
  if (!isDate(day) || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined
  const [year, month, date] = day.split('-').map(Number) as [number, number, number]
  // Not by `Date.UTC`, which reads the year 99 as 1999.
  const midnight = new Date(0).setUTCFullYear(year, month - 1, date)
  const local = midnight + (Number(hour) * 3600 + Number(minute) * 60 + Number(second)) * 1000
  const shift = offset === undefined ? zoneOffset(local, zone) : offsetOf(offset)
  if (shift === undefined) return undefined
  const instant = new Date(local - shift)
  if (instant.getUTCFullYear() < 1 || instant.getUTCFullYear() > 9999) return null
  return instant.toISOString().replace(/\.\d+Z$/, `.${fraction.padEnd(6, '0')}Z`)
}

/** A datetime with an offset as `parseDatetime`; one without as a local time that PostgreSQL reads in the session's time zone. */
export function sessionDatetime(text: string): string | undefined | null {
  const utc = parseDatetime(text, 'UTC')
  return typeof utc === 'string' && DATETIME.exec(text.trim())?.[6] === undefined ? utc.slice(0, -1) : utc
}

function offsetOf(text: string): number | undefined {
  if (/^z$/i.test(text)) return 0
  const [, sign, hours = '0', minutes = '0'] = /^([+-])(\d{2}):?(\d{2})?$/.exec(text) ?? []
  if (Number(hours) > 23 || Number(minutes) > 59) return undefined
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
}

/** Offset of a time zone from UTC at a local time, in milliseconds. */
function zoneOffset(local: number, zone: string): number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric'
  })
  const ahead = (instant: number) => {
    const part = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]))
    return Date.UTC(part.year ?? 0, (part.month ?? 1) - 1, part.day, part.hour, part.minute, part.second) - instant
  }
  return ahead(local - ahead(local))
}

/** The message for a decimal number as text, undefined where it is valid. Rules are checked in the original's order. */
export function decimalProblem(text: string, digits: number, places: number): string | undefined {
  const match = /^[+-]?(\d*)(?:\.(\d*))?(?:e([+-]?\d{1,4}))?$/i.exec(text)
  if (text.length > 1000) return 'String value too large.'
  if (!match || (!match[1] && !match[2])) return 'A valid number is required.'
  const exponent = Number(match[3] ?? 0)
  const decimals = Math.max(0, (match[2] ?? '').length - exponent)
  const whole =
    `${match[1] ?? ''}${(match[2] ?? '').slice(0, Math.max(0, exponent))}`.replace(/^0+/, '').length +
    Math.max(0, exponent - (match[2] ?? '').length)
  const total = whole + decimals
  if (total > digits) return `Ensure that there are no more than ${digits} digits in total.`
  if (decimals > places) return `Ensure that there are no more than ${places} decimal places.`
  return whole > digits - places
    ? `Ensure that there are no more than ${digits - places} digits before the decimal point.`
    : undefined
}

/** Whether a text is an e-mail address by the original's rules. */
export function isEmail(text: string): boolean {
  const at = text.lastIndexOf('@')
  const [user, domain] = [text.slice(0, at), text.slice(at + 1)]
  return (
    at > 0 &&
    text.length <= 320 &&
    /^[-!#$%&'*+/=?^_`{}|~0-9a-z]+(\.[-!#$%&'*+/=?^_`{}|~0-9a-z]+)*$/i.test(user) &&
    (domain === 'localhost' || /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}(?<!-)$/i.test(domain))
  )
}

/** Whether a text is a web address. */
export function isUrl(text: string): boolean {
  if (!/^(https?|ftps?):\/\/[^\s/?#]+([/?#]\S*)?$/i.test(text) || text.length > 2048) return false
  try {
    const { hostname } = new URL(text)
    return (
      hostname === 'localhost' ||
      /^(\d{1,3}\.){3}\d{1,3}$|^\[[0-9a-f:.]+\]$/i.test(hostname) ||
      /^([a-z0-9\u00a1-\uffff_](?:[a-z0-9\u00a1-\uffff_-]{0,61}[a-z0-9\u00a1-\uffff])?\.)+[a-z\u00a1-\uffff0-9-]{2,63}$/i.test(
        hostname
      )
    )
  } catch {
    return false
  }
}

/** Python's name for the type of a JSON value, which messages quote. */
export function pythonType(value: unknown): string {
  if (value === null || value === undefined) return 'NoneType'
  if (Array.isArray(value)) return 'list'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float'
  return { string: 'str', boolean: 'bool' }[typeof value as string] ?? 'dict'
}

/** Whether a text is an existing day, `YYYY-MM-DD`. */
export function isDate(text: string): boolean {
  const match = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text)
  if (!match) return false
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number]
  const date = new Date(Date.UTC(year, month - 1, day))
  return year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
}
