// `care-kernel/access`: rules, the predicates they are made of, and row access.
export type { Asked, Permissions, Predicate, Rule } from '../../kernel/plugin/access.ts'
export { isPermissionDenied, PermissionDenied } from './denied.ts'
export {
  all,
  any,
  explain,
  not,
  predicate,
  scopeCondition,
  scopePart,
  type Explanation,
  type Scope as RowScope
} from './predicates.ts'
