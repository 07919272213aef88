import { DataTypes, type ModelAttributeColumnOptions } from 'sequelize'
import type { Column, Columns, ModelDefinition, PrivacyClass } from '../../kernel/plugin/models.ts'

interface ColumnOptions<T> {
  /** The application's default; the tables have none of their own (docs/api/auth-users.md §1.18). */
  default?: T | (() => T)
  primaryKey?: boolean
  coded?: readonly string[]
  quasi?: number
}

type Options<T, N> = ColumnOptions<T> & { null?: N }
type Nullable<T, N> = N extends true ? T | null : T

function make<T>(type: ModelAttributeColumnOptions['type']) {
  return <N extends boolean = false>(
    privacy: PrivacyClass,
    options: Options<Nullable<T, N>, N> = {}
  ): Column<Nullable<T, N>> => ({
    privacy,
    options: {
      type,
      allowNull: options.null ?? false,
      ...(options.default === undefined ? {} : { defaultValue: options.default }),
      ...(options.primaryKey ? { primaryKey: true } : {})
    },
    ...(options.coded ? { coded: options.coded } : {}),
    ...(options.quasi ? { quasi: options.quasi } : {})
  })
}

/** Makers of columns: `column.text('contact', { null: true })`. The privacy class always comes first. */
export const column = {
  integer: make<number>(DataTypes.INTEGER),
  bigint: make<number>(DataTypes.BIGINT),
  smallint: make<number>(DataTypes.SMALLINT),
  boolean: make<boolean>(DataTypes.BOOLEAN),
  text: make<string>(DataTypes.TEXT),
  uuid: make<string>(DataTypes.UUID),
  date: make<string>(DataTypes.DATEONLY),
  time: make<string>(DataTypes.TIME),
  timestamp: make<Date | string>(DataTypes.DATE(6)),
  double: make<number>(DataTypes.DOUBLE),
  json: make<unknown>(DataTypes.JSONB),
  inet: make<string>(DataTypes.INET),
  smallints: make<readonly number[]>(DataTypes.ARRAY(DataTypes.SMALLINT)),
  integers: make<readonly number[]>(DataTypes.ARRAY(DataTypes.INTEGER)),
  texts: make<readonly string[]>(DataTypes.ARRAY(DataTypes.TEXT)),
  varchar: <N extends boolean = false>(privacy: PrivacyClass, length: number, options: Options<Nullable<string, N>, N> = {}) =>
    make<string>(DataTypes.STRING(length))(privacy, options),
  decimal: <N extends boolean = false>(
    privacy: PrivacyClass,
    digits: number,
    places: number,
    options: Options<Nullable<string, N>, N> = {}
  ) => make<string>(DataTypes.DECIMAL(digits, places))(privacy, options),
  /** `id bigint` that PostgreSQL counts up. */
  key: (): Column<number> => ({ privacy: 'none', options: { type: DataTypes.BIGINT, primaryKey: true, autoIncrement: true } })
}

/** The columns most domain tables begin with (docs/api/auth-users.md §1.18). */
export function baseColumns() {
  return {
    id: column.key(),
    external_id: column.uuid('none', { default: () => crypto.randomUUID() }),
    created_date: column.timestamp('none', { null: true }),
    modified_date: column.timestamp('none', { null: true }),
    deleted: column.boolean('none', { default: false })
  }
}

/** Checks nothing, freezes: the engine reports what is wrong together with everything else. */
export function defineModel<const C extends Columns>(definition: ModelDefinition<C>): ModelDefinition<C> {
  return Object.freeze(definition)
}
