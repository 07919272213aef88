// `care-kernel/data`: models, and the parts of SQL statements.
export type { Column, ModelDefinition, ModelOf, PrivacyClass, RowOf, ClassedColumn } from '../../kernel/plugin/models.ts'
export { Disjunction, type Branch } from './disjunction.ts'
export { baseColumns, column, defineModel } from './model.ts'
export { Params } from './params.ts'
export { rowsOf, type Rows } from './rows.ts'
