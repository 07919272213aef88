import type { Predicate, RowAccessDeclaration, RowCaseDeclaration } from '../../kernel/plugin/access.ts'
import { isDisjunction, type Disjunction, type Params } from '../data/statement.ts'
import type { Actor } from './actor.ts'

// What a policy is written with: predicates, and row access made of them.

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

/** One case of row access. `C` is what its SQL needs besides the actor: the alias of the rows, relations of the deployment. */
export interface RowCase<C = unknown> extends RowCaseDeclaration {
  /** The condition of the rows. Its text depends on nothing but the kind of actor and the context: values are added to `params`. */
  readonly sql: (actor: Actor, params: Params, context: C) => string | Disjunction
}

/** Which rows of a resource an actor may see. The first case that holds applies; where none holds there are no rows. */
export interface RowAccess<C = unknown, N extends string = string> extends RowAccessDeclaration {
  readonly cases: Readonly<Record<N, RowCase<C>>>
}

type Cases = Readonly<Record<string, RowCase<never>>>
/** What the cases need, all of it. */
type ContextOf<K extends Cases> = K[keyof K] extends { sql: (actor: never, params: never, context: infer C) => unknown }
  ? C
  : never

/** Names become part of statements, and numbers as keys would change the order of the cases. */
const NAME = /^[a-z][a-z0-9 .-]*$/

/** Declares row access. The order of the cases is the order in which they are asked. Throws where a name is no plain lower-case text. */
export function rowAccess<K extends Cases>(declared: {
  readonly name: string
  readonly summary: string
  readonly cases: K
}): RowAccess<ContextOf<K>, keyof K & string> {
  for (const name of [declared.name, ...Object.keys(declared.cases)])
    if (!NAME.test(name)) throw new TypeError(`row access "${declared.name}": "${name}" is not a name in lower case`)
  const cases = Object.freeze({ ...declared.cases }) as unknown as RowAccess<ContextOf<K>, keyof K & string>['cases']
  return Object.freeze({ ...declared, cases })
}

/** Some cases of another declaration, in the order in which they are named here. */
export function pickCases<C, N extends string, M extends N>(
  { name, cases }: RowAccess<C, N>,
  ...names: M[]
): Record<M, RowCase<C>> {
  return Object.fromEntries(names.map(picked => [picked, caseOf(name, cases, picked)])) as Record<M, RowCase<C>>
}

/** All cases of another declaration in their order, with parts of some replaced. */
export function overrideCases<C, N extends string, D extends C>(
  { name, cases }: RowAccess<C, N>,
  replaced: { readonly [M in N]?: Partial<RowCase<D>> }
): Record<N, RowCase<D>> {
  const changes = Object.entries(replaced as Readonly<Record<string, Partial<RowCase<D>>>>)
  return {
    ...cases,
    ...Object.fromEntries(changes.map(([of, change]) => [of, { ...caseOf(name, cases, of as N), ...change }]))
  }
}

function caseOf<C, N extends string>(access: string, cases: Readonly<Record<N, RowCase<C>>>, name: N): RowCase<C> {
  if (!Object.hasOwn(cases, name)) throw new TypeError(`row access "${access}" has no case "${name}"`)
  return cases[name]
}

/** The same row access for one statement or deployment. */
export function inContext<C, N extends string>(access: RowAccess<C, N>, context: C): RowAccess<unknown, N> {
  const cases = Object.entries<RowCase<C>>(access.cases).map(([name, { sql, ...declared }]) => [
    name,
    { ...declared, sql: (actor: Actor, params: Params) => sql(actor, params, context) }
  ])
  return Object.freeze({ ...access, cases: Object.freeze(Object.fromEntries(cases) as Record<N, RowCase>) })
}

/** The SQL condition of the rows an actor may see. It begins with a comment that names the case. */
export function rowCondition(access: RowAccess, actor: Actor, params: Params): string {
  return String(rowDisjunction(access, actor, params))
}

/** The same for lists, which read the branches of a disjunction one by one. */
export function rowDisjunction({ name, cases }: RowAccess, actor: Actor, params: Params): string | Disjunction {
  for (const applying in cases) {
    const { when, sql } = cases[applying] as RowCase
    if (when.test(actor, undefined)) return explained(sql(actor, params, undefined), `/* row access ${name}: ${applying} */`)
  }
  return `/* row access ${name}: no case */ false`
}

const explained = (condition: string | Disjunction, comment: string) =>
  isDisjunction(condition) ? condition.withComment(comment) : `${comment} ${condition}`

/** Whether any case holds: whether an actor may see rows at all, as far as the actor decides it. */
export const anyCase = ({ name, cases }: RowAccessDeclaration): Predicate => {
  const of = Object.values(cases).map(({ when }) => when)
  return Object.freeze({
    name: `a case of row access ${name}`,
    of,
    test: (actor: Actor, object: unknown) => of.some(part => part.test(actor, object))
  })
}

/** Row access of one actor, case by case. */
export interface RowAccessExplanation {
  readonly access: string
  readonly summary: string
  /** The name of the case that applies; undefined where there are no rows. */
  readonly applies: string | undefined
  /** In the order in which they are asked: also those after the one that applies. */
  readonly cases: readonly { readonly case: string; readonly rows: string; readonly holds: boolean; readonly when: Explanation }[]
}

/** Says which case applies to an actor, and why the others do not. */
export function explainRowAccess({ name, summary, cases }: RowAccessDeclaration, actor: Actor): RowAccessExplanation {
  const explained = Object.entries(cases).map(([of, { when, rows }]) => {
    const why = explain(when, actor, undefined)
    return { case: of, rows, holds: why.holds, when: why }
  })
  return { access: name, summary, applies: explained.find(({ holds }) => holds)?.case, cases: explained }
}
