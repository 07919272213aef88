import { isDisjunction, type Disjunction } from '../data/disjunction.ts'

/** Where the rows of a list come from: a from-item, its alias, and the conditions they meet. */
export interface Source {
  readonly from: string
  readonly alias: string
  readonly conditions: readonly (string | Disjunction)[]
}

/** One page of a source: `cut` is `limit $n offset $m`, `reach` its last row at most, undefined where that is far away. */
export interface PageOf {
  readonly source: Source
  readonly order: string
  readonly cut: string
  readonly reach: number | undefined
}

const LARGEST_REACH = 65_536
/** With fewer matches than this, fetching them all and sorting is cheaper than looking for the next ones along the order. */
const FEW = 400

const all = (conditions: readonly string[]) => conditions.join(' and ') || 'true'

/**
 * The end of a page as a constant: the next power of four. A generic plan cannot know how few rows a parameter will ask for, and would
 * sort them all.
 */
export function reachOf(end: number): number | undefined {
  let reach = 16
  while (reach < end) reach *= 4
  return reach > LARGEST_REACH ? undefined : reach
}

/** All rows of a source, in order. */
export const allRows = ({ from, alias, conditions }: Source, order: string): string =>
  `select ${alias}.* from ${from} where ${all(conditions.map(String))} ${order}`

/** The rows of a page, found by walking along the order. */
export function walkedRows({ source, order, cut, reach }: PageOf): string {
  const { from, alias } = source
  if (reach === undefined) return `${allRows(source, order)} ${cut}`
  const upTo = `${order} limit ${reach}`
  const { plain, union } = split(source)
  const select = (conditions: readonly string[]) => `select ${alias}.* from ${from} where ${all(conditions)} ${upTo}`
  if (!union) return `select * from (${select(plain)}) ${alias} ${cut}`
  const parts = union.branches.map(({ where, each }) =>
    each
      ? `(select ${alias}.* from ${each.of} cross join lateral (${select([...plain, each.where])}) ${alias})`
      : `(${select([...plain, where])})`
  )
  return `select * from (${parts.join(' union all ')}) ${alias} ${order} ${cut}`
}

/** A column of all rows of a source, in any order: what is counted. */
export function matchesOf(source: Source, column: string): string {
  const { from } = source
  const { plain, union } = split(source)
  const select = (of: string, conditions: readonly string[]) => `select ${column} from ${of} where ${all(conditions)}`
  if (!union) return select(from, plain)
  return union.branches
    .map(({ where, each }) => (each ? select(`${each.of}, ${from}`, [...plain, each.where]) : select(from, [...plain, where])))
    .join(' union all ')
}

/**
 * The matches `m`, so many and one more, and their number `n`: with few of them the page is cut out of these, with many it is walked to.
 * Which of both runs is decided before either.
 */
export function foundRows(page: PageOf, upTo: number): { readonly matches: string; readonly rows: string } {
  const {
    source: { from, alias },
    order,
    cut
  } = page
  // By key, as an array: of `in (select …)` it is thought that the bound is reached, and the whole table read for the few.
  const few = `select ${alias}.* from ${from} where ${alias}.id = any(array(select m.id from m limit ${FEW})) ${order} ${cut}`
  return {
    matches: `with m as materialized (select * from (${matchesOf(page.source, `${alias}.id`)}) m limit ${upTo + 1}), n as materialized (select count(*) as count from m)`,
    rows: `select * from (${few}) ${alias} where (select count from n) <= ${FEW}
      union all select * from (${walkedRows(page)}) ${alias} where (select count from n) > ${FEW}`
  }
}

/** Only one condition of a list is read branch by branch; others are conditions like any. */
function split({ conditions }: Source): { plain: readonly string[]; union: Disjunction | undefined } {
  const union = conditions.find(isDisjunction)
  return { plain: conditions.filter(condition => condition !== union).map(String), union }
}
