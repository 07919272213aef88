/** One way in which a condition may hold, served by an index of its own. */
export interface Branch {
  /** The condition as it stands: `p.facility_id = any($1)`. */
  readonly where: string
  /** The same value by value, where rows come ordered for each value only: `{ of: 'unnest($1::bigint[]) m(id)', where: 'p.facility_id = m.id' }`. */
  readonly each?: { readonly of: string; readonly where: string }
}

/**
 * A condition that holds in any of several ways which exclude each other. In SQL it is their `or`; a list reads its page from every
 * branch in the list's order and merges them, since no index serves an `or`.
 */
export class AnyOf {
  readonly branches: readonly Branch[]

  constructor(...branches: Branch[]) {
    this.branches = branches
  }

  toString(): string {
    return `(${this.branches.map(({ where }) => where).join(' or ')})`
  }
}
