import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { PortName, Ports } from '../ports/index.ts'
import type { RootConfig } from '../config/schema.ts'
import type { GatewayContext } from '../plugin/gateway.ts'
import type { Plugin, UntypedScope } from '../plugin/plugin.ts'
import type { Problem } from '../plugin/problems.ts'

/** What a process does. `background` is everything but `web`: for the process beside the web processes of one machine. */
export type Role = 'web' | 'worker' | 'scheduler' | 'all' | 'background'

/** An enabled plugin, in dependency order, with its checked settings. */
export interface PlannedPlugin {
  readonly name: string
  readonly plugin: Plugin
  readonly settings: unknown
}

/** Rows of the plan by heading: plain data, sorted, without secrets. */
export type PlanSections = Readonly<Record<string, readonly unknown[]>>

/** Answers a question about one part of the process: resolves when it is well, rejects otherwise. */
export type HealthCheck = () => Promise<void>

/** What `start` of a contribution offers to others. */
export interface Running {
  /** Checks by the name of the part. */
  readonly health?: Readonly<Record<string, HealthCheck>>
}

/** What is known while the plan is made. Ports exist already; a call throws before their gateway is open. */
export interface Planning {
  readonly root: RootConfig
  readonly role: Role
  readonly plugins: readonly PlannedPlugin[]
  /** The ports for which a gateway is chosen. */
  readonly ports: Partial<Ports>
  /** Of each plugin, in order; a scope is there once its plugin has been built. */
  readonly scopes: ReadonlyMap<string, UntypedScope>
  readonly clock: Clock
  readonly logger: Logger
  readonly problems: Problem[]
  /** What a contribution has collected. Throws for one that is not in the array or comes later in it. */
  of<Collected>(contribution: Contribution<Collected>): Collected
}

/** A deployment whose ports are open. */
export interface Opened extends Omit<Planning, 'problems'> {
  /** What `start` of a contribution returned; undefined before it has started. */
  running<R extends Running>(contribution: Contribution<unknown, R>): R | undefined
  /** The checks of everything that runs. */
  health(): Readonly<Record<string, HealthCheck>>
}

/** Adds a step to the stop of the kernel: the name is that of the plugin or part. */
export type OnStop = (name: string, stop: () => Promise<void>) => void

/**
 * One kind of thing that plugins contribute: models, routes, jobs … The host knows no kind: it runs these functions for an array of
 * contributions, each phase in the order of the array, and stops in the reverse order.
 */
export interface Contribution<Collected = unknown, R extends Running = Running> {
  readonly name: string
  /** The ports this kind needs for a plugin that declares it. */
  ports?(plugin: Plugin): readonly PortName[]
  /**
   * All that the plugins declare of this kind, checked. Problems are added, never thrown. Uses no port, and no setting: it also runs where
   * the config is wrong, so that everything that is wrong is reported together.
   */
  collect(plugins: readonly PlannedPlugin[], planning: Planning): Collected | Promise<Collected>
  /** What the scope of each plugin gets of this kind. */
  provide?(collected: Collected, planning: Planning): (plugin: PlannedPlugin) => Readonly<Record<string, unknown>>
  /** Builds what takes the scopes of plugins, such as routes. Problems are added, never thrown. Uses no port. */
  mount?(collected: Collected, planning: Planning, opened: () => Opened): void | Promise<void>
  /** Its sections of the plan. */
  describe?(collected: Collected): PlanSections
  /** What gateways get from this kind when they are opened. */
  context?(collected: Collected): Partial<GatewayContext>
  /** The ports are open, nothing has started yet: commands run in this state. */
  open?(collected: Collected, opened: Opened, onStop: OnStop): void
  /**
   * Begins to serve or to work. `onStop` is called as soon as something runs, with what ends it: the steps run in reverse order, also when
   * the start fails later. Throws ProblemsError when it cannot start.
   */
  start?(collected: Collected, opened: Opened, onStop: OnStop): Promise<R | undefined>
}

/** Adds `value` under `key`, or reports both owners. */
export function claim<T extends { owner: string }>(
  taken: Map<string, T>,
  key: string,
  value: T,
  duplicate: (first: string) => Problem,
  problems: Problem[]
): void {
  const first = taken.get(key)
  if (first) problems.push(duplicate(first.owner))
  else taken.set(key, value)
}

/** The plugins that declare something under `key`, in dependency order. */
export function subscribers(plugins: readonly PlannedPlugin[], kind: 'on' | 'hooks', key: string): string[] {
  return plugins.filter(({ plugin }) => plugin[kind] && key in plugin[kind]).map(({ name }) => name)
}

/** The remedy for a name that is not declared. */
export function hint(known: readonly string[], asked: string): string {
  return known.length > 0
    ? `use one of ${known.join(', ')} instead of ${asked}`
    : `remove ${asked}: nothing of the kind is declared`
}
