// `care-kernel/access`: rules, the predicates they are made of, and row access.
export {
  all,
  any,
  explain,
  not,
  predicate,
  scopeCondition,
  scopePart,
  type Asked,
  type Explanation,
  type Permissions,
  type Predicate,
  type Rule,
  type Scope as RowScope
} from './predicates.ts'
