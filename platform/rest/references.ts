import type { Field, Messages, Reference } from './input-field.ts'
import type { Fields, Lookup } from './record.ts'

type Path = readonly (string | number)[]

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
  const references = [...referencesIn(fields, values, [])]
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

function* referencesIn(fields: Fields, values: Record<string, unknown>, at: Path): Generator<FoundReference> {
  for (const [key, field] of Object.entries(fields)) yield* referencesOf(field, values, key, [...at, key])
}

function* referencesOf(
  { reference, nested, item }: Field,
  holder: Record<string, unknown>,
  key: string,
  path: Path
): Generator<FoundReference> {
  const value = holder[key]
  if (reference && (typeof value === 'number' || typeof value === 'string')) yield { holder, key, reference, value, path }
  if (nested && value) yield* referencesIn(nested, value as Record<string, unknown>, path)
  if (item && Array.isArray(value))
    for (const index of value.keys())
      yield* referencesOf(item, value as unknown as Record<string, unknown>, String(index), [...path, index])
}

/** Adds messages at the path of a value; valid items before it become empty objects: `[{}, {"disease": ["…"]}]`. */
function addMessages(errors: Record<string, Messages>, [first = '', ...rest]: Path, messages: Messages): void {
  const nested = rest.reduceRight<Messages>((inner, step) => {
    if (typeof step === 'string') return { [step]: inner }
    return [...Array.from({ length: step }, () => ({})), inner]
  }, messages)
  errors[first] = merge(errors[first], nested)
}

function merge(known: Messages | undefined, added: Messages): Messages {
  if (known === undefined) return added
  if (Array.isArray(known) && Array.isArray(added)) {
    const [a, b] = [known, added] as [Messages[], Messages[]]
    return Array.from({ length: Math.max(a.length, b.length) }, (_, index) => merge(a[index], b[index] ?? {}))
  }
  if (typeof known === 'string' || Array.isArray(known) || Array.isArray(added)) return known
  const [a, b] = [known, added] as [Record<string, Messages>, Record<string, Messages>]
  return { ...a, ...Object.fromEntries(Object.entries(b).map(([key, inner]) => [key, merge(a[key], inner)])) }
}
