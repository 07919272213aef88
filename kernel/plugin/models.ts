import type { Model, ModelAttributeColumnOptions, ModelStatic } from 'sequelize'

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
  /** Columns that a repository sets to the acting user, at an insert and at an update, where the values do not name them. */
  readonly stamps?: { readonly insert?: readonly (keyof C & string)[]; readonly update?: readonly (keyof C & string)[] }
  /** True for rows that only keep the software going: write observers, the audit log among them, do not see their writes. */
  readonly technical?: boolean
}

/** The Sequelize model of a definition. */
export type ModelOf<C extends Columns> = ModelStatic<Model<RowOf<C>, Partial<RowOf<C>>>>

/** One entry of the data inventory. */
export interface ClassedColumn {
  readonly table: string
  readonly column: string
  readonly privacy: PrivacyClass
  readonly subject: string | null
  /** Every value it may have, empty where it is not a code. */
  readonly coded: readonly string[]
  /** Step in which a part of who somebody is may be shown, 0 where it is none. */
  readonly quasi: number
}
