import type { FastifyInstance } from 'fastify'
import type { Static, TSchema } from 'typebox'
import type { AuthenticationScheme, PermissionChecks, Permissions } from './access.ts'
import type { EventPayload, EventsOf, HookCalls, Relation, ServicesOf, SlotExpressions } from './contract.ts'
import type { Command, Deployment } from './deployment.ts'
import type { AnyContract, Fillings, HookHandlers, Kept, Own, Satisfied, ServiceMap, Subscriptions } from './inference.ts'
import type { EnqueueOptions, Handler, Job, Schedule } from './jobs.ts'
import type { ClassedColumn, Columns, ModelDefinition, ModelOf } from './models.ts'
import type { Repositories, Writes } from './repository.ts'
import type { Clock } from '../ports/clock.ts'
import type { Queryable, Tx } from '../ports/database.ts'
import type { Ports } from '../ports/index.ts'
import type { Logger } from '../ports/logger.ts'

/** What every plugin has, whatever it declares. */
interface Always<C, J> {
  readonly clock: Clock
  readonly logger: Logger
  readonly deployment: Deployment
  readonly permissions: PermissionChecks
  /** Every column of every enabled plugin's models, with its privacy class. */
  readonly columns: readonly ClassedColumn[]
  readonly hooks: HookCalls<C>
  readonly slots: SlotExpressions<C>
  /** Writes rows of one of the plugin's own definitions. */
  readonly repository: Repositories
  /** Reports every write of repositories and models, of all plugins. */
  readonly writes: Writes
  /** The Sequelize model of one of the plugin's own definitions. */
  model<T extends Columns>(definition: ModelDefinition<T>): ModelOf<T>
  /** Emits an event of the plugin's own contract, in the business transaction. */
  emit<K extends keyof EventsOf<C> & string>(tx: Tx, event: K, payload: EventPayload<C, K>): Promise<void>
  /** Enqueues one of the plugin's own jobs, in the business transaction; the id of the job. */
  enqueue<K extends keyof J & string>(
    tx: Tx,
    job: K,
    payload: J[K] extends TSchema ? Static<J[K]> : never,
    options?: EnqueueOptions
  ): Promise<string>
  /** The same for many at once, in one statement. */
  enqueueAll<K extends keyof J & string>(
    tx: Tx,
    job: K,
    payloads: readonly (J[K] extends TSchema ? Static<J[K]> : never)[]
  ): Promise<void>
}

/** The scope of a plugin: what it declared, and what every plugin has. */
export type PluginScope<
  C,
  P extends keyof Ports,
  R extends readonly AnyContract[],
  O extends readonly AnyContract[],
  Cfg extends TSchema,
  J
> = Pick<Ports, P> &
  Always<C, J> & { readonly config: Static<Cfg> } & { readonly [D in R[number] as D['name']]: ServicesOf<D> } & {
    readonly [D in O[number] as D['name']]: ServicesOf<D> | undefined
  }

/** What a plugin is and what it needs: the part of `definePlugin` from which the types of its scope follow. */
export interface ManifestInput<
  C extends AnyContract,
  P extends keyof Ports,
  R extends readonly AnyContract[],
  O extends readonly AnyContract[],
  X extends readonly AnyContract[],
  Cfg extends TSchema,
  J extends Record<string, TSchema>
> {
  readonly contract: C
  readonly version: string
  /** Semver range of the kernel's version. */
  readonly kernel: string
  readonly summary: string
  /** Must be enabled; their services are in the scope. */
  readonly requires?: R
  /** May be enabled; their services are in the scope, or undefined. */
  readonly optional?: O
  /** Contracts whose hooks and slots this plugin fills where they are enabled, without needing their services. */
  readonly extends?: X
  /** The relations its SQL uses, of contracts it requires, may use or extends. */
  readonly reads?: readonly Relation[]
  readonly ports?: readonly P[]
  readonly config?: Cfg
  /** Schemas of the payloads of the plugin's jobs, by job: what `enqueue` accepts. */
  readonly payloads?: J
}

/**
 * Declares a manifest on its own, so that files of the plugin can name the type of its scope: `ScopeOf<typeof manifest>`. The plugin takes
 * it over: `definePlugin({ ...manifest, … })`.
 */
export function defineManifest<
  C extends AnyContract,
  P extends keyof Ports = never,
  const R extends readonly AnyContract[] = [],
  const O extends readonly AnyContract[] = [],
  const X extends readonly AnyContract[] = [],
  Cfg extends TSchema = TSchema,
  J extends Record<string, TSchema> = Record<never, TSchema>
>(
  manifest: ManifestInput<C, P, R, O, X, Cfg, J>
): ManifestInput<C, P, R, O, X, Cfg, J> & Required<Pick<ManifestInput<C, P, R, O, X, Cfg, J>, 'payloads'>> {
  return Object.freeze({ payloads: {} as J, ...manifest })
}

