import { hint, type Contribution } from '../../kernel/contributions/contribution.ts'
import type { Plugin } from '../../kernel/plugin/plugin.ts'

/** A table of one plugin that SQL of others uses. */
export interface ReadRelation {
  readonly table: string
  readonly readBy: readonly string[]
}

/** Relations `<plugin>/<relation>` that are read, with their readers in dependency order. */
export type CollectedRelations = ReadonlyMap<string, ReadRelation>

/** Tables that plugins offer to each other's SQL, and the plugins that read them. */
export const relations: Contribution<CollectedRelations> = {
  name: 'relations',
  collect(plugins, { problems }) {
    const byName = new Map(plugins.map(({ name, plugin }) => [name, plugin]))
    const read = new Map<string, ReadRelation>()
    for (const { name: reader, plugin } of plugins)
      for (const { owner, name, table } of plugin.reads ?? []) {
        const key = `${owner}/${name}`
        const offered = byName.get(owner)?.contract.relations
        if (!namedContracts(plugin).has(owner))
          problems.push({
            code: 'RELATION_UNKNOWN',
            owner: reader,
            fact: `reads ${key}, and does not name the contract of ${owner}`,
            remedy: `add ${owner} to its requires, optional or extends`
          })
        else if (offered && offered[name]?.table !== table)
          problems.push({
            code: 'RELATION_UNKNOWN',
            owner: reader,
            fact: `reads ${key} (${table}), which ${owner} does not offer`,
            remedy: hint(Object.keys(offered), name)
          })
        else if (offered) read.set(key, { table, readBy: [...(read.get(key)?.readBy ?? []), reader] })
      }
    return read
  },
  describe: collected => ({
    relations: [...collected]
      .map(([relation, { table, readBy }]) => ({ relation, table, readBy }))
      .sort((a, b) => a.relation.localeCompare(b.relation))
  })
}

const namedContracts = ({ requires = [], optional = [], extends: extended = [] }: Plugin): ReadonlySet<string> =>
  new Set([...requires, ...optional, ...extended].map(({ name }) => name))
