import { openApiOf } from '../open.ts'
import type { CliCommand } from '../command.ts'

/** The OpenAPI document of what would be mounted, without a database. */
export const openapiCommand: CliCommand = {
  name: 'openapi',
  summary: 'print the OpenAPI document of this config',
  async run(cli) {
    cli.terminal.print(JSON.stringify(await openApiOf(cli), null, 2))
    return 0
  }
}
