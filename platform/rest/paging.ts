import { ApiError } from '../http/errors.ts'

/** A query string as Fastify parses it. */
export type Query = Readonly<Record<string, string | readonly string[] | undefined>>

const DEFAULT_LIMIT = 14
const MAX_INTEGER = 2_147_483_647

/** The value of a parameter; the last one of a repeated parameter, as in the original. */
export function valueOf(query: Query, name: string): string | undefined {
  const value = query[name]
  return typeof value === 'string' || value === undefined ? value : value.at(-1)
}

/** Limit and offset of a query; the defaults stand in for malformed ones (docs/api/auth-users.md §1.8). */
export function limitOffset(query: Query): { limit: number; offset: number } {
  return {
    limit: wholeNumber(valueOf(query, 'limit'), 1) ?? DEFAULT_LIMIT,
    offset: wholeNumber(valueOf(query, 'offset'), 0) ?? 0
  }
}

/** The error of a page that does not exist. */
export const invalidPage = () => new ApiError(404, { detail: 'Invalid page.' })

/** Page number of a query, or `last`. Throws 404 `Invalid page.` for any other value. */
export function pageNumber(query: Query): number | 'last' {
  const page = valueOf(query, 'page') ?? '1'
  if (page === 'last') return page
  const number = wholeNumber(page, 1)
  if (number === undefined) throw invalidPage()
  return number
}

/** The response of a list as JSON text, around results that are JSON text already. */
export function envelope(
  count: number,
  results: string,
  url: string,
  { limit, offset }: { limit: number; offset: number }
): string {
  const next = offset + limit < count ? withParameters(url, { limit, offset: offset + limit }) : null
  const previous = offset > 0 ? withParameters(url, { limit, offset: offset - limit > 0 ? offset - limit : undefined }) : null
  return wrap(count, next, previous, results)
}

/** The same for lists paged by number; the address of the first page has no `page`. */
export function pageEnvelope(
  count: number,
  results: string,
  { url, page, pages }: { url: string; page: number; pages: number }
): string {
  const next = page < pages ? withParameters(url, { page: page + 1 }) : null
  const previous = page > 1 ? withParameters(url, { page: page - 1 > 1 ? page - 1 : undefined }) : null
  return wrap(count, next, previous, results)
}

function wrap(count: number, next: string | null, previous: string | null, results: string): string {
  return `{"count":${count},"next":${quoted(next)},"previous":${quoted(previous)},"results":${results}}`
}

const quoted = (address: string | null): string => (address === null ? 'null' : JSON.stringify(address))

/** The two characters that Python's quote_plus encodes differently from URLSearchParams. */
const QUOTE_PLUS: Readonly<Record<string, string>> = { '*': '%2A', '%7E': '~' }

/** The address with these parameters set, or removed where undefined, and all parameters in alphabetical order. */
function withParameters(url: string, changes: Readonly<Record<string, number | undefined>>): string {
  const at = url.indexOf('?')
  if (at < 0) return withQuery(url, changes)
  const path = url.slice(0, at)
  const parameters = new URLSearchParams(url.slice(at + 1))
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) parameters.delete(name)
    else parameters.set(name, String(value))
  }
  parameters.sort()
  const text = parameters.toString().replace(/\*|%7E/g, sign => QUOTE_PLUS[sign] ?? sign)
  return text ? `${path}?${text}` : path
}

/** The same for an address without parameters, which the first page of most lists has. */
function withQuery(path: string, changes: Readonly<Record<string, number | undefined>>): string {
  let text = ''
  for (const name in changes) if (changes[name] !== undefined) text += `${text && '&'}${name}=${changes[name]}`
  return text ? `${path}?${text}` : path
}

function wholeNumber(text: string | undefined, least: number): number | undefined {
  if (text === undefined || !/^\s*\+?\d+\s*$/.test(text)) return undefined
  const number = Number(text)
  return number < least ? undefined : Math.min(number, MAX_INTEGER)
}
