import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { builtInPlugins } from 'care-kernel'
import { testKernel } from 'care-kernel/testing'

const root = fileURLToPath(new URL('../../../plugins/', import.meta.url))
const plugins = await builtInPlugins()

/** The constant by which a contract exports a relation: `LOCAL_BODY` for `localBody`. */
const constantOf = (name: string) => name.replace(/[A-Z]/g, '_$&').toUpperCase()

t.test('relations offer columns that exist, and readers use no others', async t => {
  const kernel = await testKernel(t, { plugins, role: null })
  await kernel.migrate()
  const rows = await kernel.sql<{ table: string; columns: string[] }>(
    `select table_name as table, array_agg(column_name::text) as columns from information_schema.columns
    where table_schema = current_schema() group by 1`
  )
  const columnsOf = new Map(rows.map(({ table, columns }) => [table, columns]))
  for (const { contract } of plugins)
    for (const { owner, name, table, columns } of Object.values(contract.relations))
      t.same(
        columns.filter(column => !columnsOf.get(table)?.includes(column)),
        [],
        `columns of ${owner}/${name}`
      )
  for (const { contract, reads = [] } of plugins)
    for (const path of readdirSync(join(root, contract.name), { recursive: true, encoding: 'utf8' })) {
      if (!path.endsWith('.ts')) continue
      const text = readFileSync(join(root, contract.name, path), 'utf8')
      for (const { owner, name, table, columns } of reads) {
        // `${FACILITY} f` in SQL: every `f.<column>` of the file. An alias of two tables counts for both.
        const aliases = [...text.matchAll(new RegExp(`\\$\\{${constantOf(name)}\\} (\\w+)`, 'g'))].map(([, alias]) => alias)
        const used = aliases.flatMap(alias =>
          [...text.matchAll(new RegExp(`\\b${alias}\\.(\\w+)`, 'g'))].map(([, word = '']) => word)
        )
        for (const column of new Set(used))
          if (columnsOf.get(table)?.includes(column) && !columns.includes(column))
            t.fail(`${contract.name}/${path} uses ${column}, which ${owner}/${name} does not offer`)
      }
    }
})
