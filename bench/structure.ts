// Measures how the source of a checkout is laid out. `node dist/bench/structure.js [folder] [folder after] [--verbose]`: one checkout, or two
// beside each other. Needs PostgreSQL for the walks.
import { readFileSync, realpathSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import {
  againstOrder,
  filesUnder,
  folderOf,
  importCycles,
  importsOf,
  readCheckout,
  readReferences,
  SOURCES,
  SPINE,
  type Checkout,
  type Edge,
  type SourceFile
} from './sources.ts'
import { measureWalks } from './walks.ts'

const LONGEST = 400
const RIDDLES = /nobody|somebody|whoever|everybody|\btold\b/i
const NOT_MEASURED = 'not measured'

interface Figure {
  readonly name: string
  readonly value: string
  readonly wanted?: string
  /** What `--verbose` prints. */
  readonly list?: readonly string[]
}

main(process.argv.slice(2))

function main(args: readonly string[]): void {
  const verbose = args.includes('--verbose')
  const folders = args.filter(arg => !arg.startsWith('--'))
  const roots = folders.length > 0 ? folders.map(folder => resolve(folder)) : [fileURLToPath(new URL('../../', import.meta.url))]
  const checkouts = roots.map(root => readCheckout(realpathSync(root)))
  printTable(checkouts.map(figures), verbose)
  printTable(checkouts.map(sizes), false)
}

function figures(checkout: Checkout): Figure[] {
  const all = [...checkout.sources.values()]
  const under = (pattern: RegExp) => all.filter(({ path }) => pattern.test(path))
  const inRoot = under(/^kernel\/[^/]+$/)
  const edges = importsOf(checkout)
  const riddles = riddlesOf(checkout.root)
  return [
    { name: 'lines in all', value: total(all) },
    {
      name: 'host: files under kernel/',
      value: total(under(/^kernel\//)),
      wanted: '≤ 3,500 lines',
      list: listed(under(/^kernel\//))
    },
    {
      name: 'spine (load → plan → open → start → stop)',
      value: total(under(SPINE)),
      wanted: '≤ 1,000 lines',
      list: listed(under(SPINE))
    },
    { name: 'files in the root of kernel/', value: `${inRoot.length}`, wanted: '1 (index.ts)' },
    ...lengths('kernel and platform', under(/^(kernel|platform)\//)),
    ...lengths('plugins', under(/^plugins\//)),
    cycles('kernel and platform', edges, /^(kernel|platform)\//),
    cycles('plugins', edges, /^plugins\//),
    upward(edges),
    ...exportedNames(checkout),
    { name: 'lines with riddle words', value: `${riddles.length}`, wanted: '< 40', list: riddles },
    ...references(checkout.root),
    ...walks(checkout.root)
  ]
}

/** Lines by folder. */
function sizes({ sources }: Checkout): Figure[] {
  const folders = new Map<string, SourceFile[]>()
  for (const source of sources.values()) {
    const [top = '', second = ''] = source.path.split('/')
    for (const folder of [`${top}/`, second.endsWith('.ts') ? `${top}/*.ts` : `${top}/${second}/`])
      folders.set(folder, [...(folders.get(folder) ?? []), source])
  }
  return [...folders].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, files]) => ({ name, value: total(files) }))
}

function lengths(name: string, files: readonly SourceFile[]): Figure[] {
  const sorted = [...files].sort((a, b) => b.lines - a.lines)
  const [longest] = sorted
  const over = sorted.filter(({ lines }) => lines > LONGEST)
  return [
    { name: `median file, ${name}`, value: `${sorted[Math.floor(sorted.length / 2)]?.lines ?? 0}`, wanted: '≤ 120' },
    {
      name: `longest file, ${name}`,
      value: `${longest?.lines ?? 0} (${longest?.path ?? 'none'}), ${over.length} over ${LONGEST}`,
      wanted: `≤ ${LONGEST}`,
      list: listed(over)
    }
  ]
}

function cycles(name: string, edges: readonly Edge[], part: RegExp): Figure {
  const found = importCycles(edges.filter(([from]) => part.test(from)))
  return {
    name: `import cycles, ${name} (types included)`,
    value: found.length === 0 ? '0' : `${found.length} over ${found.flat().length} files`,
    wanted: '0',
    list: found.map(cycle => cycle.join(', '))
  }
}

function upward(edges: readonly Edge[]): Figure {
  const { against, between } = againstOrder(edges)
  const pairs = new Set(against.map(([from, to]) => `${folderOf(from)} → ${folderOf(to)}`))
  return {
    name: 'imports against the order of folders',
    value: `${against.length} of ${between}${pairs.size > 0 ? `, ${pairs.size} pairs of folders` : ''}`,
    wanted: '0',
    list: against.map(([from, to]) => `${folderOf(from)} → ${folderOf(to)}: ${from} imports ${to}`).sort()
  }
}

/** Names that each entry point exports, types included; the contracts of the plugins in one line. */
function exportedNames({ root, entries }: Checkout): Figure[] {
  const files = [...entries.values()].map(path => join(root, path))
  const module = ts.ModuleKind.NodeNext
  const program = ts.createProgram(files, { module, target: ts.ScriptTarget.ESNext, noLib: true, types: [], noEmit: true })
  const checker = program.getTypeChecker()
  const counted = [...entries].map(([entry, path]) => {
    const file = program.getSourceFile(join(root, path))
    const symbol = file && checker.getSymbolAtLocation(file)
    return { entry, names: symbol ? checker.getExportsOfModule(symbol).map(({ name }) => name) : [] }
  })
  const contracts = counted.filter(({ entry }) => entry.includes('/contracts/'))
  const counts = contracts.map(({ names }) => names.length)
  return [
    ...counted
      .filter(entry => !contracts.includes(entry))
      .map(({ entry, names }) => {
        const wanted = entry.includes('/') ? '' : '≤ 60'
        return { name: `names exported by ${entry}`, value: `${names.length}`, wanted, list: [names.sort().join(' ')] }
      }),
    {
      name: 'names exported by contracts of plugins',
      value: `${counts.reduce((total, count) => total + count, 0)} by ${counts.length}, ${Math.max(0, ...counts)} at most`,
      list: contracts.map(({ entry, names }) => `${entry}: ${names.length}`)
    }
  ]
}

function riddlesOf(root: string): string[] {
  return [...SOURCES, 'docs'].flatMap(folder =>
    filesUnder(root, folder, /./).flatMap(path =>
      readFileSync(join(root, path), 'utf8')
        .split('\n')
        .flatMap((line, index) => (RIDDLES.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : []))
    )
  )
}

function references(root: string): Figure[] {
  const { outside, broken, cited } = readReferences(root)
  return [
    { name: 'references to pages outside (`contract … §`)', value: `${outside.length}`, wanted: '0', list: outside },
    { name: 'references to docs/api that lead nowhere', value: `${broken.length} of ${cited}`, wanted: '0', list: broken }
  ]
}

/** Source files that four walks run. */
function walks(root: string): Figure[] {
  const found = measureWalks(root)
  const figure = (name: string, files: readonly string[] | undefined, wanted?: string): Figure => {
    const plugins = files?.filter(file => file.startsWith('plugins/')).length ?? 0
    const value = files ? `${files.length} (${files.length - plugins} kernel and platform, ${plugins} plugins)` : NOT_MEASURED
    return { name: `files run by ${name}`, value, ...(wanted ? { wanted } : {}), ...(files ? { list: files } : {}) }
  }
  return [
    figure('`GET /api/v1/patient/?name=x`', found?.list, '< 20'),
    figure('`POST /api/v1/consultation/` up to the stored notification', found?.notification),
    figure('a scheduled job', found?.job),
    figure('a start', found?.start)
  ]
}

function printTable(checkouts: readonly (readonly Figure[])[], verbose: boolean): void {
  const titles = checkouts.length > 1 ? ['before', 'after'] : ['value']
  const names = [...new Set(checkouts.flat().map(({ name }) => name))]
  console.log(`\n| | ${titles.join(' | ')} | wanted |\n|---|${titles.map(() => '---|').join('')}---|`)
  for (const name of names) {
    const found = checkouts.map(figures => figures.find(figure => figure.name === name))
    const wanted = found.find(figure => figure?.wanted)?.wanted ?? ''
    console.log(`| ${name} | ${found.map(figure => figure?.value ?? '–').join(' | ')} | ${wanted} |`)
  }
  if (!verbose) return
  for (const [index, figures] of checkouts.entries())
    for (const { name, list = [] } of figures)
      if (list.length > 0) console.log(`\n${name}, ${titles[index]}:\n${list.map(line => `- ${line}`).join('\n')}`)
}

function listed(files: readonly SourceFile[]): string[] {
  return files.map(({ path, lines }) => `${lines} ${path}`)
}

function total(files: readonly SourceFile[]): string {
  const lines = files.reduce((sum, file) => sum + file.lines, 0)
  return `${lines.toLocaleString('en')} in ${files.length} files`
}
