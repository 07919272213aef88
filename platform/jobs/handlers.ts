import type { TSchema } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import type { RootConfig } from '../../kernel/config/schema.ts'
import type { PlannedPlugin } from '../../kernel/contributions/contribution.ts'
import type { CollectedEvents } from './events.ts'
import { JOB_DEFAULTS, type CollectedJobs, type OwnedSchedule } from './jobs.ts'
import type { Plugin, UntypedScope } from '../../kernel/plugin/plugin.ts'

/** What runs for a message: the handler of a job, or of one plugin's subscription to an event. It has a queue of the same name. */
export interface MessageHandler {
  /** `<plugin>.<job>`, or `<subscriber>.<plugin>/<event>`. */
  readonly name: string
  /** The plugin whose handler it is. */
  readonly plugin: string
  readonly payload: TSchema
  readonly attempts: number
  readonly backoffSeconds: number
  readonly backoffAtMostSeconds: number
  readonly timeoutSeconds: number
  readonly concurrency: number
  readonly run: NonNullable<Plugin['on']>[string]
}

/** What the plugins of a deployment declare of jobs. */
export interface DeclaredJobs {
  readonly plugins: readonly PlannedPlugin[]
  readonly jobs: CollectedJobs
  readonly events: CollectedEvents
  readonly schedules: readonly OwnedSchedule[]
  readonly root: RootConfig
}

export type MessageHandlers = ReadonlyMap<string, MessageHandler>

const SUBSCRIPTION = { ...JOB_DEFAULTS, attempts: 8 } as const

export const subscriptionName = (subscriber: string, event: string) => `${subscriber}.${event}`

/** The plugin a handler's name belongs to, also where no such handler exists. */
export const pluginOf = (handler: string) => handler.slice(0, handler.indexOf('.'))

/** Every handler of this deployment, by name. */
export function messageHandlers({ plugins, jobs, events }: Pick<DeclaredJobs, 'plugins' | 'jobs' | 'events'>): MessageHandlers {
  const byName = new Map(plugins.map(({ name, plugin }) => [name, plugin]))
  const fromJobs = [...jobs.values()].map(({ name, owner, job }): MessageHandler => ({ ...job, name, plugin: owner }))
  const fromEvents = [...events].flatMap(([event, { schema, subscribers }]) =>
    subscribers.flatMap((subscriber): MessageHandler[] => {
      const run = byName.get(subscriber)?.on?.[event]
      return run ? [{ ...SUBSCRIPTION, name: subscriptionName(subscriber, event), plugin: subscriber, payload: schema, run }] : []
    })
  )
  return new Map([...fromJobs, ...fromEvents].map(handler => [handler.name, handler]))
}

/** Returns what is wrong with a payload, by place in the schema and rule, without a name or value of the payload; undefined when it is valid. */
export type PayloadValidator = (schema: TSchema, payload: unknown) => string | undefined

/** Compiles each schema once, which makes a check eighty times faster. */
export function makePayloadValidator(): PayloadValidator {
  const compiled = new Map<TSchema, Validator>()
  return (schema, payload) => {
    const known = compiled.get(schema)
    const validator = known ?? Compile(schema)
    if (!known) compiled.set(schema, validator)
    if (validator.Check(payload)) return undefined
    return validator
      .Errors(payload)
      .filter(({ keyword }) => keyword !== 'boolean')
      .slice(0, 3)
      .map(({ schemaPath, message }) => `${schemaPath.replace(/^#/, '').replaceAll('/properties/', '.') || '(whole)'} ${message}`)
      .join('; ')
  }
}

export type Scopes = ReadonlyMap<string, UntypedScope>
