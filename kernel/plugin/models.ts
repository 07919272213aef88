import type { Model, ModelAttributeColumnOptions, ModelStatic } from 'sequelize'

/** What a column says about a person. Reports are masked, log fields redacted and audit entries masked by it. */
export type PrivacyClass = 'none' | 'identity' | 'contact' | 'health' | 'secret'

export const PRIVACY_CLASSES: readonly PrivacyClass[] = ['none', 'identity', 'contact', 'health', 'secret']

/** One column: its Sequelize type, its privacy class, and the default that the application writes. */
export interface Column<T = unknown> {
  readonly privacy: PrivacyClass
  readonly options: ModelAttributeColumnOptions
  /** Every value the column may have, where it holds a code and no free text. */
  readonly coded?: readonly string[]
  /** Of a quasi-identifier (age, gender, district: identifying in combination), the step to which reports round it. */
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

/** A table this plugin owns. Its rows are written with `scope.repository(definition)`. */
export interface ModelDefinition<C extends Columns = Columns> {
  readonly name: string
  readonly table: string
  readonly columns: C
  /** Label in the fixtures that `care-kernel load` reads, `app.model` in lower case. */
  readonly fixture?: string
  /** Many-to-many lists of the fixture, by field name. */
  readonly lists?: Readonly<Record<string, JoinTable>>
  /** The column that names the person a row is about; null where it is about no person. */
  readonly subject: (keyof C & string) | null
  /** Columns that a repository sets to the acting user, at an insert and at an update, where the values do not name them. */
  readonly stamps?: { readonly insert?: readonly (keyof C & string)[]; readonly update?: readonly (keyof C & string)[] }
  /** True for technical rows (tokens, counters): their writes are not reported to write observers, the audit log among them. */
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
  /** The step to which reports round a quasi-identifier; 0 where the column is none. */
  readonly quasi: number
}
