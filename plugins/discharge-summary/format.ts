const MONTHS = ['Jan.', 'Feb.', 'March', 'April', 'May', 'June', 'July', 'Aug.', 'Sept.', 'Oct.', 'Nov.', 'Dec.']
/** Printed in place of a missing value. */
export const NONE = 'N/A'

/** Control characters and direction marks, without line breaks and tabs. */
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]/g
/** Longer than a word: a break is allowed every few characters. Each break opportunity costs compile time. */
const RUN = /\S{21,}/g
const BREAK_AFTER = 6
/** Longest text that is printed; longer ones take seconds to compile. */
export const LONGEST = 20_000
const GOES_ON = ' […]'
const clusters = new Intl.Segmenter('en', { granularity: 'grapheme' })
const split = (text: string) => [...clusters.segment(text)].map(({ segment }) => segment)

/** A value as printable text, without control characters, with break opportunities in long runs. Empty for null, undefined and objects. */
export function textOf(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (Array.isArray(value)) return value.map(textOf).filter(Boolean).join(', ')
  if (typeof value !== 'string') return ''
  return shortened(value)
    .replace(/\r\n?/g, '\n')
    .replace(UNSEEN, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
    .replace(RUN, run =>
      split(run)
        .map((one, at) => (at % BREAK_AFTER === 0 && at > 0 ? `\u200b${one}` : one))
        .join('')
    )
}

/** The first `LONGEST` characters, with a mark where text is cut. */
const shortened = (text: string): string =>
  text.length <= LONGEST ? text : text.slice(0, LONGEST).replace(/[\ud800-\udbff]$/, '') + GOES_ON

/** `textOf`, or `N/A`. */
export const orNone = (value: unknown): string => textOf(value) || NONE

/** The first `most` graphemes. */
export function cut(text: string, most: number): string {
  const all = split(text)
  return all.length <= most ? text : `${all.slice(0, most - 1).join('')}…`
}

/** `Outpatient/emergency room`; abbreviations stay as they are. */
export function sentence(text: string): string {
  const lower = text
    .replaceAll('_', ' ')
    .toLowerCase()
    .replace(/\bicu\b/g, 'ICU')
  return lower.charAt(0).toUpperCase() + lower.slice(1)
}

/** `80.0`, `72.5`: a whole number has one decimal (docs/api/gateways-jobs.md §10.4). */
export const float = (value: number): string => (Number.isInteger(value) ? value.toFixed(1) : String(value))

/** Times as they are printed in one zone (docs/api/gateways-jobs.md §10.4). */
export interface Times {
  /** `Oct. 1, 2024, 3:41 p.m.` of an instant, or of a local time `YYYY-MM-DDTHH:MM`; a text that is neither as it is. */
  dateTime(value: unknown): string
  /** `Oct. 1, 2024`. */
  date(value: unknown): string
}

export function timesIn(timeZone: string): Times {
  const zoned = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    hourCycle: 'h23'
  })
  const partsOf = (value: unknown): [date: string, time: string] | undefined => {
    if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d/.test(value)) return undefined
    const local = !/(?:Z|[+-]\d\d(?::?\d\d)?)$/i.test(value.slice(10))
    const at = new Date(local ? `${value.slice(0, 16)}${value.length > 10 ? '' : 'T00:00'}Z` : value)
    if (Number.isNaN(at.getTime())) return undefined
    const [year, month, day, hour, minute] = local
      ? [at.getUTCFullYear(), at.getUTCMonth() + 1, at.getUTCDate(), at.getUTCHours(), at.getUTCMinutes()]
      : numbersOf(zoned.formatToParts(at))
    return [`${MONTHS[month - 1] ?? ''} ${day}, ${year}`, timeOfDay(hour, minute)]
  }
  return {
    dateTime: value => partsOf(value)?.join(', ') ?? textOf(value),
    date: value => partsOf(value)?.[0] ?? textOf(value)
  }
}

function numbersOf(parts: readonly Intl.DateTimeFormatPart[]): [number, number, number, number, number] {
  const of = (type: string) => Number(parts.find(part => part.type === type)?.value)
  return [of('year'), of('month'), of('day'), of('hour'), of('minute')]
}

function timeOfDay(hour: number, minute: number): string {
  if (minute === 0 && hour === 12) return 'noon'
  if (minute === 0 && hour === 0) return 'midnight'
  const minutes = minute === 0 ? '' : `:${String(minute).padStart(2, '0')}`
  return `${hour % 12 || 12}${minutes} ${hour < 12 ? 'a.m.' : 'p.m.'}`
}

/** `8 days`, `1 day`; below a day `07:30`. */
export function duration(from: string, until: string | null): string {
  if (until === null) return NONE
  const minutes = Math.floor((Date.parse(until) - Date.parse(from)) / 60_000)
  if (!(minutes >= 0)) return NONE
  const days = Math.floor(minutes / 1440)
  if (days > 0) return `${days} ${days === 1 ? 'day' : 'days'}`
  const two = (value: number) => String(value).padStart(2, '0')
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}
