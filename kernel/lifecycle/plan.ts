import type { Contribution, Opened, Planning, PlanSections, Role } from '../contributions/contribution.ts'
import type { RootConfig } from '../config/schema.ts'
import type { UntypedScope } from '../plugin/plugin.ts'
import { refuse, type Problem } from '../plugin/problems.ts'
import { VERSION } from '../plugin/version.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import { PORT_NAMES, type PortName, type Ports } from '../ports/index.ts'
import { deferPort, type DeferredPort } from './deferred-port.ts'
import { deploymentOf } from './deployment.ts'
import { load, type LoadedDeployment, type Source } from './load.ts'
import { buildScopes } from './scopes.ts'
import { systemClock } from './system-clock.ts'

export interface PlanOptions {
  /** `all` by default. A function where the config decides. */
  readonly role?: Role | ((root: RootConfig) => Role)
  readonly clock?: Clock
  readonly logger: (root: RootConfig) => Logger
  /** Of reading the config; reported with those found here. */
  readonly problems?: readonly Problem[]
}

/** What will exist, as plain data: sorted, stable, without secrets. */
export interface Plan {
  readonly kernel: string
  readonly deployment: string
  readonly environment: string
  readonly plugins: readonly {
    readonly plugin: string
    readonly version: string
    readonly summary: string
    readonly requires: readonly string[]
  }[]
  readonly gateways: readonly { readonly port: string; readonly gateway: string }[]
  /** The sections of every contribution by heading, in the order of the array. */
  readonly [heading: string]: unknown
}

/** A deployment with everything built and mounted, and every port closed. It can be opened once. */
export interface PlannedKernel extends LoadedDeployment, Omit<Planning, 'problems'> {
  readonly contributions: readonly Contribution[]
  readonly plan: Plan
  readonly deferred: ReadonlyMap<PortName, DeferredPort<Ports[PortName]>>
  /** Connects what was mounted with the opened deployment. */
  attach(opened: Opened): void
}

/** Without its files there is no config in which to find anything else. */
const UNREADABLE = new Set(['CONFIG_NOT_FOUND', 'CONFIG_UNREADABLE'])

/**
 * load → order → configure → collect → build → mount → describe. Touches no network. Throws ProblemsError with everything that is wrong.
 * What is planned here is what `openKernel` opens: scopes are built and routes are mounted once.
 */
export async function planKernel(
  source: Source,
  contributions: readonly Contribution[],
  options: PlanOptions
): Promise<PlannedKernel> {
  const { role = 'all', clock = systemClock() } = options
  const problems = [...(options.problems ?? [])]
  if (problems.some(({ code }) => UNREADABLE.has(code))) refuse('Cannot start', problems)
  const loaded = await load(source, contributions, problems)

  const { root, plugins, gateways } = loaded
  // Settings are only meaningful without problems; without constants the ports suffice to collect.
  const deferred = new Map(
    PORT_NAMES.flatMap(name => {
      const chosen = gateways.get(name)
      const constants = problems.length > 0 ? {} : chosen?.gateway.constants?.(chosen.settings, deploymentOf(root))
      return chosen ? [[name, deferPort<Ports[PortName]>(name, constants)] as const] : []
    })
  )
  const collected = new Map<Contribution, unknown>()
  const scopes = new Map<string, UntypedScope>()
  let attached: Opened | undefined
  const planning: Planning = {
    root,
    role: typeof role === 'function' ? role(root) : role,
    plugins,
    ports: Object.fromEntries([...deferred].map(([name, { port }]) => [name, port])),
    scopes,
    clock,
    logger: options.logger(root),
    problems,
    of<Collected>(contribution: Contribution<Collected>) {
      if (!collected.has(contribution)) throw new Error(`${contribution.name} is not collected yet, or not in the array`)
      return collected.get(contribution) as Collected
    }
  }
  for (const contribution of contributions) collected.set(contribution, await contribution.collect(plugins, planning))
  refuse('Cannot start', problems)
  buildScopes(contributions, planning, scopes)
  for (const contribution of contributions)
    await contribution.mount?.(planning.of(contribution), planning, () => {
      if (!attached) throw new Error(`${contribution.name} asks for the opened deployment before it is open`)
      return attached
    })
  refuse('Cannot start', problems)
  return {
    ...loaded,
    ...planning,
    contributions,
    deferred,
    plan: describe(loaded, contributions, planning),
    attach: opened => (attached = opened)
  }
}

function describe({ root, plugins, gateways }: LoadedDeployment, contributions: readonly Contribution[], { of }: Planning): Plan {
  return {
    kernel: VERSION,
    deployment: root.deployment,
    environment: root.environment,
    plugins: plugins.map(({ name, plugin }) => ({
      plugin: name,
      version: plugin.version,
      summary: plugin.summary,
      requires: (plugin.requires ?? []).map(contract => contract.name).sort()
    })),
    gateways: [...gateways]
      .map(([port, { gateway }]) => ({ port, gateway: gateway.name }))
      .sort((a, b) => a.port.localeCompare(b.port)),
    ...(Object.assign({}, ...contributions.map(contribution => contribution.describe?.(of(contribution)))) as PlanSections)
  }
}
