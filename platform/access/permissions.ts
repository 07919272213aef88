import type { Asked, PermissionChecks, RowAccessDeclaration, Rule } from '../../kernel/plugin/access.ts'
import type { Actor } from './actor.ts'
import { predicate } from './policy.ts'
import { claim, type Contribution } from '../../kernel/contributions/contribution.ts'

export interface OwnedRule {
  readonly owner: string
  readonly rule: Rule
}

export interface CollectedPermissions {
  readonly rules: ReadonlyMap<string, OwnedRule>
  readonly rowAccess: ReadonlyMap<string, { readonly owner: string; readonly declared: RowAccessDeclaration }>
}

/** Rules that exist without any plugin: `public` needs no one, `authenticated` anyone who logged in, `operator` a superuser. */
const BUILT_IN: Record<string, Rule> = {
  public: { summary: 'Anybody, logged in or not', allow: predicate<Asked>('anybody', () => true) },
  authenticated: { summary: 'Anybody who is logged in', allow: predicate<Asked>('authenticated', () => true) },
  operator: { summary: 'Run the deployment: jobs and schedules', allow: predicate<Asked>('superuser', actor => actor.superuser) }
}

/** Rules and row access, each of one owner. */
export const access: Contribution<CollectedPermissions> = {
  name: 'access',
  collect(plugins, { problems }) {
    const rules = new Map<string, OwnedRule>(Object.entries(BUILT_IN).map(([name, rule]) => [name, { owner: 'kernel', rule }]))
    const rowAccess = new Map<string, { owner: string; declared: RowAccessDeclaration }>()
    for (const { name: owner, plugin } of plugins) {
      const duplicate = (what: string) => (first: string) => ({
        code: 'DUPLICATE_PERMISSION' as const,
        owner,
        fact: `${what} is already declared by "${first}"`,
        remedy: 'give it another name'
      })
      for (const [name, rule] of Object.entries(plugin.permissions?.rules ?? {}))
        claim(rules, name, { owner, rule }, duplicate(`permission ${name}`), problems)
      for (const declared of plugin.permissions?.rowAccess ?? [])
        claim(rowAccess, declared.name, { owner, declared }, duplicate(`row access ${declared.name}`), problems)
    }
    return { rules, rowAccess }
  },
  provide: collected => {
    const permissions = permissionChecks(collected)
    return () => ({ permissions })
  },
  describe: ({ rules, rowAccess }) => ({
    permissions: [...rules]
      .map(([name, { owner, rule }]) => ({
        permission: name,
        owner,
        summary: rule.summary,
        allow: rule.allow.name,
        ...(rule.object ? { object: rule.object.name } : {})
      }))
      .sort((a, b) => a.permission.localeCompare(b.permission)),
    'row access': [...rowAccess.values()]
      .sort((a, b) => a.declared.name.localeCompare(b.declared.name))
      .flatMap(({ owner, declared }) =>
        Object.entries(declared.cases).map(([name, { when, rows }], at) => ({
          resource: declared.name,
          owner,
          order: at + 1,
          case: name,
          when: when.name,
          rows
        }))
      )
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

/** What an actor reads who may not do something. */
export const DENIED = 'You do not have permission to perform this action.'

const REFUSED = Symbol.for('care-kernel.permission-denied')

/** The policy does not allow an actor to do something with an object; the server answers 403 `{"detail": DENIED}`. */
export class PermissionDenied extends Error {
  readonly [REFUSED] = true
  readonly permission: string

  constructor(permission: string) {
    super(`permission ${permission} was denied`)
    this.name = 'PermissionDenied'
    this.permission = permission
  }
}

/** Whether an error is a denied permission, thrown by this copy of the package or another. */
export const isPermissionDenied = (error: unknown): error is PermissionDenied =>
  typeof error === 'object' && error !== null && REFUSED in error
