import { planKernel } from '../../../kernel/lifecycle/kernel.ts'
import { openDeployment } from '../open.ts'
import type { Cli, CliCommand } from '../main.ts'

/** The commands that enabled plugins add. They run with the ports open. When the config is broken, `quietly` gives none. */
export async function pluginCommands({ source }: Cli, quietly: boolean): Promise<CliCommand[]> {
  const { source: own, problems } = source()
  const planned = await planKernel(own, problems).catch(error => {
    if (quietly) return undefined
    throw error
  })
  return (planned?.composition.plugins ?? []).flatMap(({ name: owner, plugin }) =>
    Object.entries(plugin.commands ?? {}).map(([name, command]) => ({
      name,
      summary: command.summary,
      ...(command.usage ? { usage: command.usage } : {}),
      async run(cli: Cli, args: readonly string[], options: Readonly<Record<string, unknown>>) {
        const kernel = await openDeployment(cli)
        try {
          return await command.run(kernel.scopes.get(owner) ?? {}, args, options, cli.terminal)
        } finally {
          await kernel.stop()
        }
      }
    }))
  )
}
