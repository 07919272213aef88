// `care-kernel/data`: models, and the parts of SQL statements.
export { AnyOf, type Branch } from './disjunction.ts'
export {
  baseColumns,
  column,
  defineModel,
  type Column,
  type ModelDefinition,
  type ModelOf,
  type PrivacyClass,
  type RowOf
} from './model.ts'
export { Params } from './params.ts'
export type { ClassedColumn } from './privacy.ts'
export { rowsOf, type Rows } from './rows.ts'
