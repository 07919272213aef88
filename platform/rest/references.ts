import type { Field, Fields, Messages, Reference } from './input-field.ts'

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
