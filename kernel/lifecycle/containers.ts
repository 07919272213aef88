import type { PermissionChecks } from '../plugin/access.ts'
import type { ClassedColumn } from '../plugin/models.ts'
import { asClass, asFunction, asValue, createContainer, InjectionMode } from 'awilix'
import type { Deployment } from '../plugin/deployment.ts'
import { slotExpressions, type EventPart } from '../../platform/jobs/events.ts'
import type { Loaded } from '../contributions/contribution.ts'
import { messageOf, type Problem } from '../plugin/problems.ts'
import type { Outbox } from '../../platform/jobs/outbox.ts'
import type { LooseScope } from '../plugin/plugin.ts'
import type { Writes } from '../plugin/repository.ts'
import type { Clock } from '../ports/clock.ts'
import type { Queryable } from '../ports/database.ts'
import type { Ports } from '../ports/index.ts'
import type { Logger } from '../ports/logger.ts'

/** What the kernel gives out of its own: the same for every plugin. */
export interface Common {
  readonly clock: Clock
  readonly logger: Logger
  readonly deployment: Deployment
  readonly permissions: PermissionChecks
  readonly columns: readonly ClassedColumn[]
  readonly model: (definition: never) => unknown
  readonly repository: (definition: never) => unknown
  readonly writes: Writes
  readonly outbox: Outbox
}

/**
 * One strict Awilix container per plugin, services built once. A name the plugin did not declare does not resolve. The result
 * is a plain frozen object per plugin: what handlers get costs a property read.
 */
export function buildScopes(
  plugins: readonly Loaded[],
  ports: Partial<Ports>,
  common: Common,
  events: EventPart,
  problems: Problem[]
): ReadonlyMap<string, LooseScope> {
  const scopes = new Map<string, LooseScope>()
  const provided = new Map<string, LooseScope>()
  for (const loaded of plugins) {
    const { name, plugin } = loaded
    const values: Record<string, unknown> = {
      ...given(loaded, ports, common),
      hooks: hookCalls(loaded, events, plugins, scopes),
      slots: slotExpressions(events, plugin, scopes)
    }
    for (const { name: other } of [...(plugin.requires ?? []), ...(plugin.optional ?? [])]) values[other] = provided.get(other)

    const container = createContainer({ strict: true, injectionMode: InjectionMode.PROXY })
    for (const [key, value] of Object.entries(values)) container.register(key, asValue(value))
    for (const [key, service] of Object.entries(plugin.services ?? {}))
      container.register(
        key,
        isClass(service) ? asClass(service).singleton() : asFunction(service as (scope: object) => object).singleton()
      )
    const services: Record<string, unknown> = {}
    for (const key of Object.keys(plugin.services ?? {})) {
      try {
        services[key] = container.resolve(key)
      } catch (cause) {
        problems.push({
          code: 'SERVICE_FAILED',
          owner: name,
          fact: `${key}: ${messageOf(cause)}`,
          remedy: 'a service may take only what its plugin declares, and does no work in its constructor',
          cause
        })
      }
    }
    scopes.set(name, Object.freeze({ ...values, ...services }))
    provided.set(name, Object.freeze(services))
  }
  return scopes
}

function given(
  { name, plugin, settings }: Loaded,
  ports: Partial<Ports>,
  { outbox, logger, ...common }: Common
): Record<string, unknown> {
  return {
    ...common,
    ...Object.fromEntries((plugin.ports ?? []).map(port => [port, ports[port]])),
    config: settings,
    logger: logger.child({ plugin: name }),
    emit: outbox.emitter(name),
    enqueue: outbox.enqueuer(name),
    enqueueAll: outbox.batcher(name)
  }
}

/** Calls every subscriber of the plugin's hooks in dependency order, one after the other: they share a transaction. */
function hookCalls(
  { name, plugin }: Loaded,
  events: EventPart,
  plugins: readonly Loaded[],
  scopes: ReadonlyMap<string, LooseScope>
): Record<string, unknown> {
  return Object.fromEntries(
    plugin.contract.hooks.map(hook => {
      const key = `${name}/${hook}`
      const handlers = (events.hooks.get(key) ?? []).map(owner => ({
        owner,
        handle: plugins.find(loaded => loaded.name === owner)?.plugin.hooks?.[key]
      }))
      return [
        hook,
        async (tx: Queryable, payload: unknown) => {
          const answers: unknown[] = []
          for (const { owner, handle } of handlers) answers.push(await handle?.(tx, payload, scopes.get(owner) ?? {}))
          return answers
        }
      ]
    })
  )
}

function isClass(value: unknown): value is new (scope: object) => object {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value))
}
