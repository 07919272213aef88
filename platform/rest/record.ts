import type { FastifyRequest } from 'fastify'
import type { Queryable } from '../../kernel/ports/database.ts'
import { Params, sqlComment } from '../data/statement.ts'
import { invalid } from '../http/errors.ts'
import {
  Invalid,
  make,
  type Arrival,
  type Common,
  type Field,
  type Fields,
  type Messages,
  type Reference
} from './input-field.ts'
import { pythonType } from './formats.ts'

type Value<F> = F extends Field<infer T> ? T : never
type RequiredKeys<R extends Fields> = { [K in keyof R]: R[K] extends Field<unknown, true> ? K : never }[keyof R]

/** The values of a record: required fields are present, the others may be. */
export type Values<R extends Fields> = { [K in RequiredKeys<R>]: Value<R[K]> } & {
  [K in Exclude<keyof R, RequiredKeys<R>>]?: Value<R[K]>
}

/** The values of a declared record: `Infer<typeof FacilityInput>`. */
export type Infer<T> = T extends RecordInput<infer R> ? Values<R> : never

export interface ParseOptions {
  /** Absent fields have no value: PATCH. */
  readonly partial?: boolean
  readonly arrival: Arrival
  readonly lookup: Lookup
}

/** A record of input fields as data. */
export interface RecordInput<R extends Fields = Fields> {
  readonly fields: R
  /** JSON Schema, for OpenAPI. */
  readonly schema: object
  /** The values, with references resolved to internal ids. Throws 400 with every invalid field, in order of declaration. */
  parse(body: unknown, options: ParseOptions): Promise<Values<R>>
  /** The values with references unresolved, or the messages: for a nested input. */
  read(body: object, options: Omit<ParseOptions, 'lookup'>): Values<R> | Invalid
  /** The values by column (`source`), for a model. */
  columns(values: Partial<Values<R>>): Record<string, unknown>
}

/** Declares an input. `check` is called with the values once every field is valid, and returns messages or undefined. */
export function record<const R extends Fields>(
  fields: R,
  check?: (values: Partial<Values<R>>) => Record<string, Messages> | undefined
): RecordInput<R> {
  const entries = Object.entries(fields)
  const root = { nested: fields, item: undefined }
  function readFields(body: object, { partial = false, arrival }: Omit<ParseOptions, 'lookup'>) {
    const errors: Record<string, Messages> = {}
    const values: Record<string, unknown> = {}
    for (const [name, field] of entries) {
      const value = readField(name, field, body as Record<string, unknown>, partial, arrival)
      if (value instanceof Invalid) errors[name] = value.messages
      const valid = value instanceof Invalid ? value.valid : value
      if (valid !== undefined) values[name] = valid
    }
    return { errors, values }
  }

  return Object.freeze({
    fields,
    schema: {
      type: 'object',
      properties: Object.fromEntries(entries.map(([name, { schema }]) => [name, schema])),
      required: entries.filter(([, field]) => field.required).map(([name]) => name)
    },
    async parse(body: unknown, { lookup, ...options }: ParseOptions) {
      const given = body ?? {}
      if (typeof given !== 'object' || Array.isArray(given)) throw invalid({ non_field_errors: [notAnObject(given)] })
      const { errors, values } = readFields(given, options)
      await resolveReferences(fields, values, errors, lookup)
      const wrong = Object.keys(errors).length > 0 ? inOrder(errors, root) : check?.(values as Partial<Values<R>>)
      if (wrong && Object.keys(wrong).length > 0) throw invalid(wrong)
      return values as Values<R>
    },
    read(body: object, options: Omit<ParseOptions, 'lookup'>) {
      const { errors, values } = readFields(body, options)
      const wrong = Object.keys(errors).length > 0 ? inOrder(errors, root) : check?.(values as Partial<Values<R>>)
      return wrong && Object.keys(wrong).length > 0 ? new Invalid(wrong, values) : (values as Values<R>)
    },
    columns: (values: Partial<Values<R>>) =>
      Object.fromEntries(
        entries.flatMap(([name, { source }]) =>
          name in values ? [[source ?? name, (values as Record<string, unknown>)[name]]] : []
        )
      )
  })
}

