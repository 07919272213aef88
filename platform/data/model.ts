import { DataTypes, type Model, type ModelAttributeColumnOptions, type ModelStatic } from 'sequelize'

/** What a column says about a person; drives masking, log redaction, export and erasure. */
export type PrivacyClass = 'none' | 'identity' | 'contact' | 'health' | 'secret'

export const PRIVACY_CLASSES: readonly PrivacyClass[] = ['none', 'identity', 'contact', 'health', 'secret']

/** One column: its Sequelize type, its privacy class, and what the application writes when nobody says otherwise. */
export interface Column<T = unknown> {
  readonly privacy: PrivacyClass
  readonly options: ModelAttributeColumnOptions
  /** Every value it may have, where it is a code and never what somebody typed. */
  readonly coded?: readonly string[]
  /** It says who somebody is only together with the others of its table that are marked so (age, gender, district): the step in which it may be shown. */
  readonly quasi?: number
  readonly type?: T
}

interface ColumnOptions<T> {
  /** The application's default; the tables have none of their own (contract auth-users §1.18). */
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

/** The columns most domain tables begin with (contract auth-users §1.18). */
export function baseColumns() {
  return {
    id: column.key(),
    external_id: column.uuid('none', { default: () => crypto.randomUUID() }),
    created_date: column.timestamp('none', { null: true }),
    modified_date: column.timestamp('none', { null: true }),
    deleted: column.boolean('none', { default: false })
  }
}

/** A many-to-many list of a fixture: rows of `table` with this row's key in `from` and the other's in `to`. */
export interface JoinTable {
  readonly table: string
  readonly from: string
  readonly to: string
  /** Columns of the join table that a fixture cannot give, by the column of the row they are copied from. */
  readonly copy?: Readonly<Record<string, string>>
}

export type Columns = Record<string, Column>
export type RowOf<C extends Columns> = { [K in keyof C]: C[K] extends Column<infer T> ? T : never }

/** A table this plugin owns. Attached to Sequelize anew by every kernel; reach the model with `scope.model(definition)`. */
export interface ModelDefinition<C extends Columns = Columns> {
  readonly name: string
  readonly table: string
  readonly columns: C
  /** Label in the original's fixtures, `app.model` in lower case. */
  readonly fixture?: string
  /** Many-to-many lists of the fixture, by field name. */
  readonly lists?: Readonly<Record<string, JoinTable>>
  /** The column that says whose data a row is; null where it is nobody's. */
  readonly subject: (keyof C & string) | null
}

/** Checks nothing, freezes: the engine reports what is wrong together with everything else. */
export function defineModel<const C extends Columns>(definition: ModelDefinition<C>): ModelDefinition<C> {
  return Object.freeze(definition)
}

/** The Sequelize model of a definition. */
export type ModelOf<C extends Columns> = ModelStatic<Model<RowOf<C>, Partial<RowOf<C>>>>
