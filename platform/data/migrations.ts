import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Contribution } from '../../kernel/contributions/contribution.ts'
import { refuse } from '../../kernel/plugin/problems.ts'
import { migrationState, stateProblems, type Migration } from './migrate.ts'

const KERNEL_FOLDER = new URL('../../migrations/kernel/', import.meta.url)
const NAME = /^\d{4}_[a-z0-9-]+(?:\.when-([a-z0-9-]+))?\.sql$/

/** All migrations in the order in which they run: kernel, plugins in dependency order, then those that wait for another plugin. */
export const migrations: Contribution<readonly Migration[]> = {
  name: 'migrations',
  ports: ({ migrations }) => (migrations ? ['database'] : []),
  collect(plugins, { problems }) {
    const enabled = new Set(plugins.map(({ name }) => name))
    const folders: [string, URL][] = [['kernel', KERNEL_FOLDER]]
    for (const { name, plugin } of plugins) if (plugin.migrations) folders.push([name, plugin.migrations])
    const found = folders.flatMap(([owner, folder]) => {
      if (!existsSync(folder)) {
        problems.push({
          code: 'MIGRATION_INVALID',
          owner,
          fact: `the folder ${fileURLToPath(folder)} is not there`,
          remedy: 'ship it with the package, or leave `migrations` out'
        })
        return []
      }
      return readdirSync(folder)
        .filter(name => name.endsWith('.sql'))
        .sort()
        .flatMap(name => {
          const match = NAME.exec(name)
          if (match) return [readMigration(owner, folder, name, match[1])]
          problems.push({
            code: 'MIGRATION_INVALID',
            owner,
            fact: `${name} is not a migration's name`,
            remedy: 'name it 0001_what-it-does.sql, or 0001_what-it-does.when-<plugin>.sql'
          })
          return []
        })
    })
    return [...found.filter(({ when }) => !when), ...found.filter(({ when }) => when && enabled.has(when))]
  },
  describe: collected => ({ migrations: collected.map(({ owner, name }) => `${owner}/${name}`) }),
  /** Throws MIGRATIONS_PENDING and MIGRATION_CHANGED: nothing starts on a schema that is not its own. */
  async start(collected, { ports: { database } }) {
    if (database) refuse('Cannot start', stateProblems(await migrationState(database.url, collected)))
    return undefined
  }
}

function readMigration(owner: string, folder: URL, name: string, when: string | undefined): Migration {
  const sql = readFileSync(new URL(name, folder), 'utf8')
  return {
    owner,
    name,
    when,
    baseline: sql.startsWith('-- baseline'),
    sql,
    checksum: createHash('sha256').update(sql).digest('hex')
  }
}
