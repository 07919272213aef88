// Reads the sources of a checkout: their imports, the order of folders, references to pages. Used by `structure.ts` and by the test of the architecture.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, posix, relative } from 'node:path'
import ts from 'typescript'

/** The folders that are the product. */
export const SOURCES = ['kernel', 'platform', 'plugins'] as const

/** The files one must read to follow load → plan → open → start → stop. */
export const SPINE = /^kernel\/(lifecycle|contributions)\//

/** Imports go from a higher rank to a lower one. Folders of one rank do not import each other; a folder that is not here may import nothing. */
export const RANKS: Readonly<Record<string, number>> = {
  'kernel/ports': 0,
  'kernel/plugin': 1,
  'kernel/config': 2,
  'kernel/contributions': 3,
  'kernel/lifecycle': 4,
  kernel: 5,
  'platform/data': 6,
  'platform/gateways': 6,
  'platform/access': 7,
  'platform/http': 8,
  'platform/rest': 9,
  'platform/jobs': 10,
  'platform/care': 11,
  platform: 12,
  'platform/cli': 13,
  'platform/testing': 13
}

export interface SourceFile {
  /** From the root of the checkout, with `/`. */
  readonly path: string
  readonly text: string
  readonly lines: number
  /** Specifiers of imports, exports and `import()`, those of types included. */
  readonly targets: readonly string[]
}

export interface Checkout {
  readonly root: string
  readonly sources: ReadonlyMap<string, SourceFile>
  /** Source files by public specifier, such as `care-kernel/rest`; of a pattern all that it matches. */
  readonly entries: ReadonlyMap<string, string>
}

export type Edge = readonly [from: string, to: string]

export function readCheckout(root: string): Checkout {
  const sources = new Map<string, SourceFile>()
  for (const path of SOURCES.flatMap(folder => filesUnder(root, folder, /(?<!\.test)\.ts$/))) {
    const text = readFileSync(join(root, path), 'utf8')
    sources.set(path, { path, text, lines: text.split('\n').length - 1, targets: targetsOf(text) })
  }
  return { root, sources, entries: entryPoints(root, [...sources.keys()]) }
}

export function targetsOf(text: string): string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName)
}

/** Every import of one source by another, once. The package's own name counts outside the plugins, which shall use it. */
export function importsOf({ sources, entries }: Checkout): Edge[] {
  return [...sources.values()].flatMap(({ path, targets }) => {
    const own = targets.flatMap(target => {
      if (target.startsWith('.')) return [posix.join(posix.dirname(path), target)]
      return path.startsWith('plugins/') ? [] : (entries.get(target) ?? [])
    })
    return [...new Set(own)].filter(target => sources.has(target)).map((target): Edge => [path, target])
  })
}

/** The folder of `RANKS` a file belongs to. */
export function folderOf(path: string): string {
  const [top = '', second = ''] = path.split('/')
  return second.endsWith('.ts') ? top : `${top}/${second}`
}

/** Imports of kernel and platform against the order of folders, and how many imports leave their folder at all. */
export function againstOrder(edges: readonly Edge[]): { readonly against: readonly Edge[]; readonly between: number } {
  const between = edges.filter(([from, to]) => !from.startsWith('plugins/') && folderOf(from) !== folderOf(to))
  // A folder without a rank is a finding too: NaN is on no side.
  const rank = (path: string) => RANKS[folderOf(path)] ?? NaN
  return { against: between.filter(([from, to]) => !(rank(from) > rank(to))), between: between.length }
}

/** Groups of files that import each other in a circle: strongly connected components (Tarjan) of more than one file. */
export function importCycles(edges: readonly Edge[]): string[][] {
  const targets = new Map<string, string[]>()
  for (const [from, to] of edges) targets.set(from, [...(targets.get(from) ?? []), to])
  const order = new Map<string, number>()
  const stack: string[] = []
  const cycles: string[][] = []
  /** The lowest place on the stack that is reached from a file. */
  const visit = (file: string): number => {
    const own = order.size
    let lowest = own
    order.set(file, own)
    stack.push(file)
    for (const next of targets.get(file) ?? []) {
      if (!order.has(next)) lowest = Math.min(lowest, visit(next))
      else if (stack.includes(next)) lowest = Math.min(lowest, order.get(next) ?? own)
    }
    if (lowest < own) return lowest
    const cycle = stack.splice(stack.indexOf(file)).sort()
    if (cycle.length > 1) cycles.push(cycle)
    return own
  }
  for (const file of targets.keys()) if (!order.has(file)) visit(file)
  return cycles
}

