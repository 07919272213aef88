/** Collects the values of one statement: `params.add(value)` is the placeholder to write into the SQL. */
export class Params {
  readonly values: unknown[]

  constructor(initial: readonly unknown[] = []) {
    this.values = [...initial]
  }

  /** `$n`, cast where a type is given: `$3::uuid`. */
  add(value: unknown, cast?: string): string {
    this.values.push(value)
    return cast ? `$${this.values.length}::${cast}` : `$${this.values.length}`
  }
}

/** One way in which a condition may hold, served by an index of its own. */
export interface Branch {
  /** The condition as it stands: `p.facility_id = any($1)`. */
  readonly where: string
  /** The same value by value, where rows come ordered for each value only: `{ of: 'unnest($1::bigint[]) m(id)', where: 'p.facility_id = m.id' }`. */
  readonly each?: { readonly of: string; readonly where: string }
}

const MADE = Symbol.for('care-kernel.disjunction')

/**
 * A condition that holds in any of several ways which exclude each other. In SQL it is their `or`; a list reads its page from every
 * branch in the list's order and merges them, since no index serves an `or`.
 */
export class Disjunction {
  readonly [MADE] = true
  readonly branches: readonly Branch[]
  #text: string

  constructor(...branches: Branch[]) {
    this.branches = branches
    this.#text = `(${branches.map(({ where }) => where).join(' or ')})`
  }

  /** The same, each of its texts beginning with an SQL comment. */
  withComment(comment: string): Disjunction {
    const after = (where: string) => `${comment} ${where}`
    const made = new Disjunction(
      ...this.branches.map(({ where, each }) => ({
        where: after(where),
        ...(each ? { each: { of: each.of, where: after(each.where) } } : {})
      }))
    )
    made.#text = after(this.#text)
    return made
  }

  toString(): string {
    return this.#text
  }
}

/** Whether a condition is a disjunction, made by this copy of the package or another. */
export const isDisjunction = (condition: unknown): condition is Disjunction =>
  typeof condition === 'object' && condition !== null && MADE in condition

/**
 * An SQL comment that names the contributor of a part of a statement, for `care-kernel sql` and for logs of slow statements. PostgreSQL drops
 * comments when it parses a statement. The text must be a constant of the code: a value would make another statement of it.
 */
export function sqlComment(text: string): string {
  if (text.includes('*/') || text.includes('/*')) throw new TypeError(`an SQL comment cannot hold ${text}`)
  return `/* ${text} */`
}
