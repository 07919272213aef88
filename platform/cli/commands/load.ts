import { loadFixtures } from '../../care/fixtures.ts'
import { withDeployment } from '../open.ts'
import type { CliCommand } from '../command.ts'

/** Django fixtures, all files in one transaction. */
export const loadCommand: CliCommand = {
  name: 'load',
  summary: 'load Django fixtures, all or nothing',
  usage: command =>
    command.argument('<file...>', 'JSON files').option('--strict', 'refuse rows whose model no enabled plugin owns'),
  run: (cli, files, options) =>
    withDeployment(cli, {}, async kernel => {
      const { loaded, skipped } = await loadFixtures(kernel, files, { strict: options.strict === true, terminal: cli.terminal })
      for (const [model, count] of Object.entries(skipped))
        cli.terminal.print(`left out  ${count} of ${model}: no enabled plugin owns it`)
      cli.terminal.print(`${loaded} rows loaded from ${files.length} files`)
      return 0
    })
}
