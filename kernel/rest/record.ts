import { invalid } from '../http/errors.ts'
import { Invalid, type Arrival, type Field, type Messages, type Reference } from './field.ts'
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

/** An input as data. */
export interface RecordInput<R extends Fields = Fields> {
  readonly fields: R
  /** JSON Schema, for OpenAPI. */
  readonly schema: object
  /** The values, references resolved to internal ids. Throws 400 with every wrong field, in order of declaration. */
  parse(body: unknown, options: ParseOptions): Promise<Values<R>>
  /** The values under the names of their columns (`source`), for a model. */
  columns(values: Partial<Values<R>>): Record<string, unknown>
}

/** Declares an input. `check` sees the values once every field is right and returns messages, or nothing. */
export function record<const R extends Fields>(
  fields: R,
  check?: (values: Partial<Values<R>>) => Record<string, Messages> | undefined
): RecordInput<R> {
  const entries = Object.entries(fields)
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
      const errors: Record<string, Messages> = {}
      const values: Record<string, unknown> = {}
      for (const [name, made] of entries) {
        const value = readField(name, made, given as Record<string, unknown>, partial, arrival)
        if (value instanceof Invalid) errors[name] = value.messages
        else if (value !== undefined) values[name] = value
      }
      await resolve(entries, values, errors, lookup)
      const wrong =
        Object.keys(errors).length > 0
          ? Object.fromEntries(entries.flatMap(([name]) => (errors[name] ? [[name, errors[name]]] : [])))
          : check?.(values as Partial<Values<R>>)
      if (wrong && Object.keys(wrong).length > 0) throw invalid(wrong)
      return values as Values<R>
    },
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

/** Turns the references of a record into internal ids, all in one lookup. */
async function resolve(
  entries: readonly (readonly [string, Field])[],
  values: Record<string, unknown>,
  errors: Record<string, Messages>,
  lookup: Lookup
): Promise<void> {
  const named = entries.flatMap(([name, { reference }]) => {
    const value = values[name]
    return reference && (typeof value === 'number' || typeof value === 'string') ? [{ name, reference, value }] : []
  })
  if (named.length === 0) return
  const found = await lookup(named.map(({ reference, value }) => ({ ...reference, values: [value] })))
  for (const [index, { name, reference, value }] of named.entries()) {
    const id = found[index]?.get(String(value))
    if (id !== undefined) values[name] = id
    else
      errors[name] = [
        reference.column === 'id' ? `Invalid pk "${value}" - object does not exist.` : 'object with this id not found'
      ]
  }
}
