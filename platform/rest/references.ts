import type { Field, Messages, Reference } from './input-field.ts'
import type { Fields, Lookup } from './record.ts'

type Path = readonly (string | number)[]

/** One reference a body names: where the value stands, and where it is told that there is no such row. */
interface Named {
  readonly holder: Record<string, unknown>
  readonly key: string
  readonly reference: Reference
  readonly value: number | string
  readonly path: Path
}

/** Turns the references of an input, those of inputs within it too, into internal ids, all in one lookup. */
export async function resolveReferences(
  fields: Fields,
  values: Record<string, unknown>,
  errors: Record<string, Messages>,
  lookup: Lookup
): Promise<void> {
  const named = [...referencesIn(fields, values, [])]
  if (named.length === 0) return
  const found = await lookup(named.map(({ reference, value }) => ({ ...reference, values: [value] })))
  for (const [index, { holder, key, reference, value, path }] of named.entries()) {
    const id = found[index]?.get(String(value))
    if (id !== undefined) holder[key] = id
    else
      tell(errors, path, [
        reference.column === 'id' ? `Invalid pk "${value}" - object does not exist.` : 'object with this id not found'
      ])
  }
}

function* referencesIn(fields: Fields, values: Record<string, unknown>, at: Path): Generator<Named> {
  for (const [key, field] of Object.entries(fields)) yield* referencesOf(field, values, key, [...at, key])
}

function* referencesOf(
  { reference, nested, item }: Field,
  holder: Record<string, unknown>,
  key: string,
  path: Path
): Generator<Named> {
  const value = holder[key]
  if (reference && (typeof value === 'number' || typeof value === 'string')) yield { holder, key, reference, value, path }
  if (nested && value) yield* referencesIn(nested, value as Record<string, unknown>, path)
  if (item && Array.isArray(value))
    for (const index of value.keys())
      yield* referencesOf(item, value as unknown as Record<string, unknown>, String(index), [...path, index])
}

/** Puts messages where the value stands; items before a wrong one are told as right: `[{}, {"disease": ["…"]}]`. */
function tell(errors: Record<string, Messages>, [first = '', ...rest]: Path, messages: Messages): void {
  const told = rest.reduceRight<Messages>((inner, step) => {
    if (typeof step === 'string') return { [step]: inner }
    return [...Array.from({ length: step }, () => ({})), inner]
  }, messages)
  errors[first] = merge(errors[first], told)
}

function merge(known: Messages | undefined, told: Messages): Messages {
  if (known === undefined) return told
  if (Array.isArray(known) && Array.isArray(told)) {
    const [a, b] = [known, told] as [Messages[], Messages[]]
    return Array.from({ length: Math.max(a.length, b.length) }, (_, index) => merge(a[index], b[index] ?? {}))
  }
  if (typeof known === 'string' || Array.isArray(known) || Array.isArray(told)) return known
  const [a, b] = [known, told] as [Record<string, Messages>, Record<string, Messages>]
  return { ...a, ...Object.fromEntries(Object.entries(b).map(([key, inner]) => [key, merge(a[key], inner)])) }
}
