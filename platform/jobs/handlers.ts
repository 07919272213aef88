import type { TSchema } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import type { Composition } from '../../kernel/lifecycle/compose.ts'
import { JOB_DEFAULTS } from './jobs.ts'
import type { LooseScope, Plugin } from '../../kernel/plugin/plugin.ts'

/** One kind of message: a job, or what one plugin does about one event. Its name is also the name of its queue. */
export interface Task {
  readonly name: string
  /** Whose handler it is. */
  readonly plugin: string
  readonly payload: TSchema
  readonly attempts: number
  readonly backoffSeconds: number
  readonly backoffAtMostSeconds: number
  readonly timeoutSeconds: number
  readonly concurrency: number
  readonly run: NonNullable<Plugin['on']>[string]
}

export type Tasks = ReadonlyMap<string, Task>

const SUBSCRIPTION = { ...JOB_DEFAULTS, attempts: 8 } as const

/** The name of the task of an event for one of its subscribers. A job's is `<plugin>.<job>`, without a slash. */
export const subscriptionName = (subscriber: string, event: string) => `${subscriber}.${event}`

/** The plugin that handles a task, also where the task itself is unknown. */
export const pluginOf = (task: string) => task.slice(0, task.indexOf('.'))

/** Everything this deployment can handle, by name. */
export function tasksOf({ plugins, jobs, events }: Pick<Composition, 'plugins' | 'jobs' | 'events'>): Tasks {
  const byName = new Map(plugins.map(({ name, plugin }) => [name, plugin]))
  const fromJobs = [...jobs.values()].map(({ name, owner, job }): Task => ({ ...job, name, plugin: owner }))
  const fromEvents = [...events.events].flatMap(([event, { schema, subscribers }]) =>
    subscribers.flatMap((subscriber): Task[] => {
      const run = byName.get(subscriber)?.on?.[event]
      return run ? [{ ...SUBSCRIPTION, name: subscriptionName(subscriber, event), plugin: subscriber, payload: schema, run }] : []
    })
  )
  return new Map([...fromJobs, ...fromEvents].map(task => [task.name, task]))
}

/**
 * Gives the function that says what a payload lacks, by place in the schema and rule: never a value or a name out of the payload.
 * Undefined when it fits. Each schema is compiled once, which makes a check eighty times faster.
 */
export function makeMisfit(): (schema: TSchema, payload: unknown) => string | undefined {
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

export type Scopes = ReadonlyMap<string, LooseScope>
