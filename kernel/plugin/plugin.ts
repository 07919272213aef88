import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Static, TSchema } from 'typebox'
import type { Actor } from './actor.ts'
import type { EventPayload, EventsOf, HookCalls, ServicesOf, SlotExpressions } from './contract.ts'
import type { Command, Deployment } from './deployment.ts'
import type {
  AnyContract,
  Fillings,
  Handler,
  HookHandlers,
  Kept,
  Own,
  Satisfied,
  ServiceMap,
  Subscriptions
} from './inference.ts'
import type { ClassedColumn } from '../../platform/data/privacy.ts'
import type { Columns, ModelDefinition, ModelOf } from '../../platform/data/model.ts'
import type { Permissions, Rule } from '../../platform/access/predicates.ts'
import type { Clock } from '../ports/clock.ts'
import type { Queryable, Tx } from '../ports/database.ts'
import type { Ports } from '../ports/index.ts'
import type { Logger } from '../ports/logger.ts'

/** Asks the policy about an object; throws 403 when the rule's object part does not hold (contract auth-users §4.1). */
export interface PermissionChecks {
  check(actor: Actor, permission: string, object: unknown): void
  allows(actor: Actor, permission: string, object: unknown): boolean
  rule(permission: string): Rule | undefined
}

/** When and how a job runs; everything may be left out. */
export interface EnqueueOptions {
  readonly runAt?: Date
  /**
   * At most one job per name and key that nobody has begun; a repeat brings the earlier start and the latest payload. The id is then
   * that of the job that was there.
   */
  readonly key?: string
  /** Smaller is sooner, 0 to 1,000,000; 0 unless told. */
  readonly priority?: number
}

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
  /** The Sequelize model of one of the plugin's own definitions. */
  model<T extends Columns>(definition: ModelDefinition<T>): ModelOf<T>
  /** Announces an event of the plugin's own contract, in the business transaction. */
  emit<K extends keyof EventsOf<C> & string>(tx: Tx, event: K, payload: EventPayload<C, K>): Promise<void>
  /** Asks for one of the plugin's own jobs, in the business transaction. The id of the job. */
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

/** Exactly what the plugin declared, nothing else. */
export type Scope<
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

/** What a job or event handler knows besides its payload. The mark that it is done and the effect share `tx`. */
export interface Handling {
  /** The same for every attempt: what a provider gets as the key of a call, so that it can drop a repeat. */
  readonly id: string
  readonly tx: Tx
  /** Fires when the time is over or the process stops; `tx` is rolled back then, whatever the handler does. */
  readonly signal: AbortSignal
  /** Who caused it: the user's id, or null for the system. */
  readonly actor: number | null
  /** Of the request that caused it, also through other jobs; the message's own id where there was none. */
  readonly requestId: string
  /** 1 for the first attempt. */
  readonly attempt: number
  /** The due time of the schedule that started it, null when none did. */
  readonly scheduledFor: Date | null
  /** Tells how far it is, in percent, to a user who waits. */
  progress(percent: number): Promise<void>
}

/** One kind of work. Attempts 5, back-off 1 s doubling with jitter, a day at most, timeout 60 s, concurrency 4 per process unless told. */
export interface Job<T extends TSchema, Sc> {
  readonly payload: T
  readonly attempts?: number
  readonly backoffSeconds?: number
  /** The longest pause: how long what waits for somebody else may wait after they are back. */
  readonly backoffAtMostSeconds?: number
  readonly timeoutSeconds?: number
  readonly concurrency?: number
  readonly run: Handler<Static<T>, Sc>
}

/** When a job runs by itself: cron with optional seconds, in the deployment's time zone unless told. */
export interface Schedule<J extends Record<string, TSchema>> {
  readonly cron: string
  readonly timeZone?: string
  readonly job: keyof J & string
  readonly payload: unknown
}

/**
 * A way to tell who asks. `authenticate` gives the actor, null without credentials, and throws an ApiError for bad ones.
 * `refused` is how missing credentials are answered (contract auth-users §1.3.2).
 */
export interface AuthenticationScheme<Sc> {
  readonly summary: string
  readonly refused: { readonly status: 401 | 403; readonly challenge?: string }
  authenticate(request: FastifyRequest, scope: Sc): Actor | null | Promise<Actor | null>
}

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
  Sc = Scope<C, P, R, O, Cfg, J> & Own<S>
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
  readonly ports?: readonly P[]
  readonly config?: Cfg
  readonly models?: readonly ModelDefinition<never>[] | readonly object[]
  /** Tables made by the migrations that have no model: join and history tables. Each with the privacy class of its columns. */
  readonly migrations?: URL
  readonly services?: S & Satisfied<S, Scope<C, P, R, O, Cfg, J> & Own<S>>
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

/** A plugin as the kernel sees it: the same fields without their inference. */
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
      LooseScope
    >,
    'models' | 'on' | 'hooks' | 'fills' | 'services'
  >
> & {
  readonly models?: readonly ModelDefinition[]
  readonly services?: Readonly<Record<string, (new (scope: LooseScope) => object) | ((scope: LooseScope) => object)>>
  readonly on?: Readonly<Record<string, Handler<unknown, LooseScope>>>
  readonly hooks?: Readonly<Record<string, (tx: Queryable, payload: unknown, scope: LooseScope) => Promise<unknown>>>
  readonly fills?: Readonly<Record<string, Readonly<Record<string, Filling>>>>
}

/** SQL of one field of a slot, or how its plugin makes it. */
export type Filling = string | ((scope: LooseScope) => string)

/** A scope seen from the kernel, which cannot know what each plugin declared. */
export type LooseScope = Readonly<Record<string, unknown>>

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
