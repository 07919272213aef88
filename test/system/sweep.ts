import type { Answer, Requester, TestKernel } from '../../platform/testing/index.ts'

export interface Route {
  readonly method: string
  readonly url: string
  readonly scheme: string
  readonly permission: string
}

export interface Schema {
  readonly type?: string
  readonly format?: string
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly maxLength?: number
}

const PARAM = /:[^/]+/
const MOST = 60

/** What to put for the parameters of each route, found by reading lists as somebody who sees everything: a route needs no line here. */
export class Crawler {
  readonly #kernel: TestKernel
  readonly #reader: Requester
  readonly #own: Readonly<Record<string, string>>
  readonly #readable: ReadonlySet<string>
  readonly #lists = new Map<string, readonly string[]>()
  readonly #found = new Map<string, readonly string[] | undefined>()

  /** `own`: ids of what no list shows to the reader, by the name of the path. */
  constructor(kernel: TestKernel, reader: Requester, own: Readonly<Record<string, string>> = {}) {
    this.#kernel = kernel
    this.#reader = reader
    this.#own = own
    this.#readable = new Set(kernel.routes.filter(({ method }) => method === 'GET').map(({ url }) => url))
  }

  /** Values of the parameters, so that what the route is about exists; undefined where no such thing does. */
  async chain(url: string): Promise<readonly string[] | undefined> {
    const last = url.lastIndexOf('/:')
    if (last < 0) return []
    const shape = url.slice(0, url.indexOf('/', last + 1) + 1)
    if (!this.#found.has(shape)) this.#found.set(shape, await this.#search(shape, []))
    return this.#found.get(shape)
  }

  async #search(shape: string, taken: readonly string[]): Promise<readonly string[] | undefined> {
    const filled = fill(shape, taken)
    const at = filled.search(PARAM)
    if (at < 0) {
      if (!this.#readable.has(shape)) return taken
      return (await this.#reader.get(filled)).status === 200 ? taken : undefined
    }
    const ids = await this.#ids(filled.slice(0, at))
    for (const id of ids) {
      const chain = await this.#search(shape, [...taken, id])
      if (chain) return chain
    }
    // Some are shown by no route to whoever sees everything: a file without its owner, what an earlier text of a note was.
    const [first] = ids
    return first !== undefined && fill(shape, [...taken, first]).search(PARAM) < 0 ? [...taken, first] : undefined
  }

  /** Ids in the list of a path; where that shows nothing to the reader, those of the list of the same name at the top. */
  async #ids(path: string): Promise<readonly string[]> {
    const known = this.#lists.get(path)
    if (known) return known
    const own = this.#kernel.routes.some(route => route.method === 'GET' && fits(route.url, path))
    const name = path.split('/').at(-2) ?? ''
    const from = own ? path : `/api/v1/${name}/`
    let answer = await this.#reader.get(`${from}?limit=${MOST}&ordering=-created_date`)
    if (answer.status !== 200) answer = await this.#reader.get(`/api/v1/${name}/?limit=${MOST}`)
    const kind = Object.keys(this.#own).find(of => `${of}s` === name || of === name)
    const given = kind === undefined ? [] : [this.#own[kind] ?? '']
    const { body } = answer
    const items = Array.isArray(body) ? body : ((body as { results?: unknown })?.results ?? [])
    const listed = (Array.isArray(items) ? items : []).flatMap(item => {
      const { username, id, external_id, room_type, area } = (item ?? {}) as Record<string, unknown>
      const keys = name === 'users' ? [username] : [room_type, area, id, external_id]
      return keys.filter(key => key !== undefined && key !== null).map(String)
    })
    const ids = [...new Set([...given, ...listed])]
    this.#lists.set(path, ids)
    return ids
  }
}

const fits = (url: string, path: string) => new RegExp(`^${url.replace(/:[^/]+/g, '[^/]+')}$`).test(path)

/** A path with values for its first parameters. */
export function fill(url: string, values: readonly string[]): string {
  return values.reduce((path, value) => path.replace(PARAM, encodeURIComponent(value)), url)
}

/** A body as its description says; ids are of what `own` has by the name of the property. `all` its properties, or only what it needs. */
export function bodyOf(schema: Schema | undefined, own: Readonly<Record<string, string>>, all: boolean): Record<string, unknown> {
  const { properties = {}, required = [] } = schema ?? {}
  return Object.fromEntries(
    Object.entries(properties)
      .filter(([name]) => all || required.includes(name) || ['associating_id', 'date_of_birth'].includes(name))
      .map(([name, of]) => [name, valueOf(name, of, own)])
      .filter(([, value]) => value !== undefined)
  ) as Record<string, unknown>
}

export function valueOf(
  name: string,
  { type, format, enum: choices, items, properties, required, maxLength }: Schema,
  own: Readonly<Record<string, string>>
): unknown {
  if (choices) return name === 'file_type' ? 'CONSULTATION' : choices[0]
  if (name === 'reply_to') return own.note
  if (format === 'uuid')
    return Object.entries(own).find(([kind]) => new RegExp(`(^|_)${kind}(_|$)`).test(name))?.[1] ?? own.facility
  if (name === 'associating_id') return own.consultation
  if (format === 'date') return name === 'date_of_birth' ? '1990-05-17' : '2024-06-01'
  if (format === 'date-time') return '2024-06-03T10:00:00+05:30'
  if (name === 'year_of_birth') return 1990
  if (type === 'integer') return undefined
  if (type === 'boolean') return false
  if (type === 'array') {
    if (!items?.properties) return items?.format === 'uuid' ? [own.facility] : undefined
    return [bodyOf({ properties: items.properties, ...(required ? { required } : {}) }, own, true)]
  }
  if (type === 'object') return bodyOf(properties ? { properties } : undefined, own, true)
  if (/phone|number$/.test(name)) return '+919812345678'
  if (name === 'mime_type') return 'application/pdf'
  if (type === 'string' && !format) return 'written from beside'.slice(0, maxLength)
  return undefined
}

/** Digests of all rows there are: the ones that are gone later were changed or removed. */
export async function rowDigests(kernel: TestKernel): Promise<ReadonlySet<string>> {
  const tables = await kernel.sql<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = 'public' and tablename not like 'kernel_%' order by 1`
  )
  const text = tables.map(({ name }) => `select '${name} ' || md5(t::text) as digest from ${name} t`).join(' union all ')
  return new Set((await kernel.sql<{ digest: string }>(text)).map(({ digest }) => digest))
}

/** One digest per table; sorted rows, so that it says what the table holds. Work in progress and what is kept for a while is left out. */
export async function digests(kernel: TestKernel): Promise<Map<string, string>> {
  const tables = await kernel.sql<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = 'public' and tablename not in ('kernel_migration') order by 1`
  )
  const text = tables
    .map(
      ({ name }) =>
        `select '${name}' as name, md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as digest from ${name} t`
    )
    .join(' union all ')
  return new Map((await kernel.sql<{ name: string; digest: string }>(text)).map(({ name, digest }) => [name, digest]))
}

export async function send(who: Requester, method: string, url: string, body?: unknown): Promise<Answer> {
  if (method === 'GET') return who.get(url)
  if (method === 'DELETE') return who.delete(url, body)
  return who[method === 'POST' ? 'post' : method === 'PUT' ? 'put' : 'patch'](url, body)
}
