// `care-kernel/access`: rules, the predicates they are made of, and row access.
export { isPermissionDenied, PermissionDenied } from './permissions.ts'
export type { Asked, Permissions, Predicate, Rule } from '../../kernel/plugin/access.ts'
export type { Actor } from './actor.ts'
export { all, any, explain, not, predicate, type Explanation } from './policy.ts'
export {
  anyCase,
  explainRowAccess,
  inContext,
  overrideCases,
  pickCases,
  rowAccess,
  rowCondition,
  rowDisjunction /** @deprecated Use `rowCondition`. */,
  rowCondition as scopeCondition,
  type RowAccess,
  type RowAccessExplanation,
  type RowCase
} from './policy.ts'
