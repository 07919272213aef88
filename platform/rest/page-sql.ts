import { isDisjunction, type Disjunction, sqlComment } from '../data/statement.ts'

/** Where the rows of a list come from: a from-item, its alias, and the conditions the rows meet. */
export interface Source {
  readonly from: string
  readonly alias: string
  readonly conditions: readonly (string | Disjunction)[]
}

/** One page of a source. */
export interface PageQuery {
  readonly source: Source
  readonly order: string
  /** `limit $n offset $m` */
  readonly limitClause: string
  /** Upper bound of limit + offset as a constant, see `limitBucket`; undefined for pages far from the start. */
  readonly bucket: number | undefined
}

const LARGEST_BUCKET = 65_536
/** Up to this number of matches, fetching and sorting all of them is cheaper than scanning along the order. */
const SORTED_AT_MOST = 400

const SCAN = sqlComment('ordered scan')
const LOOKUP = sqlComment('key lookup')
const MATCHES = sqlComment('matches')
const BUCKET = sqlComment('limit bucket')

const and = (conditions: readonly string[]) => conditions.join(' and ') || 'true'

/**
 * The limit bucket of a page: its end rounded up to a power of four, written into the text as a constant. The generic plan of a prepared
 * statement does not know the value of a parameter, assumes a large one, and would sort all matches.
 */
export function limitBucket(end: number): number | undefined {
  let bucket = 16
  while (bucket < end) bucket *= 4
  return bucket > LARGEST_BUCKET ? undefined : bucket
}

/** All rows of a source, in order. */
export const allRows = ({ from, alias, conditions }: Source, order: string): string =>
  `select ${alias}.* from ${from} where ${and(conditions.map(String))} ${order}`

/** The rows of a page by an ordered scan: along an index in the list's order, until the page is full. */
export function orderedScan({ source, order, limitClause, bucket }: PageQuery): string {
  const { from, alias } = source
  if (bucket === undefined) return `${SCAN} ${allRows(source, order)} ${limitClause}`
  const firstRows = `${order} limit ${bucket} ${BUCKET}`
  const { plain, disjunction } = split(source)
  const select = (conditions: readonly string[]) => `${SCAN} select ${alias}.* from ${from} where ${and(conditions)} ${firstRows}`
  if (!disjunction) return `select * from (${select(plain)}) ${alias} ${limitClause}`
  const parts = disjunction.branches.map(({ where, each }) =>
    each
      ? `(select ${alias}.* from ${each.of} cross join lateral (${select([...plain, each.where])}) ${alias})`
      : `(${select([...plain, where])})`
  )
  return `select * from (${parts.join(' union all ')}) ${alias} ${order} ${limitClause}`
}

/** One column of all matches of a source, in any order: what is counted. */
export function matchesOf(source: Source, column: string): string {
  const { from } = source
  const { plain, disjunction } = split(source)
  const select = (of: string, conditions: readonly string[]) => `select ${column} from ${of} where ${and(conditions)}`
  if (!disjunction) return select(from, plain)
  return disjunction.branches
    .map(({ where, each }) => (each ? select(`${each.of}, ${from}`, [...plain, each.where]) : select(from, [...plain, where])))
    .join(' union all ')
}

/**
 * The rows of a page where the number of matches is not known yet. `matches` collects the ids of up to `upTo + 1` matches and counts them;
 * `rows` is a lookup by key where they are few, an ordered scan where they are many. PostgreSQL evaluates the count first and runs one
 * of the two.
 */
export function keyLookup(page: PageQuery, upTo: number): { readonly matches: string; readonly rows: string } {
  const {
    source: { from, alias },
    order,
    limitClause
  } = page
  const few = Math.min(SORTED_AT_MOST, upTo)
  // As an array: for `in (select …)` the planner assumes that the limit of the subquery is reached, and reads the whole table.
  const lookup = `${LOOKUP} select ${alias}.* from ${from} where ${alias}.id = any(array(select m.id from m limit ${few})) ${order} ${limitClause}`
  return {
    matches: `with m as materialized (${MATCHES} select * from (${matchesOf(page.source, `${alias}.id`)}) m limit ${upTo + 1}), n as materialized (select count(*) as count from m)`,
    rows: `select * from (${lookup}) ${alias} where (select count from n) <= ${few}
      union all select * from (${orderedScan(page)}) ${alias} where (select count from n) > ${few}`
  }
}

/** Separates the first disjunction, which is read branch by branch; a further one stays a plain `or`. */
function split({ conditions }: Source): { plain: readonly string[]; disjunction: Disjunction | undefined } {
  const disjunction = conditions.find(isDisjunction)
  return { plain: conditions.filter(condition => condition !== disjunction).map(String), disjunction }
}

const MAX_TEXTS = 500

/**
 * Cache of statement texts by what they depend on: what is selected, and further parts. It returns the same string object each time,
 * whose hash is known: prepared statements are found by their text.
 */
export class Statements {
  readonly #texts = new Map<unknown, Map<string, string>>()
  #count = 0

  text(parts: readonly string[], selected: object | string, make: () => string): string {
    const texts = this.#texts.get(selected) ?? new Map<string, string>()
    const id = parts.join('\n')
    const known = texts.get(id)
    if (known !== undefined) return known
    const text = make()
    if (this.#count++ < MAX_TEXTS) this.#texts.set(selected, texts.set(id, text))
    return text
  }
}
