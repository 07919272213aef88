import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parse } from 'yaml'
import { messageOf, type Problem } from '../plugin/problems.ts'
import type { RawConfig } from './schema.ts'

type Tree = Record<string, unknown>

/** Reads a file and what it extends, merges them, fills in `${…}`. Problems are added, never thrown. */
export function readConfig(file: string, env: NodeJS.ProcessEnv, problems: Problem[]): RawConfig {
  const path = resolve(file)
  const values = substitute(readLayers(path, [], problems), env, dirname(path), problems, []) as Tree
  return { file: path, values }
}

/** Lays `over` on `base`: objects merge, all else replaces; `false` removes a plugin or gateway; another `use` replaces a gateway whole. */
export function mergeConfig(base: Tree, over: Tree): Tree {
  const merged = merge(base, over)
  for (const section of ['plugins', 'gateways'] as const) {
    const [below, above] = [base[section], over[section]]
    if (!isTree(above)) continue
    const entries: Tree = { ...(isTree(below) ? below : {}) }
    for (const [name, value] of Object.entries(above)) {
      const old = entries[name]
      if (value === false) delete entries[name]
      else if (isTree(value) && isTree(old) && (section === 'plugins' || value.use === undefined || value.use === old.use))
        entries[name] = merge(old, value)
      else entries[name] = value ?? {}
    }
    merged[section] = entries
  }
  return merged
}

function readLayers(path: string, from: readonly string[], problems: Problem[]): Tree {
  if (from.includes(path)) {
    problems.push({
      code: 'CONFIG_UNREADABLE',
      owner: path,
      fact: `extends itself: ${[...from, path].join(' → ')}`,
      remedy: 'remove one of the `extends`'
    })
    return {}
  }
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    const by = from.at(-1)
    problems.push({
      code: 'CONFIG_NOT_FOUND',
      owner: path,
      fact: by ? `named by \`extends\` in ${by}, but not readable` : 'is not readable',
      remedy: 'name an existing file with --config or CARE_CONFIG',
      cause
    })
    return {}
  }
  let tree: unknown
  try {
    tree = parse(text) ?? {}
  } catch (cause) {
    problems.push({ code: 'CONFIG_UNREADABLE', owner: path, fact: messageOf(cause), remedy: 'correct the YAML', cause })
    return {}
  }
  if (!isTree(tree)) {
    problems.push({
      code: 'CONFIG_UNREADABLE',
      owner: path,
      fact: 'is not a mapping of keys to values',
      remedy: 'start from config/default.yaml'
    })
    return {}
  }
  const { extends: base, ...own } = tree
  const over = mergeConfig({}, own)
  return typeof base === 'string' ? mergeConfig(readLayers(resolve(dirname(path), base), [...from, path], problems), own) : over
}

function merge(base: Tree, over: Tree): Tree {
  const result: Tree = { ...base }
  for (const [key, value] of Object.entries(over)) {
    const old = result[key]
    result[key] = isTree(old) && isTree(value) ? merge(old, value) : value
  }
  return result
}

const VARIABLE = /\$\{(?:file:([^}]+)|([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?)\}/g

/** Fills in variables. A scalar that is wholly a variable and comes out empty is left out: empty means unset. */
function substitute(
  value: unknown,
  env: NodeJS.ProcessEnv,
  folder: string,
  problems: Problem[],
  path: readonly string[]
): unknown {
  if (Array.isArray(value)) return value.map((item, index) => substitute(item, env, folder, problems, [...path, String(index)]))
  if (isTree(value)) {
    const entries = Object.entries(value).map(
      ([key, item]) => [key, substitute(item, env, folder, problems, [...path, key])] as const
    )
    return Object.fromEntries(entries.filter(([, item]) => item !== undefined))
  }
  if (typeof value !== 'string' || !value.includes('${')) return value
  const text = value.replace(
    VARIABLE,
    (written, file: string | undefined, name: string | undefined, fallback: string | undefined) => {
      const found = file ? readSecret(resolve(folder, file)) : env[name ?? '']
      if (found !== undefined && (found !== '' || fallback === undefined)) return found
      if (fallback !== undefined) return fallback
      problems.push({
        code: 'ENV_MISSING',
        owner: path.join('.'),
        fact: file ? `the file ${file} is not readable` : `the environment variable ${name} is not set`,
        remedy: file ? 'create it, readable by this user' : `set ${name}, or write \${${name}:-default} in the config`
      })
      return written
    }
  )
  return text === '' && value.startsWith('${') && value.endsWith('}') ? undefined : text
}

function readSecret(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return undefined
  }
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
