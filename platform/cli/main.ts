import { fileURLToPath } from 'node:url'
import { Command, CommanderError } from 'commander'
import { readConfig } from '../../kernel/config/read.ts'
import { messageOf, ProblemsError, type Problem } from '../../kernel/plugin/problems.ts'
import { VERSION } from '../../kernel/plugin/version.ts'
import type { Cli, CliCommand } from './command.ts'
import { configCommands } from './commands/config.ts'
import { doctorCommand } from './commands/doctor.ts'
import { jobCommands } from './commands/jobs.ts'
import { loadCommand } from './commands/load.ts'
import { migrateCommand } from './commands/migrate.ts'
import { openapiCommand } from './commands/openapi.ts'
import { planCommand } from './commands/plan.ts'
import { pluginCommands } from './commands/plugin-commands.ts'
import { newPluginCommand } from './commands/plugin-new.ts'
import { sqlCommand } from './commands/sql.ts'
import { startCommand } from './commands/start.ts'
import { makeTerminal, type CliTerminal } from './terminal.ts'

const DEFAULT_CONFIG = fileURLToPath(new URL('../../../config/default.yaml', import.meta.url))
const COMMANDS: readonly CliCommand[] = [
  startCommand,
  planCommand,
  migrateCommand,
  loadCommand,
  doctorCommand,
  ...jobCommands,
  ...configCommands,
  openapiCommand,
  sqlCommand,
  newPluginCommand
]

/** Runs one command line; the exit code. Prints problems as a report; a stack only with CARE_DEBUG. */
export async function run(
  argv: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
  terminal: CliTerminal = makeTerminal()
): Promise<number> {
  const configFile = optionOf(argv, '--config') ?? env.CARE_CONFIG ?? DEFAULT_CONFIG
  const cli: Cli = {
    terminal,
    env,
    configFile,
    source() {
      const problems: Problem[] = []
      return { source: { raw: readConfig(configFile, env, problems) }, problems }
    }
  }
  let code = 0
  const program = new Command('care-kernel')
    .version(VERSION)
    .description('Runs hospitals: features and gateways are plugins, chosen in one config file')
    .option('--config <file>', 'config file (or CARE_CONFIG)', DEFAULT_CONFIG)
    .exitOverride()
    .configureOutput({ writeOut: text => terminal.print(text.trimEnd()), writeErr: text => terminal.warn(text.trimEnd()) })
  try {
    const first = argv.filter((word, index) => !word.startsWith('-') && argv[index - 1] !== '--config')[0]
    const own = COMMANDS.some(({ name }) => name.split(' ')[0] === first)
    const commands = own ? COMMANDS : [...COMMANDS, ...(await pluginCommands(cli, first === undefined || first === 'help'))]
    for (const command of commands)
      add(program, command, async (args, options) => {
        code = await command.run(cli, args, options)
      })
    await program.parseAsync([...argv], { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    terminal.warn(
      error instanceof ProblemsError
        ? error.message
        : env.CARE_DEBUG && error instanceof Error
          ? (error.stack ?? error.message)
          : `care-kernel: ${messageOf(error)}`
    )
    return 1
  }
}

function add(
  program: Command,
  { name, summary, usage }: CliCommand,
  action: (args: string[], options: Record<string, unknown>) => Promise<void>
): void {
  const words = name.split(' ')
  const parent = words
    .slice(0, -1)
    .reduce(
      (at, word) =>
        at.commands.find(command => command.name() === word) ?? at.command(word).description(`${word} …`).exitOverride(),
      program
    )
  const command = parent
    .command(words.at(-1) ?? name)
    .description(summary)
    .exitOverride()
  command.option('--config <file>', 'config file (or CARE_CONFIG)')
  usage?.(command)
  command.action(async () =>
    action(
      command.processedArgs.flat().filter((arg): arg is string => typeof arg === 'string'),
      command.opts()
    )
  )
}

function optionOf(argv: readonly string[], name: string): string | undefined {
  const at = argv.indexOf(name)
  return at >= 0 ? argv[at + 1] : argv.find(word => word.startsWith(`${name}=`))?.slice(name.length + 1)
}
