// `care-kernel/data`: models, and the parts of SQL statements.
export { Disjunction, type Branch, Params, sqlComment } from './statement.ts'
export type {
  Repositories,
  Repository,
  Values,
  Write,
  WriteListener,
  Writes,
  WrittenRow
} from '../../kernel/plugin/repository.ts'
export type { Column, Columns, ModelDefinition, ModelOf, PrivacyClass, RowOf, ClassedColumn } from '../../kernel/plugin/models.ts'
export { baseColumns, column, defineModel } from './model.ts'
export { connectPostgres, type PostgresSettings } from './postgres.ts'
export { insertSql, refusingDuplicates } from './repository.ts'