/** The source of every entry of `exports` in package.json; `*` stands for each folder that has the file. */
function entryPoints(root: string, paths: readonly string[]): Map<string, string> {
  const { name, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    name: string
    exports: Record<string, string | { default?: string }>
  }
  const entries = new Map<string, string>()
  for (const [key, value] of Object.entries(exports)) {
    const target = /^\.\/dist\/(.+)\.js$/.exec((typeof value === 'string' ? value : value.default) ?? '')?.[1]
    if (target === undefined) continue
    const [before = '', after] = `${target}.ts`.split('*')
    for (const path of paths) {
      const star = path.slice(before.length, after === undefined ? undefined : -after.length)
      const isIt = after === undefined ? path === before : path.startsWith(before) && path.endsWith(after) && !star.includes('/')
      if (isIt) entries.set(posix.join(name, key.replace('*', star)), path)
    }
  }
  return entries
}

const OUTSIDE = /\b(?:contract|design)\b:?[\s*/]+`?(?:[a-z-]+(?:\.md)?`?,?\s)?§/gi
const REFERENCE = /(docs\/api\/)?\b([a-z-]+)\.md`?((?:(?:,|[\s*/-]|and|to|–)*§\s?[\d.]+[a-e]?(?:[–-][\d.]+)?)+)?/g

export interface References {
  /** References to pages that are not in the repository, such as `contract … §`. */
  readonly outside: readonly string[]
  /** References to a page or a section of docs/api that does not exist. */
  readonly broken: readonly string[]
  /** How many sections of docs/api are cited. */
  readonly cited: number
}

/** Looks up every reference to a rule in sources, tests, SQL and documents. */
export function readReferences(root: string): References {
  const pages = new Map(
    filesUnder(root, 'docs/api', /\.md$/).map(path => [
      posix.basename(path, '.md'),
      sectionsOf(readFileSync(join(root, path), 'utf8'))
    ])
  )
  const outside: string[] = []
  const broken: string[] = []
  let cited = 0
  for (const path of [...SOURCES, 'test', 'migrations', 'examples', 'bench', 'docs'].flatMap(folder =>
    filesUnder(root, folder, /\.(ts|sql|md)$/)
  )) {
    const text = asCited(path, readFileSync(join(root, path), 'utf8'))
    const at = (index: number) => `${path}:${text.slice(0, index).split('\n').length}`
    for (const { 0: reference, index } of text.matchAll(OUTSIDE)) outside.push(`${at(index)}: ${reference.replace(/\s+/g, ' ')}`)
    for (const { 1: folder, 2: page = '', 3: list = '', index } of text.matchAll(REFERENCE)) {
      // A page without its folder is a reference within docs/api; elsewhere it is some other document.
      if (folder === undefined && !(path.startsWith('docs/api/') && list)) continue
      const sections = pages.get(page)
      const numbers = list.match(/\d+(?:\.\d+)*/g) ?? []
      cited += numbers.length
      for (const number of numbers) if (!sections?.has(number)) broken.push(`${at(index)}: ${page}.md §${number}`)
      if (!sections && numbers.length === 0) broken.push(`${at(index)}: ${page}.md`)
    }
  }
  return { outside, broken, cited }
}

/** Migrations cite pages by the names they had when they were written: an applied migration is not edited. */
function asCited(path: string, text: string): string {
  if (!path.startsWith('migrations/')) return text
  return text.replace(
    /\bcontract ([a-z-]+)(?= §)/g,
    (_, page) => `docs/api/${page === 'shifting' ? 'shifting-resources' : page}.md`
  )
}

/** Numbers of the headings of a page; items of a numbered list of quirks count as sections of its heading. */
function sectionsOf(text: string): Set<string> {
  const sections = new Set<string>()
  let quirks: string | undefined
  for (const line of text.split('\n')) {
    const [, number, title = ''] = /^#+ +§?(\d+(?:\.\d+)*)\.? (.*)/.exec(line) ?? []
    const item = /^(\d+)\. /.exec(line)?.[1]
    if (number !== undefined) {
      sections.add(number)
      quirks = /quirks/i.test(title) ? number : undefined
    } else if (quirks !== undefined && item !== undefined) sections.add(`${quirks}.${item}`)
  }
  return sections
}

/** Paths from the root of the checkout, sorted. */
export function filesUnder(root: string, folder: string, pattern: RegExp): string[] {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && pattern.test(entry.name))
    .map(entry => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort()
}
