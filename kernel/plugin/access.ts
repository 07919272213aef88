import type { FastifyRequest } from 'fastify'
import type { Actor } from './actor.ts'

/** What a rule may look at besides the actor: the object a handler loaded, or the request's parameters and body before that. */
export interface Asked {
  readonly params: Readonly<Record<string, string>>
  /** The parsed body, or undefined where there is none or it cannot be parsed. */
  readonly body: unknown
  readonly method: string
}

/** A named yes-or-no question about an actor and, where there is one, an object. */
export interface Predicate<O = unknown> {
  readonly name: string
  readonly of?: readonly Predicate<O>[]
  test(actor: Actor, object: O): boolean
}

/**
 * One action. `allow` is asked before the body is parsed and before a row is loaded; `object` about the row, by `permissions.check`.
 * A rule that must read the body says so; a body that cannot be parsed is then refused with 403 (docs/api/auth-users.md §1.4).
 */
export interface Rule {
  readonly summary: string
  readonly allow: Predicate<Asked>
  readonly object?: Predicate<never>
  readonly readsBody?: boolean
}

/** One case of row access: to which actors it applies, and in words which rows it gives: `orders of the actor's own branch`. */
export interface RowCaseDeclaration {
  readonly when: Predicate
  readonly rows: string
}

/** Which rows of a resource an actor may see: cases by name, in order. The first that holds applies; where none holds there are no rows. */
export interface RowAccessDeclaration {
  /** Unique in a deployment: `order`, `order.note`. */
  readonly name: string
  readonly summary: string
  readonly cases: Readonly<Record<string, RowCaseDeclaration>>
}

/** What a plugin adds to the deployment's policy. */
export interface Permissions {
  readonly rules?: Readonly<Record<string, Rule>>
  readonly rowAccess?: readonly RowAccessDeclaration[]
}

/** Evaluates the object part of a rule; `check` throws 403 when the rule's object part does not hold (docs/api/auth-users.md §4.1). */
export interface PermissionChecks {
  check(actor: Actor, permission: string, object: unknown): void
  allows(actor: Actor, permission: string, object: unknown): boolean
  rule(permission: string): Rule | undefined
}

/**
 * How a request is turned into an actor. `authenticate` returns the actor, null without credentials, and throws an ApiError for bad ones.
 * `refused` is how missing credentials are answered (docs/api/auth-users.md §1.3.2).
 */
export interface AuthenticationScheme<Sc> {
  readonly summary: string
  readonly refused: { readonly status: 401 | 403; readonly challenge?: string }
  authenticate(request: FastifyRequest, scope: Sc): Actor | null | Promise<Actor | null>
  /** Headers of a request as the user of this name, undefined where there is none: for commands that run a request (`care-kernel sql --as`). */
  headersFor?(username: string, scope: Sc): Promise<Readonly<Record<string, string>> | undefined>
}
