import { closest } from 'fastest-levenshtein'
import type { TSchema } from 'typebox'
import { Value } from 'typebox/value'
import type { Problem } from '../plugin/problems.ts'

interface Node {
  readonly type?: string
  readonly properties?: Readonly<Record<string, Node>>
  readonly items?: Node
  readonly anyOf?: readonly Node[]
  readonly additionalProperties?: unknown
  readonly secret?: boolean
  readonly developmentOnly?: readonly string[] | true
}

/**
 * Checks one part of the config against its schema: converts text that came from variables, fills in defaults, reports unknown
 * keys with the nearest known one and every wrong value. The result is only meaningful when nothing was reported.
 */
export function checkValues(schema: TSchema, values: unknown, owner: string, problems: Problem[]): unknown {
  const converted = coerce(schema, values)
  reportUnknown(schema, converted, owner, problems)
  const complete = Value.Default(schema, Value.Default(schema, converted))
  for (const error of Value.Errors(schema, complete)) {
    if (error.keyword === 'additionalProperties' || error.keyword === 'boolean') continue // reported by name above
    if (isUnset(Value.Pointer.Get(complete, error.instancePath))) continue // reported as ENV_MISSING
    const path = error.instancePath.replaceAll('/', '.').replace(/^\./, '')
    const missing =
      error.keyword === 'required' ? (error.params as { requiredProperties?: string[] }).requiredProperties : undefined
    const at = missing ? missing.map(key => (path ? `${path}.${key}` : key)).join(', ') : path || '(whole)'
    problems.push({
      code: 'CONFIG_INVALID',
      owner,
      fact: missing ? `${at} is missing` : `${at} ${error.message}`,
      remedy: missing ? `set ${at}` : `correct ${at}; \`care-kernel config schema\` shows what is allowed`
    })
  }
  return complete
}

/** Reports secrets and codes that are only for development. */
export function checkSecrets(schema: TSchema, values: unknown, owner: string, problems: Problem[]): void {
  visit(schema, values, [], (node, value, path) => {
    const known = node.developmentOnly
    if (!known || typeof value !== 'string' || value === '') return
    if (known !== true && !known.includes(value)) return
    const at = path.join('.')
    problems.push({
      code: 'SECRET_IS_DEFAULT',
      owner,
      fact: `${at} ${known === true ? 'is for development only' : 'is publicly known'}, and the environment is production`,
      remedy: known === true ? `remove ${at}` : `set ${at} to a random value of at least 32 characters`
    })
  })
}

/** A copy in which every secret is replaced, for output. */
export function redact(schema: TSchema, values: unknown): unknown {
  const copy = structuredClone(values)
  visit(schema, copy, [], (node, value, path) => {
    if (!node.secret || value === undefined) return
    let at = copy as Record<string, unknown>
    for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>
    const last = path.at(-1)
    if (last !== undefined) at[last] = '[redacted]'
  })
  return copy
}

function visit(
  node: Node,
  value: unknown,
  path: readonly string[],
  see: (node: Node, value: unknown, path: readonly string[]) => void
): void {
  see(node, value, path)
  for (const [key, child] of Object.entries(node.properties ?? {})) {
    if (isTree(value) && key in value) visit(child, value[key], [...path, key], see)
  }
}

/** Text to what the schema asks for; all else stays, and is then reported as it was written. */
function coerce(node: Node | undefined, value: unknown): unknown {
  if (!node) return value
  if (isTree(value))
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, coerce(node.properties?.[key], item)]))
  if (typeof value !== 'string') return value
  if (node.type === 'array') return fromList(value)
  const kinds = node.anyOf ? node.anyOf.map(option => option.type ?? '') : [node.type ?? '']
  if ((kinds.includes('integer') || kinds.includes('number')) && /^-?\d+(\.\d+)?$/.test(value)) return Number(value)
  if (kinds.includes('boolean') && /^(true|false|1|0|yes|no|on|off)$/i.test(value)) return /^(true|1|yes|on)$/i.test(value)
  return value
}

function fromList(text: string): unknown {
  if (!text.trim().startsWith('['))
    return text
      .split(',')
      .map(part => part.trim())
      .filter(Boolean)
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function reportUnknown(node: Node, value: unknown, owner: string, problems: Problem[], path: readonly string[] = []): void {
  const known = node.properties
  if (!known || !isTree(value)) return
  for (const [key, item] of Object.entries(value)) {
    const child = known[key]
    if (child) reportUnknown(child, item, owner, problems, [...path, key])
    else if (node.additionalProperties === undefined || node.additionalProperties === false) {
      const names = Object.keys(known)
      problems.push({
        code: 'CONFIG_UNKNOWN_KEY',
        owner,
        fact: `"${[...path, key].join('.')}" is not known`,
        remedy: names.length > 0 ? `did you mean "${closest(key, names)}"?` : 'there is nothing to set here: remove it'
      })
    }
  }
}

/** Whether a text still contains a variable that is not set. */
function isUnset(value: unknown): boolean {
  return typeof value === 'string' && value.includes('${')
}

function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
