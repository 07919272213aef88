import { claim, type Contribution } from '../contributions/contribution.ts'
import type { Command } from '../plugin/deployment.ts'
import type { UntypedScope } from '../plugin/plugin.ts'
import { withDeadline } from './deadline.ts'

// What plugins contribute to the host itself.

const START_SECONDS = 30

/** `start` and `stop` of the plugins, in dependency order. */
export const startHooks: Contribution = {
  name: 'start hooks',
  collect: () => undefined,
  async start(_, { plugins, scopes }, onStop) {
    for (const { name, plugin } of plugins) {
      const scope = scopes.get(name) ?? {}
      const { stop } = plugin
      if (plugin.start) await withDeadline(plugin.start(scope), START_SECONDS, name)
      if (stop) onStop(name, () => stop(scope))
    }
    return undefined
  }
}

export interface OwnedCommand {
  readonly owner: string
  readonly command: Command<UntypedScope>
}

/** Commands by name; each has one owner. */
export const commands: Contribution<ReadonlyMap<string, OwnedCommand>> = {
  name: 'commands',
  collect(plugins, { problems }) {
    const commands = new Map<string, OwnedCommand>()
    for (const { name: owner, plugin } of plugins)
      for (const [name, command] of Object.entries(plugin.commands ?? {}))
        claim(
          commands,
          name,
          { owner, command },
          first => ({
            code: 'DUPLICATE_COMMAND',
            owner,
            fact: `the command "${name}" is already declared by "${first}"`,
            remedy: 'give it another name'
          }),
          problems
        )
    return commands
  },
  describe: commands => ({
    commands: [...commands].map(([command, { owner }]) => ({ command, owner })).sort((a, b) => a.command.localeCompare(b.command))
  })
}
