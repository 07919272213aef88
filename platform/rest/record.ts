import { invalid } from '../http/errors.ts'
import { Invalid, make, type Arrival, type Common, type Field, type Fields, type Messages } from './input-field.ts'
import { pythonType } from './formats.ts'
import { resolveReferences, type Lookup } from './references.ts'

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
