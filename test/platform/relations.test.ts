import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { builtInPlugins } from 'care-kernel'
import { testKernel } from 'care-kernel/testing'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const plugins = await builtInPlugins()
const relations = plugins.flatMap(({ contract }) => Object.values(contract.relations))
const textsUnder = (folder: string, extension: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith(extension))
    .map(path => ({ path: `${folder}/${path}`, text: readFileSync(join(root, folder, path), 'utf8') }))
const sources = new Map(plugins.map(({ contract: { name } }) => [name, textsUnder(`plugins/${name}`, '.ts')]))

/** The name under which a contract exports a relation: `LOCAL_BODY` for `localBody`. */
const constantOf = (name: string) => name.replace(/[A-Z]/g, '_$&').toUpperCase()

t.test('no source of a plugin names a table of another one', async t => {
  const owners = new Map<string, string>()
  for (const { contract, models = [] } of plugins) for (const { table } of models) owners.set(table, contract.name)
  for (const { path, text } of textsUnder('migrations', '.sql'))
    for (const [, table = ''] of text.matchAll(/create table (?:if not exists )?(\w+)/g))
      owners.set(table, path.split('/')[1] ?? '')
  const names = new RegExp(`\\b(${[...owners.keys()].join('|')})\\b`, 'g')
  for (const [plugin, texts] of sources)
    for (const { path, text } of texts)
      for (const [table] of text.matchAll(names))
        if (owners.get(table) !== plugin) t.fail(`${path} names ${table} of ${owners.get(table)}: use a relation of its contract`)
  t.pass()
})

t.test('a plugin reads the relations that it declares, and no others', async t => {
  for (const { contract, reads = [] } of plugins) {
    const used = new Set<string>()
    for (const { path, text } of sources.get(contract.name) ?? [])
      if (!/\/(manifest|plugin)\.ts$/.test(path))
        for (const [, names = '', owner] of text.matchAll(/^import \{([^}]*)\} from 'care-kernel\/contracts\/([a-z-]+)'/gm))
          for (const relation of relations)
            if (relation.owner === owner && names.split(',').some(name => name.trim() === constantOf(relation.name)))
              used.add(`${owner}/${relation.name}`)
    t.same([...used].sort(), reads.map(({ owner, name }) => `${owner}/${name}`).sort(), contract.name)
  }
})

t.test('relations offer columns that exist, and readers use no others', async t => {
  const kernel = await testKernel(t, { plugins, role: null })
  await kernel.migrate()
  const rows = await kernel.sql<{ table: string; columns: string[] }>(
    `select table_name as table, array_agg(column_name::text) as columns from information_schema.columns
    where table_schema = current_schema() group by 1`
  )
  const columnsOf = new Map(rows.map(({ table, columns }) => [table, columns]))
  for (const { owner, name, table, columns } of relations)
    t.same(
      columns.filter(column => !columnsOf.get(table)?.includes(column)),
      [],
      `columns of ${owner}/${name}`
    )
  for (const { contract, reads = [] } of plugins)
    for (const { path, text } of sources.get(contract.name) ?? [])
      for (const { owner, name, table, columns } of reads) {
        // `${FACILITY} f` in SQL: every `f.<column>` of the file. An alias of two tables counts for both.
        const aliases = [...text.matchAll(new RegExp(`\\$\\{${constantOf(name)}\\} (\\w+)`, 'g'))].map(([, alias]) => alias)
        const used = aliases.flatMap(alias =>
          [...text.matchAll(new RegExp(`\\b${alias}\\.(\\w+)`, 'g'))].map(([, word = '']) => word)
        )
        for (const column of new Set(used))
          if (columnsOf.get(table)?.includes(column) && !columns.includes(column))
            t.fail(`${path} uses ${column}, which ${owner}/${name} does not offer`)
      }
})
