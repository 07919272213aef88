import { builtInNames, loadGateway, loadPlugin } from '../../kernel/lifecycle/import-plugins.ts'
import type { Problem } from '../../kernel/plugin/problems.ts'
import { PORT_NAMES } from '../../kernel/ports/index.ts'
import { RootSchema } from '../../kernel/config/schema.ts'

/** The JSON Schema of a config file: the root, every built-in plugin and every built-in gateway of each port. */
export async function deploymentSchema(): Promise<object> {
  const ignored: Problem[] = []
  const plugins: Record<string, object> = {}
  const gateways = Object.fromEntries(PORT_NAMES.map(port => [port, [] as object[]]))
  for (const name of builtInNames()) {
    const plugin = await loadPlugin(name, import.meta.filename, ignored)
    if (plugin)
      plugins[name] = { ...(plugin.config ?? { type: 'object', additionalProperties: false }), description: plugin.summary }
    const gateway = plugin ? undefined : await loadGateway(name, import.meta.filename, ignored)
    if (gateway) gateways[gateway.port]?.push(chosen(gateway.name, gateway.summary, gateway.config))
  }
  const off = (schema: object) => ({ anyOf: [schema, { const: false }] })
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Care Kernel deployment',
    type: 'object',
    additionalProperties: false,
    properties: {
      extends: { type: 'string' },
      ...RootSchema.properties,
      plugins: {
        type: 'object',
        properties: Object.fromEntries(Object.entries(plugins).map(([name, schema]) => [name, off(schema)])),
        additionalProperties: { type: 'object' }
      },
      gateways: {
        type: 'object',
        additionalProperties: false,
        properties: Object.fromEntries(
          Object.entries(gateways).map(([port, options]) => [
            port,
            {
              anyOf: [
                ...options,
                { const: false },
                { type: 'object', properties: { use: { type: 'string' } }, required: ['use'] }
              ]
            }
          ])
        )
      }
    }
  }
}

function chosen(use: string, description: string, config: object): object {
  const { properties = {}, required = [] } = config as { properties?: object; required?: string[] }
  return {
    type: 'object',
    description,
    properties: { use: { const: use }, ...properties },
    required: ['use', ...required],
    additionalProperties: false
  }
}
