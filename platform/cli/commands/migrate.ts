import { migrations } from '../../data/migrations.ts'
import { withDeployment } from '../open.ts'
import { migrate } from '../../data/migrate.ts'
import { VERSION } from '../../../kernel/plugin/version.ts'
import type { CliCommand } from '../command.ts'

/** Brings the schema up. Safe to run from many places at once. */
export const migrateCommand: CliCommand = {
  name: 'migrate',
  summary: 'bring the database schema up to date',
  usage: command => command.option('--adopt', 'take over a database made by CARE').option('--dry-run', 'say what would be done'),
  run: (cli, args, options) =>
    withDeployment(cli, { only: ['database'] }, async kernel => {
      const { terminal } = cli
      const { database } = kernel.ports
      if (!database) {
        terminal.print('no enabled plugin keeps anything in a database')
        return 0
      }
      const dryRun = options.dryRun === true
      const { applied, recorded, differences } = await migrate(database.url, kernel.of(migrations), {
        version: VERSION,
        adopt: options.adopt === true,
        dryRun,
        onMigration: ({ owner, name }, baseline) => terminal.print(`${baseline ? 'recorded' : 'applied '}  ${owner}/${name}`)
      })
      if (dryRun) for (const { owner, name } of [...recorded, ...applied]) terminal.print(`pending   ${owner}/${name}`)
      for (const { table, what, expected, actual } of differences)
        terminal.print(`differs   ${table}: ${what}: expected ${expected}, found ${actual}`)
      terminal.print(
        dryRun
          ? `${applied.length} to apply, ${recorded.length} to record, ${differences.length} differences`
          : `${applied.length} applied, ${recorded.length} recorded, ${differences.length} differences`
      )
      return 0
    })
}
