import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { basename, join, posix } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import t from 'tap'
import {
  againstOrder,
  filesUnder,
  folderOf,
  importCycles,
  importsOf,
  RANKS,
  readCheckout,
  readReferences,
  SPINE,
  targetsOf,
  type SourceFile
} from '../bench/sources.ts'
import { builtInPlugins } from '../kernel/lifecycle/import-plugins.ts'
import type { Contribution } from '../kernel/contributions/contribution.ts'
import { contributions } from '../platform/contributions.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const checkout = readCheckout(root)
const edges = importsOf(checkout)
const sources = [...checkout.sources.values()]
const under = (...folders: string[]) => sources.filter(({ path }) => folders.some(folder => path.startsWith(`${folder}/`)))
const pluginOf = (path: string) => /^plugins\/[^/]+/.exec(path)?.[0]
const { exports, dependencies } = JSON.parse(read('package.json')) as {
  exports: Record<string, unknown>
  dependencies: Record<string, string>
}

/** The role of a file in the folder of a feature plugin: any of these may be short; every other file has a noun that is worth 40 lines. */
const ROLES =
  /^(plugin|contract|toolkit|manifest|services|scope|models|settings|policy|row-access|enumerations|inputs|outputs|reads|events|slots|hooks|commands|(routes|jobs|demo)(\/.+)?)\.ts$/
const SHORT = 40
/** Names of roles that have another name now. They also stand at the end of a name, after a hyphen. */
const OLD_NAMES: Readonly<Record<string, string>> = {
  shapes: 'outputs.ts',
  fillings: 'slots.ts',
  resources: 'reads.ts',
  'sample-reads': 'reads.ts',
  'shift-requests': 'reads.ts',
  'resource-requests': 'reads.ts',
  parts: 'the noun they create',
  ways: 'courses',
  press: 'typst-worker.ts',
  decided: 'resolved hierarchy',
  announcements: 'events.ts',
  notices: 'the noun: notification, recipients',
  subjects: 'recipients.ts',
  texts: 'templates.ts'
}
/** What the host must not load: each belongs to the platform or to a gateway. */
const NOT_IN_THE_HOST = ['fastify', 'sequelize', 'pg', 'bullmq', 'ioredis', 'pino']
const HOSPITAL =
  /\b(patient|ward|bed|asset|nurse|hospital|facilit(?:y|ies)|consultation|discharge|celery|kerala|phone|the original)s?\b|(?:ward|asset|facility|patient)(?:Id|Ids)\b/i
/** What plugins declare. The spine runs contributions and knows none of them. */
const KINDS =
  /\b(models|migrations|privacy|permissions|schemes|routes|jobs|schedules|events|hooks|slots|fills|relations|reads|commands)\b/

const THROUGH_MODEL = /\bmodel\(|\bscope\.model\b|\bbulkCreate\b|\.sequelize\b/
const RAW_WRITE = /\b(insert into|delete from|update (\$\{[^}]+\}|\w+)( \w+)? set)\b/
const COMMENT = /^\s*(\/\/|\/?\*)/
/** A repository writes these. */
const SINGLE_ROW = [
  /insert into [^`']*?\bvalues \([^)]*\)(?!\s+on conflict)/,
  /update \S+( \w+)? set ("?\w+"? = (\$\d+|true|false|null|'[^']*'),?\s*)+ where (\w+\.)?\w*id = \$\d+\s*['`"]/,
  /delete from \S+( \w+)? where (\w+\.)?id = \$\d+\s*['`"]/
]

/** A rule: fails once for everything that breaks it. An assertion per line of source would take a minute. */
function rule(name: string, offenders: () => readonly string[] | Promise<readonly string[]>): void {
  void t.test(name, async t => {
    for (const offender of await offenders()) t.fail(offender)
    t.pass(name)
  })
}

rule('the host imports neither the platform nor plugins', () =>
  under('kernel').flatMap(({ path, targets }) =>
    targets
      .filter(target => /^((platform|plugins|test|bench)\/|care-kernel)/.test(resolved(path, target)))
      .map(target => `${path} imports ${target}`)
  )
)

rule('the host loads no server, database, broker or logger', () =>
  // Imports of types are gone in the compiled file.
  under('kernel').flatMap(({ path }) =>
    targetsOf(read(compiled(path)))
      .filter(target => NOT_IN_THE_HOST.includes(packageOf(target)))
      .map(target => `${path} loads ${target}`)
  )
)

rule('the host has no word of hospitals', () =>
  under('kernel').flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) => (HOSPITAL.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : []))
  )
)