/** Messages in the order of declaration, those of nested inputs as well. */
function inOrder<M extends Messages | string>(messages: M, { nested, item }: Pick<Field, 'nested' | 'item'>): M {
  if (typeof messages === 'string') return messages
  if (Array.isArray(messages)) return (item ? messages.map((inner: Messages) => inOrder(inner, item)) : messages) as M
  const of = (name: string) => nested?.[name] ?? item
  const byName = messages as Readonly<Record<string, Messages>>
  const names = new Set([...Object.keys(nested ?? {}), ...Object.keys(byName)])
  return Object.fromEntries(
    [...names].flatMap(name => {
      const [inner, field] = [byName[name], of(name)]
      return inner === undefined ? [] : [[name, field ? inOrder(inner, field) : inner]]
    })
  ) as M
}

/** One field of a body: its value, undefined where it has none, or its messages. */
function readField(name: string, field: Field, body: Record<string, unknown>, partial: boolean, arrival: Arrival): unknown {
  let input = Object.hasOwn(body, name) ? body[name] : undefined
  if (arrival.form) {
    if (input === undefined) input = partial ? undefined : field.absentInForm?.value
    else if (field.list && !Array.isArray(input)) input = [input]
    else if (Array.isArray(input) && !field.list) input = input.at(-1) as unknown
    if (input === '' && !field.blank) input = field.nullable ? null : field.required ? input : undefined
  }
  if (input === undefined) {
    if (partial) return undefined
    if (field.fallback)
      return typeof field.fallback.value === 'function' ? (field.fallback.value as () => unknown)() : field.fallback.value
    return field.required ? new Invalid(['This field is required.']) : undefined
  }
  if (input === null) return field.nullable ? null : new Invalid(['This field may not be null.'])
  return field.parse(input, arrival)
}

/** A nested input, or the item of a list. Its messages stand under its name; its references are looked up with those of the outer input. */
export const nested = <R extends Fields, const O extends Common<Values<R>>>(of: RecordInput<R>, options?: O) =>
  make<Values<R>, O>(options, {
    schema: of.schema,
    nested: of.fields,
    parse: (input, arrival) =>
      typeof input !== 'object' || input === null || Array.isArray(input)
        ? new Invalid({ non_field_errors: [notAnObject(input)] })
        : of.read(input, { arrival })
  })

const notAnObject = (input: unknown) => `Invalid data. Expected a dictionary, but got ${pythonType(input)}.`

/** Where references are looked up, and how the body is parsed. */
export interface InputOptions {
  readonly db: Queryable
  /** Absent fields have no value: PATCH. */
  readonly partial?: boolean
  /** Time zone of times without an offset; the original's by default. */
  readonly zone?: string
}

/** The values of a request's body. Runs at most one statement, for all references. Throws 400 as `record.parse` does. */
export function readInput<R extends Fields>(
  request: FastifyRequest,
  input: RecordInput<R>,
  options: InputOptions & { partial: true }
): Promise<Partial<Values<R>>>
export function readInput<R extends Fields>(
  request: FastifyRequest,
  input: RecordInput<R>,
  options: InputOptions
): Promise<Values<R>>
export function readInput<R extends Fields>(
  request: FastifyRequest,
  input: RecordInput<R>,
  { db, partial = false, zone = 'Asia/Kolkata' }: InputOptions
): Promise<Values<R>> {
  return input.parse(request.body, { partial, arrival: { form: request.form, zone }, lookup: lookupIn(db) })
}

const REFERENCES = sqlComment('references')

/** Looks up references in one statement. */
export function lookupIn(db: Queryable): Lookup {
  return async requests => {
    const params = new Params()
    const parts = requests.map(
      ({ table, column, live, values }, index) =>
        `select ${index} as request, ${column}::text as given, id from ${table} where ${column} = any(${params.add(values, column === 'id' ? 'bigint[]' : 'uuid[]')})${live ? ' and not deleted' : ''}`
    )
    const { rows } = await db.query<{ request: number; given: string; id: number }>(
      `${REFERENCES} ${parts.join(' union all ')}`,
      params.values
    )
    return requests.map(
      (_, index) => new Map(rows.filter(({ request }) => request === index).map(({ given, id }) => [given, id]))
    )
  }
}

