import type { TSchema } from 'typebox'
import { hint, subscribers, type Contribution } from '../../kernel/contributions/contribution.ts'

export interface OwnedEvent {
  readonly owner: string
  readonly schema: TSchema
  /** Plugins that subscribe, in dependency order. */
  readonly subscribers: readonly string[]
}

/** Events by full name `<plugin>/<event>`. */
export type CollectedEvents = ReadonlyMap<string, OwnedEvent>

/** Every event of every contract, with the plugins that subscribe to it. */
export const events: Contribution<CollectedEvents> = {
  name: 'events',
  collect(plugins, { problems }) {
    const byName = new Map(plugins.map(({ name, plugin }) => [name, plugin]))
    const events = new Map(
      plugins.flatMap(({ name, plugin }) =>
        Object.entries(plugin.contract.events).map(([event, schema]) => {
          const key = `${name}/${event}`
          return [key, { owner: name, schema, subscribers: subscribers(plugins, 'on', key) }] as const
        })
      )
    )
    for (const { name: owner, plugin } of plugins)
      for (const key of Object.keys(plugin.on ?? {})) {
        const [of = '', event = ''] = key.split('/')
        if (byName.has(of) && !events.has(key))
          problems.push({
            code: 'EVENT_UNKNOWN',
            owner,
            fact: `listens to ${key}, which ${of} does not declare`,
            remedy: hint(Object.keys(byName.get(of)?.contract.events ?? {}), event)
          })
      }
    return events
  },
  describe: collected => ({
    events: [...collected]
      .map(([event, { subscribers }]) => ({ event, subscribers }))
      .sort((a, b) => a.event.localeCompare(b.event))
  })
}
