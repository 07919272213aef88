import { sqlComment } from './statement.ts'
import { hint, type Contribution } from '../../kernel/contributions/contribution.ts'
import type { Filling, Plugin, UntypedScope } from '../../kernel/plugin/plugin.ts'

/** Filled fields `<plugin>/<slot>/<field>`. */
export type CollectedSlots = ReadonlyMap<string, { readonly owner: string; readonly sql: Filling }>

/** Places in the SQL of one plugin that others fill. */
export const slots: Contribution<CollectedSlots> = {
  name: 'slots',
  collect(plugins, { problems }) {
    const byName = new Map(plugins.map(({ name, plugin }) => [name, plugin]))
    const filled = new Map<string, { owner: string; sql: Filling }>()
    for (const { name: owner, plugin } of plugins)
      for (const [key, filling] of Object.entries(plugin.fills ?? {})) {
        const [of = '', slot = ''] = key.split('/')
        const target = byName.get(of)
        if (!target) continue
        const declared = target.contract.slots[slot]
        for (const [field, sql] of Object.entries(filling)) {
          const taken = filled.get(`${key}/${field}`)
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
          else filled.set(`${key}/${field}`, { owner, sql })
        }
      }
    return filled
  },
  provide:
    (collected, { scopes }) =>
    ({ plugin }) => ({ slots: slotExpressions(collected, plugin, scopes) }),
  describe: collected => ({
    slots: [...collected].map(([slot, { owner }]) => ({ slot, filledBy: owner })).sort((a, b) => a.slot.localeCompare(b.slot))
  })
}

/**
 * The SQL of every field of every slot of one plugin. A field whose filling is a function is made when it is read, which may be
 * in `routes` or later: who fills a slot is built after its owner.
 */
function slotExpressions(
  collected: CollectedSlots,
  { contract: { name, slots } }: Plugin,
  scopes: ReadonlyMap<string, UntypedScope>
): Record<string, Record<string, string>> {
  return Object.fromEntries(
    Object.entries(slots).map(([slot, { fields }]) => [
      slot,
      Object.defineProperties(
        {},
        Object.fromEntries(
          Object.entries(fields).map(([field, constant]) => [
            field,
            {
              enumerable: true,
              configurable: true,
              // Made once: requests read it again.
              get(this: object) {
                const value = expression(collected, `${name}/${slot}/${field}`, constant, scopes)
                Object.defineProperty(this, field, { enumerable: true, value })
                return value
              }
            }
          ])
        )
      ) as Record<string, string>
    ])
  )
}

function expression(collected: CollectedSlots, key: string, constant: string, scopes: ReadonlyMap<string, UntypedScope>): string {
  const filling = collected.get(key)
  if (!filling) return constant
  const { owner, sql } = filling
  const comment = sqlComment(`slot ${key}: ${owner}`)
  if (typeof sql === 'string') return `${comment} ${sql}`
  const scope = scopes.get(owner)
  if (!scope) throw new Error(`"${owner}" fills ${key} with a function: read it in routes or later, not in a constructor`)
  return `${comment} ${sql(scope)}`
}
