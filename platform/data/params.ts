/** Collects the values of one statement: `params.add(value)` is the placeholder to write into the SQL. */
export class Params {
  readonly values: unknown[]

  constructor(initial: readonly unknown[] = []) {
    this.values = [...initial]
  }

  /** `$n`, cast where a type is given: `$3::uuid`. */
  add(value: unknown, cast?: string): string {
    this.values.push(value)
    return cast ? `$${this.values.length}::${cast}` : `$${this.values.length}`
  }
}
