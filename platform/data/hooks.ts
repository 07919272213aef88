import {
  hint,
  subscribers,
  type Contribution,
  type PlannedPlugin,
  type Planning
} from '../../kernel/contributions/contribution.ts'
import type { Queryable } from '../../kernel/ports/database.ts'

/** Subscribers of each hook `<plugin>/<hook>`, in dependency order. */
export type CollectedHooks = ReadonlyMap<string, readonly string[]>

/** Questions and notices of one plugin that others answer inside its transaction. */
export const hooks: Contribution<CollectedHooks> = {
  name: 'hooks',
  collect(plugins, { problems }) {
    const byName = new Map(plugins.map(({ name, plugin }) => [name, plugin]))
    const hooks = new Map<string, readonly string[]>(
      plugins.flatMap(({ name, plugin }) =>
        plugin.contract.hooks.map((hook): [string, string[]] => [
          `${name}/${hook}`,
          subscribers(plugins, 'hooks', `${name}/${hook}`)
        ])
      )
    )
    for (const { name: owner, plugin } of plugins)
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
    return hooks
  },
  provide: (collected, planning) => planned => ({ hooks: hookCalls(planned, collected, planning) }),
  describe: collected => ({
    hooks: [...collected]
      .filter(([, by]) => by.length > 0)
      .map(([hook, by]) => ({ hook, subscribers: by }))
      .sort((a, b) => a.hook.localeCompare(b.hook))
  })
}

/** Calls every subscriber of a plugin's hooks in dependency order, one after the other: they share a transaction. */
function hookCalls(
  { name, plugin }: PlannedPlugin,
  collected: CollectedHooks,
  { plugins, scopes }: Planning
): Record<string, unknown> {
  return Object.fromEntries(
    plugin.contract.hooks.map(hook => {
      const key = `${name}/${hook}`
      const handlers = (collected.get(key) ?? []).map(owner => ({
        owner,
        handle: plugins.find(planned => planned.name === owner)?.plugin.hooks?.[key]
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
