import { commands } from '../../../kernel/lifecycle/own-contributions.ts'
import { planDeployment, withDeployment } from '../open.ts'
import type { Cli, CliCommand } from '../command.ts'

/** The commands that enabled plugins add. They run with the ports open. When the config is broken, `quietly` gives none. */
export async function pluginCommands(cli: Cli, quietly: boolean): Promise<CliCommand[]> {
  const planned = await planDeployment(cli).catch(error => {
    if (quietly) return undefined
    throw error
  })
  return [...(planned?.of(commands) ?? [])].map(([name, { owner, command }]) => ({
    name,
    summary: command.summary,
    ...(command.usage ? { usage: command.usage } : {}),
    run: (cli: Cli, args: readonly string[], options: Readonly<Record<string, unknown>>) =>
      withDeployment(cli, {}, ({ scopes }) => command.run(scopes.get(owner) ?? {}, args, options, cli.terminal))
  }))
}