/** Finds the internal ids of references: for each request, the ids by given value. One statement for all requests. */
export type Lookup = (
  requests: readonly (Reference & { readonly values: readonly (number | string)[] })[]
) => Promise<readonly ReadonlyMap<string, number>[]>

/** An item of a list, whose messages are an array or an object by index. */
interface ItemStep {
  readonly index: number
  readonly length: number
  readonly of: 'array' | 'object'
}

/** Path of a value: its field, then the items and fields within it. */
type Path = readonly [string, ...(string | ItemStep)[]]

/** One reference in a body: the place of its value, and the path of its message. */
interface FoundReference {
  readonly holder: Record<string, unknown>
  readonly key: string
  readonly reference: Reference
  readonly value: number | string
  readonly path: Path
}

/** Replaces the references of an input, nested inputs included, by internal ids, all in one lookup. */
export async function resolveReferences(
  fields: Fields,
  values: Record<string, unknown>,
  errors: Record<string, Messages>,
  lookup: Lookup
): Promise<void> {
  const references = [...referencesIn(fields, values)]
  if (references.length === 0) return
  const found = await lookup(references.map(({ reference, value }) => ({ ...reference, values: [value] })))
  for (const [index, { holder, key, reference, value, path }] of references.entries()) {
    const id = found[index]?.get(String(value))
    if (id !== undefined) holder[key] = id
    else
      addMessages(errors, path, [
        reference.column === 'id' ? `Invalid pk "${value}" - object does not exist.` : 'object with this id not found'
      ])
  }
}

function* referencesIn(fields: Fields, values: Record<string, unknown>, at?: Path): Generator<FoundReference> {
  for (const [key, field] of Object.entries(fields)) yield* referencesOf(field, values, key, at ? [...at, key] : [key])
}

function* referencesOf(
  { reference, nested, item, list: of = 'array' }: Field,
  holder: Record<string, unknown>,
  key: string,
  path: Path
): Generator<FoundReference> {
  const value = holder[key]
  if (reference && (typeof value === 'number' || typeof value === 'string')) yield { holder, key, reference, value, path }
  if (nested && value) yield* referencesIn(nested, value as Record<string, unknown>, path)
  if (item && Array.isArray(value))
    for (const index of value.keys())
      yield* referencesOf(item, value as unknown as Record<string, unknown>, String(index), [
        ...path,
        { index, length: value.length, of }
      ])
}

/** Adds messages at the path of a value. In an array, an item without messages is an empty object: `[{}, {"disease": ["…"]}]`. */
function addMessages(errors: Record<string, Messages>, [first, ...rest]: Path, messages: Messages): void {
  const nested = rest.reduceRight<Messages>((inner, step) => {
    if (typeof step === 'string') return { [step]: inner }
    if (step.of === 'object') return { [step.index]: inner }
    return Array.from({ length: step.length }, (_, index) => (index === step.index ? inner : {}))
  }, messages)
  errors[first] = merge(errors[first], nested)
}

function merge(known: Messages | undefined, added: Messages): Messages {
  if (known === undefined || isEmpty(known)) return added
  if (Array.isArray(known) && Array.isArray(added)) {
    const [a, b] = [known, added] as [Messages[], Messages[]]
    return Array.from({ length: Math.max(a.length, b.length) }, (_, index) => merge(a[index], b[index] ?? {}))
  }
  if (typeof known === 'string' || Array.isArray(known) || Array.isArray(added)) return known
  const [a, b] = [known, added] as [Record<string, Messages>, Record<string, Messages>]
  return { ...a, ...Object.fromEntries(Object.entries(b).map(([key, inner]) => [key, merge(a[key], inner)])) }
}

/** The messages of an item that has none. */
const isEmpty = (messages: Messages): boolean => Object.keys(messages).length === 0