rule('imports between folders of kernel and platform go one way', () => [
  ...under('kernel', 'platform')
    .filter(({ path }) => !(folderOf(path) in RANKS))
    .map(({ path }) => `${path} is in a folder without a rank`),
  ...againstOrder(edges).against.map(([from, to]) => `${from} imports ${to}`)
])

rule('no import cycle, type-only imports included', () => importCycles(edges).map(cycle => cycle.join(' ↔ ')))

rule('plugins import their own folder, packages, and public entry points', () => {
  // The others are for programs that embed a deployment, and for tests.
  const entries = Object.keys(exports)
    .filter(key => !['./package.json', './platform', './testing'].includes(key))
    .map(key => new RegExp(`^${posix.join('care-kernel', key).replace('*', '[a-z0-9-]+')}$`))
  const allowed = (path: string, target: string) =>
    target.startsWith('.')
      ? resolved(path, target).startsWith(`${pluginOf(path)}/`)
      : isBuiltin(target) || packageOf(target) in dependencies || entries.some(entry => entry.test(target))
  return under('plugins').flatMap(({ path, targets }) =>
    targets.filter(target => !allowed(path, target)).map(target => `${path} imports ${target}`)
  )
})

rule('a contribution is one entry of one array', async () => {
  const offenders: string[] = []
  for (const { path, text } of under('kernel', 'platform'))
    for (const [, name = ''] of text.matchAll(/^export const (\w+): \w*Contribution\b/gm)) {
      const module = (await import(pathToFileURL(join(root, compiled(path))).href)) as Record<string, Contribution>
      if (!contributions.some(contribution => contribution === module[name]))
        offenders.push(`${name} of ${path} is not in platform/contributions.ts`)
    }
  return offenders
})

rule('the spine names no kind of contribution', () =>
  under('kernel/lifecycle')
    .filter(({ path }) => path !== 'kernel/lifecycle/own-contributions.ts')
    .flatMap(({ path, text }) => {
      const kind = KINDS.exec(code(text))?.[0]
      return kind ? [`${path} names ${kind}`] : []
    })
)

rule('sizes', () => {
  const [, host = '', spine = ''] =
    /host has at most ([\d,]+) lines, the spine at most ([\d,]+)/.exec(read('docs/kernel.md')) ?? []
  const limit = (text: string) => Number(text.replaceAll(',', ''))
  const total = (files: readonly SourceFile[]) => files.reduce((sum, { lines }) => sum + lines, 0)
  const atMost = (what: string, lines: number, most: number) =>
    lines <= most ? [] : [`${what} has ${lines} lines, at most ${most}`]
  const median = (files: readonly SourceFile[]) =>
    files.map(({ lines }) => lines).sort((a, b) => a - b)[Math.floor(files.length / 2)]
  return [
    ...(host === '3,500' && spine === '1,000' ? [] : ['docs/kernel.md says how many lines the host and the spine have at most']),
    ...atMost('the host', total(under('kernel')), limit(host)),
    ...atMost('the spine', total(sources.filter(({ path }) => SPINE.test(path))), limit(spine)),
    ...atMost('the median file of kernel and platform', median(under('kernel', 'platform')) ?? 0, 120),
    ...atMost('the median file of the plugins', median(under('plugins')) ?? 0, 120),
    // A table of contents.
    ...sources.flatMap(({ path, lines }) => atMost(path, lines, basename(path) === 'plugin.ts' && pluginOf(path) ? 80 : 400))
  ]
})

rule('file roles of feature plugins', () =>
  under('plugins').flatMap(({ path, lines }) => {
    const plugin = pluginOf(path) ?? ''
    if (!checkout.sources.has(`${plugin}/plugin.ts`)) return []
    const name = path.slice(plugin.length + 1)
    const old = Object.keys(OLD_NAMES).find(word => new RegExp(`(^|[/-])${word}\\.ts$`).test(name))
    return [
      ...(lines < SHORT && !ROLES.test(name) ? [`${path} has ${lines} lines: it joins the file of its noun`] : []),
      ...(old ? [`${path} has an old name: ${OLD_NAMES[old]}`] : [])
    ]
  })
)

