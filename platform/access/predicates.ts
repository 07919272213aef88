import type { Actor } from '../../kernel/plugin/actor.ts'
import type { AnyOf } from '../data/disjunction.ts'
import type { Params } from '../data/params.ts'

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

/** Names a question. */
export function predicate<O = unknown>(name: string, test: (actor: Actor, object: O) => boolean): Predicate<O> {
  return Object.freeze({ name, test })
}

/** All of them, in order. */
export function all<O>(...of: Predicate<O>[]): Predicate<O> {
  return Object.freeze({
    name: `all(${of.map(part => part.name).join(', ')})`,
    of,
    test: (actor: Actor, object: O) => of.every(part => part.test(actor, object))
  })
}

/** Any of them. */
export function any<O>(...of: Predicate<O>[]): Predicate<O> {
  return Object.freeze({
    name: `any(${of.map(part => part.name).join(', ')})`,
    of,
    test: (actor: Actor, object: O) => of.some(part => part.test(actor, object))
  })
}

/** The opposite. */
export function not<O>(part: Predicate<O>): Predicate<O> {
  return Object.freeze({ name: `not(${part.name})`, of: [part], test: (actor: Actor, object: O) => !part.test(actor, object) })
}

/**
 * One action. `allow` is asked before the body is parsed and before a row is loaded; `object` about the row, by `permissions.check`.
 * A rule that must read the body says so; a body that cannot be parsed is then refused with 403 (contract auth-users §1.4).
 */
export interface Rule {
  readonly summary: string
  readonly allow: Predicate<Asked>
  readonly object?: Predicate<never>
  readonly readsBody?: boolean
}

/** The rows an actor may see: the first case whose predicate holds gives the SQL condition. No case: no rows. */
export type Scope = readonly (readonly [Predicate, (actor: Actor, params: Params) => string | AnyOf])[]

/** The SQL condition of a scope for an actor, its values added to `params`. */
export function scopeCondition(scope: Scope, actor: Actor, params: Params): string {
  return String(scopePart(scope, actor, params))
}

/** The same for a list, which reads a condition of several ways one by one. */
export function scopePart(scope: Scope, actor: Actor, params: Params): string | AnyOf {
  const found = scope.find(([holds]) => holds.test(actor, undefined))
  return found ? found[1](actor, params) : 'false'
}

/** Why a predicate holds or not, part by part: what `why` answers and tests print. */
export interface Explanation {
  readonly name: string
  readonly holds: boolean
  readonly of?: readonly Explanation[]
}

/** Evaluates every part, without stopping at the first that decides. */
export function explain<O>(question: Predicate<O>, actor: Actor, object: O): Explanation {
  const holds = question.test(actor, object)
  return { name: question.name, holds, ...(question.of ? { of: question.of.map(part => explain(part, actor, object)) } : {}) }
}

/** What a plugin adds to the deployment's policy. */
export interface Permissions {
  readonly predicates?: Readonly<Record<string, Predicate<never>>>
  readonly scopes?: Readonly<Record<string, Scope>>
  readonly rules?: Readonly<Record<string, Rule>>
}
