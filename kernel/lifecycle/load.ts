import { satisfies } from 'semver'
import { Type, type TSchema } from 'typebox'
import { checkSecrets, checkValues } from '../config/check.ts'
import { RootSchema, type RawConfig, type RootConfig } from '../config/schema.ts'
import type { Contribution, PlannedPlugin } from '../contributions/contribution.ts'
import type { Gateway } from '../plugin/gateway.ts'
import type { Plugin } from '../plugin/plugin.ts'
import type { Problem } from '../plugin/problems.ts'
import { VERSION } from '../plugin/version.ts'
import { PORT_NAMES, type PortName } from '../ports/index.ts'
import { sort } from './graph.ts'
import { loadGateway, loadPlugin } from './import-plugins.ts'

/** Where a deployment comes from: a read config, and plugins and gateways that are already imported (tests, embedding). */
export interface Source {
  readonly raw: RawConfig
  readonly plugins?: Readonly<Record<string, Plugin>>
  readonly gateways?: Readonly<Record<string, Gateway>>
}

export interface ChosenGateway {
  readonly gateway: Gateway
  readonly settings: unknown
}

/** What a config names: everything imported, in order, with checked settings. */
export interface LoadedDeployment {
  readonly raw: RawConfig
  readonly root: RootConfig
  readonly plugins: readonly PlannedPlugin[]
  readonly gateways: ReadonlyMap<PortName, ChosenGateway>
}

/** load → order → configure. Touches no network; every problem is added to `problems`. */
export async function load(
  source: Source,
  contributions: readonly Contribution[],
  problems: Problem[]
): Promise<LoadedDeployment> {
  const {
    plugins: named = {},
    gateways: chosen = {},
    ...rest
  } = source.raw.values as { plugins?: Record<string, unknown>; gateways?: Record<string, unknown> }
  const root = checkValues(RootSchema, rest, 'config', problems) as RootConfig
  const production = root.environment === 'production'
  if (production) checkSecrets(RootSchema, root, 'config', problems)

  const loaded: PlannedPlugin[] = []
  for (const [key, values] of Object.entries(named)) {
    const plugin = source.plugins?.[key] ?? (await loadPlugin(key, source.raw.file, problems))
    if (!plugin) continue
    const { name } = plugin.contract
    if (loaded.some(other => other.name === name))
      problems.push({
        code: 'DUPLICATE_PLUGIN',
        owner: name,
        fact: `"${key}" is a second plugin of this name`,
        remedy: 'enable one of them'
      })
    else loaded.push({ name, plugin, settings: settingsOf(plugin.config, values, name, production, problems) })
    if (!satisfies(VERSION, plugin.kernel))
      problems.push({
        code: 'KERNEL_VERSION_MISMATCH',
        owner: name,
        fact: `needs kernel ${plugin.kernel}, this is ${VERSION}`,
        remedy: 'install a version of the plugin made for this kernel'
      })
  }
  const plugins = inOrder(loaded, problems)
  const needed = neededPorts(plugins, contributions)
  const gateways = await chooseGateways(source, chosen, needed, root, problems)
  return { raw: source.raw, root, plugins, gateways }
}

/** The needed ports with the plugins that need them: what plugins declare, and what the kinds need that they contribute. */
function neededPorts(
  plugins: readonly PlannedPlugin[],
  contributions: readonly Contribution[]
): ReadonlyMap<PortName, readonly string[]> {
  const needed = new Map<PortName, string[]>()
  for (const { name, plugin } of plugins) {
    const byKind = contributions.flatMap(contribution => contribution.ports?.(plugin) ?? [])
    for (const port of new Set([...(plugin.ports ?? []), ...byKind])) needed.set(port, [...(needed.get(port) ?? []), name])
  }
  return needed
}

function inOrder(loaded: readonly PlannedPlugin[], problems: Problem[]): PlannedPlugin[] {
  const byName = new Map(loaded.map(entry => [entry.name, entry]))
  const { order, missing, cycles } = sort(
    loaded.map(({ name, plugin }) => ({
      name,
      needs: (plugin.requires ?? []).map(contract => contract.name),
      after: (plugin.optional ?? []).map(contract => contract.name)
    }))
  )
  for (const { name, needs } of missing)
    problems.push({
      code: 'REQUIRED_PLUGIN_MISSING',
      owner: name,
      fact: `requires "${needs}", which is not enabled`,
      remedy: `add  ${needs}: {}  under plugins, or remove ${name}`
    })
  for (const cycle of cycles)
    problems.push({
      code: 'DEPENDENCY_CYCLE',
      owner: cycle.join(' → '),
      fact: 'they need each other, so none can be first',
      remedy: 'let one of them fill a slot or a hook of the other: requires is for calls only'
    })
  for (const { name, plugin } of loaded) {
    for (const contract of [...(plugin.requires ?? []), ...(plugin.optional ?? []), ...(plugin.extends ?? [])]) {
      const actual = byName.get(contract.name)?.plugin.contract.version
      if (actual !== undefined && actual !== contract.version)
        problems.push({
          code: 'CONTRACT_VERSION_MISMATCH',
          owner: name,
          fact: `was written for version ${contract.version} of the contract of "${contract.name}", which is at ${actual}`,
          remedy: 'install matching versions of both'
        })
    }
  }
  return order.flatMap(name => byName.get(name) ?? [])
}

async function chooseGateways(
  source: Source,
  chosen: Record<string, unknown>,
  needed: ReadonlyMap<PortName, readonly string[]>,
  root: RootConfig,
  problems: Problem[]
): Promise<Map<PortName, ChosenGateway>> {
  const result = new Map<PortName, ChosenGateway>()
  for (const port of Object.keys(chosen))
    if (!PORT_NAMES.includes(port as PortName))
      problems.push({
        code: 'CONFIG_UNKNOWN_KEY',
        owner: 'config',
        fact: `"gateways.${port}" is not known`,
        remedy: `use one of ${PORT_NAMES.join(', ')}`
      })
  for (const [port, askers] of needed) {
    const entry = chosen[port] as { use?: unknown } | undefined
    if (typeof entry?.use !== 'string') {
      problems.push({
        code: 'GATEWAY_MISSING',
        owner: port,
        fact: `needed by ${askers.join(', ')}, but no gateway is chosen`,
        remedy: `add  ${port}: { use: … }  under gateways`
      })
      continue
    }
    const { use, ...values } = entry
    const gateway = source.gateways?.[use] ?? (await loadGateway(use, source.raw.file, problems))
    if (!gateway) continue
    if (gateway.port !== port)
      problems.push({
        code: 'GATEWAY_WRONG_PORT',
        owner: gateway.name,
        fact: `serves ${gateway.port}, not ${port}`,
        remedy: `use it under gateways.${gateway.port}`
      })
    if (!gateway.shared && root.server.processes !== 1)
      problems.push({
        code: 'GATEWAY_UNSUITABLE',
        owner: gateway.name,
        fact: `cannot be shared by ${root.server.processes === 'auto' ? 'several' : root.server.processes} processes`,
        remedy: `choose a shared gateway for ${port}, or set server.processes to 1`
      })
    result.set(port, {
      gateway,
      settings: settingsOf(gateway.config, values, gateway.name, root.environment === 'production', problems)
    })
  }
  return result
}

function settingsOf(
  schema: TSchema | undefined,
  values: unknown,
  owner: string,
  production: boolean,
  problems: Problem[]
): unknown {
  const known = schema ?? Type.Object({}, { additionalProperties: false })
  const settings = checkValues(known, values ?? {}, owner, problems)
  if (production) checkSecrets(known, settings, owner, problems)
  return settings
}
