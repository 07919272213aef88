/** Messages of one value: a list of texts, or deeper messages by field or index. */
export type Messages = readonly string[] | { readonly [key: string]: Messages | string } | readonly Messages[]

/** Result of `parse` for an invalid value. */
export class Invalid {
  readonly messages: Messages
  /** The valid parts of a nested input or a list, whose references are looked up nevertheless. */
  readonly valid: unknown

  constructor(messages: Messages, valid?: unknown) {
    this.messages = messages
    this.valid = valid
  }
}

/** A row that a value refers to. All references of a record are looked up in one statement. */
export interface Reference {
  readonly table: string
  readonly column: 'id' | 'external_id'
  /** Only rows that are not soft-deleted. */
  readonly live: boolean
}

/** The format of the body, and the time zone of times without an offset. */
export interface Arrival {
  readonly form: boolean
  readonly zone: string
}

/** One input field as data. `parse` is called with values that are neither absent nor null. */
export interface Field<T = unknown, Required extends boolean = boolean> {
  readonly required: Required
  readonly nullable: boolean
  readonly blank: boolean
  readonly fallback: { readonly value: T | (() => T) } | undefined
  /** Column it is written to, where the name differs. */
  readonly source: string | undefined
  readonly reference: Reference | undefined
  /** Value where a form lacks the field, as it does for an unchecked box. */
  readonly absentInForm: { readonly value: unknown } | undefined
  /** For a list, whether messages of its items are an array or an object by index. */
  readonly list: 'array' | 'object' | undefined
  /** Fields of a nested input, and item of a list: references are looked up in both. */
  readonly nested: Fields | undefined
  readonly item: Field | undefined
  readonly schema: object
  parse(input: unknown, arrival: Arrival): T | Invalid
}

export type Fields = Readonly<Record<string, Field>>

/** Options of every field. */
export interface Common<T> {
  /** The field may be absent. */
  readonly optional?: boolean
  readonly null?: boolean
  readonly default?: T | (() => T)
  readonly source?: string
  readonly help?: string
}

type Output<T, O> = O extends { readonly null: true } ? T | null : T
type IsRequired<O> = O extends { readonly optional: true } ? false : O extends { readonly default: unknown } ? false : true
/** The field type for these options: nullable and required as they say. */
export type Made<T, O> = Field<Output<T, O>, IsRequired<O>>

/** How values of one type are parsed and described. */
export interface Kind<T> {
  readonly parse: (input: unknown, arrival: Arrival) => T | Invalid
  readonly schema: object
  readonly blank?: boolean
  readonly reference?: Reference
  readonly absentInForm?: { readonly value: unknown }
  readonly list?: 'array' | 'object'
  readonly nested?: Fields
  readonly item?: Field
}

/** Invalid, with one message. */
export const bad = (message: string) => new Invalid([message])

/** Makes a field of its kind and the common options. */
export function make<T, O>(options: O | undefined, kind: Kind<T>): Made<T, O> {
  const { optional = false, null: nullable = false, default: value, source, help } = (options ?? {}) as Common<T>
  return {
    required: !optional && value === undefined,
    nullable,
    blank: kind.blank ?? false,
    fallback: value === undefined ? undefined : { value },
    source,
    reference: kind.reference,
    absentInForm: kind.absentInForm,
    list: kind.list,
    nested: kind.nested,
    item: kind.item,
    schema: { ...kind.schema, ...(nullable ? { nullable: true } : {}), ...(help ? { description: help } : {}) },
    parse: kind.parse
  } as unknown as Made<T, O>
}
