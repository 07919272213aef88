import type { Predicate } from '../../kernel/plugin/access.ts'
import type { Actor } from './actor.ts'

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
