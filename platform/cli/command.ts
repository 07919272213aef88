import type { Command } from 'commander'
import type { Source } from '../../kernel/lifecycle/load.ts'
import type { Problem } from '../../kernel/plugin/problems.ts'
import type { CliTerminal } from './terminal.ts'

/** What every command gets: the terminal, and the config it was asked to run with. */
export interface Cli {
  readonly terminal: CliTerminal
  readonly env: NodeJS.ProcessEnv
  readonly configFile: string
  /** The config as read, with the problems of reading it. */
  source(): { source: Source; problems: Problem[] }
}

/** Adds one command to the program. `run` resolves with the exit code: 0 fine, 1 problems found, 2 wrong use. */
export interface CliCommand {
  readonly name: string
  readonly summary: string
  readonly usage?: (command: Command) => void
  readonly run: (cli: Cli, args: readonly string[], options: Readonly<Record<string, unknown>>) => Promise<number>
}
