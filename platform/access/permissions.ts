import type { Asked, Rule, PermissionChecks } from '../../kernel/plugin/access.ts'
import type { Actor } from '../../kernel/plugin/actor.ts'
import { PermissionDenied } from './denied.ts'
import { predicate, type Scope } from './predicates.ts'
import { claim, type Contribution } from '../../kernel/contributions/contribution.ts'

export interface OwnedRule {
  readonly owner: string
  readonly rule: Rule
}

export interface CollectedPermissions {
  readonly rules: ReadonlyMap<string, OwnedRule>
  readonly scopes: ReadonlyMap<string, { owner: string; scope: Scope }>
}

/** Rules that exist without any plugin: `public` needs no one, `authenticated` anyone who logged in, `operator` a superuser. */
const BUILT_IN: Record<string, Rule> = {
  public: { summary: 'Anybody, logged in or not', allow: predicate<Asked>('anybody', () => true) },
  authenticated: { summary: 'Anybody who is logged in', allow: predicate<Asked>('authenticated', () => true) },
  operator: { summary: 'Run the deployment: jobs and schedules', allow: predicate<Asked>('superuser', actor => actor.superuser) }
}

/** Permissions have one owner. */
export const access: Contribution<CollectedPermissions> = {
  name: 'access',
  collect(plugins, { problems }) {
    const rules = new Map<string, OwnedRule>(Object.entries(BUILT_IN).map(([name, rule]) => [name, { owner: 'kernel', rule }]))
    const scopes = new Map<string, { owner: string; scope: Scope }>()
    for (const { name: owner, plugin } of plugins) {
      const duplicate = (what: string) => (first: string) => ({
        code: 'DUPLICATE_PERMISSION' as const,
        owner,
        fact: `${what} is already declared by "${first}"`,
        remedy: 'give it another name'
      })
      for (const [name, rule] of Object.entries(plugin.permissions?.rules ?? {}))
        claim(rules, name, { owner, rule }, duplicate(`permission ${name}`), problems)
      for (const [name, scope] of Object.entries(plugin.permissions?.scopes ?? {}))
        claim(scopes, name, { owner, scope }, duplicate(`scope ${name}`), problems)
    }
    return { rules, scopes }
  },
  provide: collected => {
    const permissions = permissionChecks(collected)
    return () => ({ permissions })
  },
  describe: ({ rules }) => ({
    permissions: [...rules]
      .map(([name, { owner, rule }]) => ({
        permission: name,
        owner,
        summary: rule.summary,
        allow: rule.allow.name,
        ...(rule.object ? { object: rule.object.name } : {})
      }))
      .sort((a, b) => a.permission.localeCompare(b.permission))
  })
}

/** The checks a handler makes about an object it has loaded. */
export function permissionChecks({ rules }: CollectedPermissions): PermissionChecks {
  const allows = (actor: Actor, permission: string, object: unknown): boolean => {
    const question = rules.get(permission)?.rule.object
    return question === undefined || question.test(actor, object as never)
  }
  return {
    allows,
    check(actor, permission, object) {
      if (!allows(actor, permission, object)) throw new PermissionDenied(permission)
    },
    rule: permission => rules.get(permission)?.rule
  }
}