rule('habits', () =>
  sources.flatMap(({ path, text }) => [
    ...(path !== 'kernel/lifecycle/system-clock.ts' && /\bDate\.now\(\)/.test(text)
      ? [`${path} asks no clock for the time`]
      : []),
    ...(/^export default (?!define(Plugin|Gateway)\()/m.test(text) ? [`${path} has a default export`] : []),
    ...(/^(export )?(let|var) /m.test(text) ? [`${path} has mutable state in the module`] : []),
    ...(/^[a-z0-9./-]+$/.test(path) ? [] : [`${path} is not in kebab-case`])
  ])
)

rule('plugins write rows through repositories', () =>
  // The tables of reporting have no models; a queue has models of another kind.
  under('plugins')
    .filter(({ path }) => !/^plugins\/((queue|database)-|reporting\/)/.test(path))
    .flatMap(({ path, text }) => [
      ...(THROUGH_MODEL.test(text) ? [`${path} writes through a Sequelize model`] : []),
      ...SINGLE_ROW.flatMap(single => single.exec(text)?.[0] ?? []).map(sql => `${path} writes a single row in SQL: ${sql}`),
      ...text
        .split('\n\n')
        .filter(part => !part.includes('Raw SQL: ') && part.split('\n').some(line => RAW_WRITE.test(line) && !COMMENT.test(line)))
        .map(part => `${path} does not say, after "Raw SQL: ", why it writes in SQL: ${part.slice(0, 200)}`)
    ])
)

rule('migrations belong to plugins', () =>
  readdirSync(join(root, 'migrations')).filter(owner => owner !== 'kernel' && !checkout.sources.has(`plugins/${owner}/plugin.ts`))
)

rule('plugins name tables of other plugins by relations of their contracts', async () => {
  const owners = new Map<string, string>()
  for (const { contract, models = [] } of await builtInPlugins())
    for (const { table } of models) owners.set(table, `plugins/${contract.name}`)
  for (const path of filesUnder(root, 'migrations', /\.sql$/))
    for (const [, table = ''] of read(path).matchAll(/create table (?:if not exists )?(\w+)/g))
      owners.set(table, `plugins/${path.split('/')[1]}`)
  return under('plugins').flatMap(({ path, text }) =>
    [...new Set(text.match(/\b\w+_\w+\b/g))]
      .filter(word => owners.has(word) && owners.get(word) !== pluginOf(path))
      .map(table => `${path} names ${table}`)
  )
})

rule('plugins declare the relations that their sources use', async () => {
  const plugins = await builtInPlugins()
  const relations = plugins.flatMap(({ contract }) => Object.values(contract.relations))
  return plugins.flatMap(({ contract, reads = [] }) => {
    const used = new Set<string>()
    for (const { path, text } of under(`plugins/${contract.name}`))
      if (!/\/(manifest|plugin)\.ts$/.test(path))
        for (const [, names = '', owner] of text.matchAll(/^import \{([^}]*)\} from 'care-kernel\/contracts\/([a-z0-9-]+)'/gm))
          for (const relation of relations)
            if (relation.owner === owner && new RegExp(`\\b${constantOf(relation.name)}\\b`).test(names))
              used.add(`${owner}/${relation.name}`)
    const declared = new Set(reads.map(({ owner, name }) => `${owner}/${name}`))
    return [
      ...[...used].filter(key => !declared.has(key)).map(key => `${contract.name} uses ${key} and does not declare it in reads`),
      ...[...declared].filter(key => !used.has(key)).map(key => `${contract.name} declares ${key} in reads and does not use it`)
    ]
  })
})

rule('references to rules lead to a heading of docs/api', () => {
  const { outside, broken } = readReferences(root)
  return [...outside, ...broken]
})

rule('docs/api names files that exist', () =>
  filesUnder(root, 'docs/api', /\.md$/).flatMap(page =>
    [...read(page).matchAll(/^Kept in: (.*)$/gm)].flatMap(([, files = '']) =>
      [...files.matchAll(/`([^`]+)`/g)].flatMap(([, path = '']) =>
        existsSync(join(root, path)) ? [] : [`${page} names ${path}`]
      )
    )
  )
)

function resolved(path: string, target: string): string {
  return target.startsWith('.') ? posix.join(posix.dirname(path), target) : target
}

function compiled(path: string): string {
  return `dist/${path.replace(/\.ts$/, '.js')}`
}

/** The constant by which a contract exports a relation: `LOCAL_BODY` for `localBody`. */
function constantOf(name: string): string {
  return name.replace(/[A-Z]/g, '_$&').toUpperCase()
}

/** The package of a specifier. */
function packageOf(target: string): string {
  return target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/')
}

/** A source without comments and texts. */
function code(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$|'(?:[^'\\\n]|\\.)*'|`[^`]*`/gm, '')
}
