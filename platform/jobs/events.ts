import type { TSchema } from 'typebox'
import type { Filling, LooseScope, Plugin } from '../../kernel/plugin/plugin.ts'
import type { Engine, Loaded } from '../../kernel/contributions/contribution.ts'

export interface OwnedEvent {
  readonly owner: string
  readonly schema: TSchema
  /** Plugins that listen, in dependency order. */
  readonly subscribers: readonly string[]
}

export interface EventPart {
  /** By full name `<plugin>/<event>`. */
  readonly events: ReadonlyMap<string, OwnedEvent>
  /** Subscribers of each hook `<plugin>/<hook>`, in dependency order. */
  readonly hooks: ReadonlyMap<string, readonly string[]>
  /** Filled slot fields `<plugin>/<slot>/<field>`. */
  readonly fills: ReadonlyMap<string, { readonly owner: string; readonly sql: Filling }>
}

/** Events, hooks and slots: what plugins say to each other without importing more than contracts. */
export const eventEngine: Engine<EventPart> = {
  kind: 'events',
  compose(plugins, problems) {
    const byName = new Map(plugins.map(loaded => [loaded.name, loaded.plugin]))
    const events = new Map(
      plugins.flatMap(({ name, plugin }) =>
        Object.entries(plugin.contract.events).map(([event, schema]) => {
          const key = `${name}/${event}`
          return [key, { owner: name, schema, subscribers: subscribers(plugins, 'on', key) }] as const
        })
      )
    )
    const hooks = new Map<string, readonly string[]>(
      plugins.flatMap(({ name, plugin }) =>
        plugin.contract.hooks.map((hook): [string, string[]] => [
          `${name}/${hook}`,
          subscribers(plugins, 'hooks', `${name}/${hook}`)
        ])
      )
    )
    const fills = new Map<string, { owner: string; sql: Filling }>()

    for (const { name: owner, plugin } of plugins) {
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
      for (const key of Object.keys(plugin.hooks ?? {})) {
        const [of = '', hook = ''] = key.split('/')
        if (byName.has(of) && !hooks.has(key))
          problems.push({
            code: 'HOOK_UNKNOWN',
            owner,
            fact: `hooks into ${key}, which ${of} does not declare`,
            remedy: hint(byName.get(of)?.contract.hooks ?? [], hook)
          })
      }
      for (const [key, filling] of Object.entries(plugin.fills ?? {})) fill(owner, key, filling, byName)
    }
    return { events, hooks, fills }

    function fill(
      owner: string,
      key: string,
      filling: Readonly<Record<string, Filling>>,
      known: ReadonlyMap<string, Plugin>
    ): void {
      const [of = '', slot = ''] = key.split('/')
      const target = known.get(of)
      if (!target) return
      const declared = target.contract.slots[slot]
      for (const [field, sql] of Object.entries(filling)) {
        const taken = fills.get(`${key}/${field}`)
        if (!declared || !(field in declared.fields))
          problems.push({
            code: 'SLOT_UNKNOWN',
            owner,
            fact: `fills ${key}/${field}, which ${of} does not declare`,
            remedy: hint(Object.keys(declared?.fields ?? target.contract.slots), field)
          })
        else if (taken)
          problems.push({
            code: 'SLOT_TAKEN',
            owner,
            fact: `fills ${key}/${field}, which "${taken.owner}" fills already`,
            remedy: 'switch one of them off'
          })
        else fills.set(`${key}/${field}`, { owner, sql })
      }
    }
  },
  describe: ({ events, hooks, fills }) => ({
    events: [...events]
      .map(([event, { subscribers }]) => ({ event, subscribers }))
      .sort((a, b) => a.event.localeCompare(b.event)),
    hooks: [...hooks]
      .filter(([, by]) => by.length > 0)
      .map(([hook, by]) => ({ hook, subscribers: by }))
      .sort((a, b) => a.hook.localeCompare(b.hook)),
    slots: [...fills].map(([slot, { owner }]) => ({ slot, filledBy: owner })).sort((a, b) => a.slot.localeCompare(b.slot))
  })
}

/**
 * The SQL of every field of every slot of one plugin. A field whose filling is a function is made when it is read, which may be
 * in `routes` or later: who fills a slot is built after its owner.
 */
export function slotExpressions(
  part: EventPart,
  { contract: { name, slots } }: Plugin,
  scopes: ReadonlyMap<string, LooseScope>
): Record<string, Record<string, string>> {
  return Object.fromEntries(
    Object.entries(slots).map(([slot, { fields }]) => [
      slot,
      Object.defineProperties(
        {},
        Object.fromEntries(
          Object.entries(fields).map(([field, constant]) => [
            field,
            { enumerable: true, get: () => expression(part, `${name}/${slot}/${field}`, constant, scopes) }
          ])
        )
      ) as Record<string, string>
    ])
  )
}

function expression(part: EventPart, key: string, constant: string, scopes: ReadonlyMap<string, LooseScope>): string {
  const filling = part.fills.get(key)
  if (!filling) return constant
  const { owner, sql } = filling
  if (typeof sql === 'string') return sql
  const scope = scopes.get(owner)
  if (!scope) throw new Error(`"${owner}" fills ${key} with a function: read it in routes or later, not in a constructor`)
  return sql(scope)
}

function subscribers(plugins: readonly Loaded[], kind: 'on' | 'hooks', key: string): string[] {
  return plugins.filter(({ plugin }) => plugin[kind] && key in plugin[kind]).map(({ name }) => name)
}

function hint(known: readonly string[], asked: string): string {
  return known.length > 0
    ? `use one of ${known.join(', ')} instead of ${asked}`
    : `remove ${asked}: nothing of the kind is declared`
}
