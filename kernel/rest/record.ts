import { invalid } from '../http/errors.ts'
import { Invalid, make, type Arrival, type Common, type Field, type Made, type Messages, type Reference } from './field.ts'
import { pythonType } from './formats.ts'

export type Fields = Readonly<Record<string, Field>>

type Value<F> = F extends Field<infer T> ? T : never
type RequiredKeys<R extends Fields> = { [K in keyof R]: R[K] extends Field<unknown, true> ? K : never }[keyof R]

/** The values of a record: required fields are there, the others may be. */
export type Values<R extends Fields> = { [K in RequiredKeys<R>]: Value<R[K]> } & {
  [K in Exclude<keyof R, RequiredKeys<R>>]?: Value<R[K]>
}

/** The values of a declared record: `Infer<typeof FacilityInput>`. */
export type Infer<T> = T extends RecordInput<infer R> ? Values<R> : never

/** Finds the internal ids of the rows that values name: for each request, given value → id. One statement for all. */
export type Lookup = (
  requests: readonly (Reference & { readonly values: readonly (number | string)[] })[]
) => Promise<readonly ReadonlyMap<string, number>[]>

export interface ParseOptions {
  /** Absent fields are left alone: PATCH. */
  readonly partial?: boolean
  readonly arrival: Arrival
  readonly lookup: Lookup
}

/** What a body holds, and what is wrong with it, by field. */
export interface Read {
  readonly values: Record<string, unknown>
  readonly errors: Record<string, Messages>
}

/** An input as data. */
export interface RecordInput<R extends Fields = Fields> {
  readonly fields: R
  /** JSON Schema, for OpenAPI. */
  readonly schema: object
  /** The values, references resolved to internal ids. Throws 400 with every wrong field, in order of declaration. */
  parse(body: unknown, options: ParseOptions): Promise<Values<R>>
  /** The same without looking anything up: references stay as they were given. */
  read(given: object, partial: boolean, arrival: Arrival): Read
  /** The values under the names of their columns (`source`), for a model. */
  columns(values: Partial<Values<R>>): Record<string, unknown>
}

/** Declares an input. `check` sees the values once every field is right and returns messages, or nothing. */
export function record<const R extends Fields>(
  fields: R,
  check?: (values: Partial<Values<R>>) => Record<string, Messages> | undefined
): RecordInput<R> {
  const entries = Object.entries(fields)
  const read = (given: object, partial: boolean, arrival: Arrival): Read => {
    const errors: Record<string, Messages> = {}
    const values: Record<string, unknown> = {}
    for (const [name, made] of entries) {
      const value = readField(name, made, given as Record<string, unknown>, partial, arrival)
      if (value instanceof Invalid) errors[name] = value.messages
      else if (value !== undefined) values[name] = value
    }
    return { values, errors }
  }
  return Object.freeze({
    fields,
    schema: {
      type: 'object',
      properties: Object.fromEntries(entries.map(([name, { schema }]) => [name, schema])),
      required: entries.filter(([, made]) => made.required).map(([name]) => name)
    },
    async parse(body: unknown, { partial = false, arrival, lookup }: ParseOptions) {
      const given = body ?? {}
      if (typeof given !== 'object' || Array.isArray(given))
        throw invalid({ non_field_errors: [`Invalid data. Expected a dictionary, but got ${pythonType(given)}.`] })
      const { values, errors } = read(given, partial, arrival)
      await resolve(fields, values, errors, lookup)
      const wrong =
        Object.keys(errors).length > 0
          ? Object.fromEntries(entries.flatMap(([name]) => (errors[name] ? [[name, errors[name]]] : [])))
          : check?.(values as Partial<Values<R>>)
      if (wrong && Object.keys(wrong).length > 0) throw invalid(wrong)
      return values as Values<R>
    },
    read,
    columns: (values: Partial<Values<R>>) =>
      Object.fromEntries(
        entries.flatMap(([name, { source }]) =>
          name in values ? [[source ?? name, (values as Record<string, unknown>)[name]]] : []
        )
      )
  })
}

