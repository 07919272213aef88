import { asClass, asFunction, asValue, createContainer, InjectionMode } from 'awilix'
import type { Contribution, PlannedPlugin, Planning } from '../contributions/contribution.ts'
import type { UntypedScope } from '../plugin/plugin.ts'
import { messageOf } from '../plugin/problems.ts'
import { deploymentOf } from './deployment.ts'

/**
 * Builds the scope of each plugin into `scopes`: one strict Awilix container per plugin, its services built once. A name the plugin did
 * not declare does not resolve. A scope is a plain frozen object: what handlers take from it costs a property read.
 */
export function buildScopes(contributions: readonly Contribution[], planning: Planning, scopes: Map<string, UntypedScope>): void {
  const { plugins, problems, ports, clock, logger, root } = planning
  const deployment = deploymentOf(root)
  const provided = contributions.flatMap(contribution => {
    const provide = contribution.provide?.(planning.of(contribution), planning)
    return provide ? [provide] : []
  })
  const services = new Map<string, UntypedScope>()

  for (const planned of plugins) {
    const { name, plugin, settings } = planned
    const others = [...(plugin.requires ?? []), ...(plugin.optional ?? [])]
    const values: Record<string, unknown> = Object.assign(
      { clock, deployment, config: settings, logger: logger.child({ plugin: name }) },
      Object.fromEntries((plugin.ports ?? []).map(port => [port, ports[port]])),
      ...provided.map(provide => provide(planned)),
      Object.fromEntries(others.map(contract => [contract.name, services.get(contract.name)]))
    ) as Record<string, unknown>
    const own = buildServices(planned, values, problems)
    scopes.set(name, Object.freeze({ ...values, ...own }))
    services.set(name, Object.freeze(own))
  }
}

function buildServices(
  { name: owner, plugin }: PlannedPlugin,
  values: Readonly<Record<string, unknown>>,
  problems: Planning['problems']
): Record<string, unknown> {
  const container = createContainer({ strict: true, injectionMode: InjectionMode.PROXY })
  for (const [key, value] of Object.entries(values)) container.register(key, asValue(value))
  for (const [key, service] of Object.entries(plugin.services ?? {}))
    container.register(
      key,
      isClass(service) ? asClass(service).singleton() : asFunction(service as (scope: object) => object).singleton()
    )
  const built: Record<string, unknown> = {}
  for (const key of Object.keys(plugin.services ?? {})) {
    try {
      built[key] = container.resolve(key)
    } catch (cause) {
      problems.push({
        code: 'SERVICE_FAILED',
        owner,
        fact: `${key}: ${messageOf(cause)}`,
        remedy: 'a service may take only what its plugin declares, and does no work in its constructor',
        cause
      })
    }
  }
  return built
}

function isClass(value: unknown): value is new (scope: object) => object {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value))
}