/** The scope of the plugin of a manifest, with its services where they are given: `ScopeOf<typeof manifest, typeof services>`. */
export type ScopeOf<M, S extends ServiceMap = Record<never, never>> =
  M extends ManifestInput<infer C, infer P, infer R, infer O, readonly AnyContract[], infer Cfg, infer J>
    ? PluginScope<C, P, R, O, Cfg, J> & Own<S>
    : never

/** What `definePlugin` takes: data for all that must be known in advance, plain functions for behaviour. */
export interface PluginInput<
  C extends AnyContract,
  P extends keyof Ports,
  R extends readonly AnyContract[],
  O extends readonly AnyContract[],
  X extends readonly AnyContract[],
  Cfg extends TSchema,
  S extends ServiceMap,
  J extends Record<string, TSchema>,
  Sc = PluginScope<C, P, R, O, Cfg, J> & Own<S>
> extends ManifestInput<C, P, R, O, X, Cfg, J> {
  readonly models?: readonly ModelDefinition<never>[] | readonly object[]
  /** Tables made by the migrations that have no model: join and history tables. Each with the privacy class of its columns. */
  readonly migrations?: URL
  readonly services?: S & Satisfied<S, PluginScope<C, P, R, O, Cfg, J> & Own<S>>
  readonly permissions?: Permissions
  readonly schemes?: Readonly<Record<string, AuthenticationScheme<Sc>>>
  readonly routes?: (app: FastifyInstance, scope: Sc) => void | Promise<void>
  readonly jobs?: { readonly [K in keyof J]: Job<J[K], Sc> }
  readonly schedules?: Readonly<Record<string, Schedule<J>>>
  readonly on?: Subscriptions<C | R[number] | O[number], Sc>
  readonly hooks?: HookHandlers<C | R[number] | O[number] | X[number], Sc>
  /** SQL for slots of others: a text, or a function of the scope where it takes the plugin's own services to write it. */
  readonly fills?: Fillings<R[number] | O[number] | X[number], Sc>
  readonly commands?: Readonly<Record<string, Command<Sc>>>
  /** Each resolves when that part is well and rejects with the reason otherwise. */
  readonly health?: Readonly<Record<string, (scope: Sc) => Promise<void>>>
  /** This plugin's share of the demo district; runs once, in dependency order, in one transaction. */
  readonly demo?: (tx: Tx, scope: Sc) => Promise<void>
  /** Lines for the person who starts the demo: how to log in, what to try. */
  readonly welcome?: (scope: Sc) => readonly string[]
  /** Runs after `care-kernel load` has committed: drops what the plugin keeps of the old rows. */
  readonly afterLoad?: (scope: Sc) => Promise<void>
  readonly start?: (scope: Sc) => Promise<void>
  readonly stop?: (scope: Sc) => Promise<void>
}

/** A plugin as the host sees it: the same fields without their inference. */
export type Plugin = Readonly<
  Omit<
    PluginInput<
      AnyContract,
      keyof Ports,
      readonly AnyContract[],
      readonly AnyContract[],
      readonly AnyContract[],
      TSchema,
      Record<string, (scope: never) => object>,
      Record<string, TSchema>,
      UntypedScope
    >,
    'models' | 'on' | 'hooks' | 'fills' | 'services'
  >
> & {
  readonly models?: readonly ModelDefinition[]
  readonly services?: Readonly<Record<string, (new (scope: UntypedScope) => object) | ((scope: UntypedScope) => object)>>
  readonly on?: Readonly<Record<string, Handler<unknown, UntypedScope>>>
  readonly hooks?: Readonly<Record<string, (tx: Queryable, payload: unknown, scope: UntypedScope) => Promise<unknown>>>
  readonly fills?: Readonly<Record<string, Readonly<Record<string, Filling>>>>
}

/** SQL of one field of a slot, or how its plugin makes it. */
export type Filling = string | ((scope: UntypedScope) => string)

/** A scope as the host sees it: it cannot know the types of what a plugin declared. */
export type UntypedScope = Readonly<Record<string, unknown>>

const MADE = Symbol.for('care-kernel.plugin')

/** Declares a plugin. Only freezes: everything that can be wrong is collected by the plan and reported together. */
export function definePlugin<
  C extends AnyContract,
  P extends keyof Ports = never,
  const R extends readonly AnyContract[] = [],
  const O extends readonly AnyContract[] = [],
  const X extends readonly AnyContract[] = [],
  Cfg extends TSchema = TSchema,
  S extends ServiceMap = Record<never, never>,
  J extends Record<string, TSchema> = Record<never, TSchema>
>(plugin: PluginInput<C, P, R, O, X, Cfg, S, J> & Kept<C, S>): Plugin {
  return Object.freeze({ ...plugin, [MADE]: true }) as unknown as Plugin
}

/** Whether `definePlugin` made it, this copy of the kernel or another. */
export function isPlugin(value: unknown): value is Plugin {
  return typeof value === 'object' && value !== null && MADE in value
}