/** One field of a body: its value, undefined when it is to be left alone, or what is wrong. */
function readField(name: string, made: Field, body: Record<string, unknown>, partial: boolean, arrival: Arrival): unknown {
  let input = Object.hasOwn(body, name) ? body[name] : undefined
  if (arrival.form) {
    if (input === undefined) input = partial ? undefined : made.absentInForm?.value
    else if (made.list && !Array.isArray(input)) input = [input]
    else if (Array.isArray(input) && !made.list) input = input.at(-1) as unknown
    if (input === '' && !made.blank) input = made.nullable ? null : made.required ? input : undefined
  }
  if (input === undefined) {
    if (partial) return undefined
    if (made.fallback)
      return typeof made.fallback.value === 'function' ? (made.fallback.value as () => unknown)() : made.fallback.value
    return made.required ? new Invalid(['This field is required.']) : undefined
  }
  if (input === null) return made.nullable ? null : new Invalid(['This field may not be null.'])
  return made.parse(input, arrival)
}

/** A list of records; wrong ones are told as a list with what is wrong with each. Their references are looked up with the others. */
export function records<R extends Fields, const O extends Common<Values<R>[]>>(
  of: RecordInput<R>,
  options?: O
): Made<Values<R>[], O> {
  const made = make<Values<R>[], O>(options, {
    list: true,
    schema: { type: 'array', items: of.schema },
    parse(input, arrival) {
      if (!Array.isArray(input))
        return new Invalid({ non_field_errors: [`Expected a list of items but got type "${pythonType(input)}".`] })
      const items = input.map((item: unknown): Read => {
        if (typeof item !== 'object' || item === null || Array.isArray(item))
          return {
            values: {},
            errors: { non_field_errors: [`Invalid data. Expected a dictionary, but got ${pythonType(item)}.`] }
          }
        return of.read(item, false, arrival)
      })
      if (items.some(({ errors }) => Object.keys(errors).length > 0)) return new Invalid(items.map(({ errors }) => errors))
      return items.map(({ values }) => values as Values<R>)
    }
  })
  return { ...made, of: of.fields }
}

/** A value that names a row, where its id goes, and where the message goes that there is none. */
interface Named {
  readonly reference: Reference
  readonly value: number | string
  readonly into: Record<string, unknown>
  readonly name: string
  readonly refuse: (messages: Messages) => void
}

/** Turns the references of a record and of the lists in it into internal ids, all in one lookup. */
async function resolve(
  fields: Fields,
  values: Record<string, unknown>,
  errors: Record<string, Messages>,
  lookup: Lookup
): Promise<void> {
  const named = namedIn(fields, values, (name, messages) => (errors[name] = messages))
  for (const [name, { of }] of Object.entries(fields)) {
    if (!of || !Array.isArray(values[name])) continue
    const items = values[name] as Record<string, unknown>[]
    const wrong = items.map((): Record<string, Messages> => ({}))
    for (const [at, item] of items.entries())
      named.push(
        ...namedIn(of, item, (field, messages) => {
          ;(wrong[at] ?? {})[field] = messages
          errors[name] = wrong
        })
      )
  }
  if (named.length === 0) return
  const found = await lookup(named.map(({ reference, value }) => ({ ...reference, values: [value] })))
  for (const [index, { reference, value, into, name, refuse }] of named.entries()) {
    const id = found[index]?.get(String(value))
    if (id !== undefined) into[name] = id
    else refuse([reference.column === 'id' ? `Invalid pk "${value}" - object does not exist.` : 'object with this id not found'])
  }
}

function namedIn(fields: Fields, values: Record<string, unknown>, refuse: (name: string, messages: Messages) => void): Named[] {
  return Object.entries(fields).flatMap(([name, { reference }]) => {
    const value = values[name]
    return reference && (typeof value === 'number' || typeof value === 'string')
      ? [{ reference, value, into: values, name, refuse: (messages: Messages) => refuse(name, messages) }]
      : []
  })
}
