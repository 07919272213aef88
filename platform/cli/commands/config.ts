import { parse } from 'yaml'
import { redact } from '../../../kernel/config/check.ts'
import { deploymentSchema } from '../config-schema.ts'
import { RootSchema } from '../../../kernel/config/schema.ts'
import { planDeployment } from '../open.ts'
import { stringify } from 'yaml'
import type { CliCommand } from '../command.ts'

/** The effective config with its secrets redacted, and the JSON Schema that editors use. */
export const configCommands: readonly CliCommand[] = [
  {
    name: 'config print',
    summary: 'print the effective config, secrets redacted',
    async run(cli) {
      const { root, plugins, gateways } = await planDeployment(cli)
      const shown = {
        ...(redact(RootSchema, root) as object),
        plugins: Object.fromEntries(
          plugins.map(({ name, plugin, settings }) => [name, plugin.config ? redact(plugin.config, settings) : {}])
        ),
        gateways: Object.fromEntries(
          [...gateways].map(([port, { gateway, settings }]) => [
            port,
            { use: gateway.name, ...(redact(gateway.config, settings) as object) }
          ])
        )
      }
      cli.terminal.print(stringify(parse(JSON.stringify(shown))).trimEnd())
      return 0
    }
  },
  {
    name: 'config schema',
    summary: 'print the JSON Schema of config files',
    async run({ terminal }) {
      terminal.print(JSON.stringify(await deploymentSchema(), null, 2))
      return 0
    }
  }
]
