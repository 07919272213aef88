import { invalid } from '../http/errors.ts'
import { Invalid, make, type Arrival, type Common, type Field, type Messages, type Reference } from './input-field.ts'
import { pythonType } from './formats.ts'
import { resolveReferences } from './references.ts'

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
  /** The values with references as they were given, or what is wrong: for an input within an input. */
  read(body: object, options: Omit<ParseOptions, 'lookup'>): Values<R> | Invalid
  /** The values under the names of their columns (`source`), for a model. */
  columns(values: Partial<Values<R>>): Record<string, unknown>
}

/** Declares an input. `check` sees the values once every field is right and returns messages, or nothing. */
export function record<const R extends Fields>(
  fields: R,
  check?: (values: Partial<Values<R>>) => Record<string, Messages> | undefined
): RecordInput<R> {
  const entries = Object.entries(fields)
  const inOrder = (errors: Readonly<Record<string, Messages>>) =>
    Object.fromEntries(entries.flatMap(([name]) => (errors[name] ? [[name, errors[name]]] : [])))

  function readFields(body: object, { partial = false, arrival }: Omit<ParseOptions, 'lookup'>) {
    const errors: Record<string, Messages> = {}
    const values: Record<string, unknown> = {}
    for (const [name, made] of entries) {
      const value = readField(name, made, body as Record<string, unknown>, partial, arrival)
      if (value instanceof Invalid) errors[name] = value.messages
      else if (value !== undefined) values[name] = value
    }
    return { errors, values }
  }

  return Object.freeze({
    fields,
    schema: {
      type: 'object',
      properties: Object.fromEntries(entries.map(([name, { schema }]) => [name, schema])),
      required: entries.filter(([, made]) => made.required).map(([name]) => name)
    },
    async parse(body: unknown, { lookup, ...options }: ParseOptions) {
      const given = body ?? {}
      if (typeof given !== 'object' || Array.isArray(given)) throw invalid({ non_field_errors: [notAnObject(given)] })
      const { errors, values } = readFields(given, options)
      await resolveReferences(fields, values, errors, lookup)
      const wrong = Object.keys(errors).length > 0 ? inOrder(errors) : check?.(values as Partial<Values<R>>)
      if (wrong && Object.keys(wrong).length > 0) throw invalid(wrong)
      return values as Values<R>
    },
    read(body: object, options: Omit<ParseOptions, 'lookup'>) {
      const { errors, values } = readFields(body, options)
      const wrong = Object.keys(errors).length > 0 ? inOrder(errors) : check?.(values as Partial<Values<R>>)
      return wrong && Object.keys(wrong).length > 0 ? new Invalid(wrong) : (values as Values<R>)
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

/** An input within an input, or the item of a list: its errors are told under its name, its references are looked up with the others. */
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
