import { Params, sqlComment } from '../data/statement.ts'
import type { FastifyRequest } from 'fastify'
import type { Queryable } from '../../kernel/ports/database.ts'
import type { Fields } from './input-field.ts'
import type { RecordInput, Values } from './record.ts'
import type { Lookup } from './references.ts'

/** Where references are looked up, and how the body is parsed. */
export interface InputOptions {
  readonly db: Queryable
  /** Absent fields have no value: PATCH. */
  readonly partial?: boolean
  /** Time zone of times without an offset; the original's by default. */
  readonly zone?: string
}

/** The values of a request's body. Runs at most one statement, for all references. Throws 400 as `record.parse` does. */
export function readInput<R extends Fields>(
  request: FastifyRequest,
  input: RecordInput<R>,
  options: InputOptions & { partial: true }
): Promise<Partial<Values<R>>>
export function readInput<R extends Fields>(
  request: FastifyRequest,
  input: RecordInput<R>,
  options: InputOptions
): Promise<Values<R>>
export function readInput<R extends Fields>(
  request: FastifyRequest,
  input: RecordInput<R>,
  { db, partial = false, zone = 'Asia/Kolkata' }: InputOptions
): Promise<Values<R>> {
  return input.parse(request.body, { partial, arrival: { form: request.form, zone }, lookup: lookupIn(db) })
}

const REFERENCES = sqlComment('references')

/** Looks up references in one statement. */
export function lookupIn(db: Queryable): Lookup {
  return async requests => {
    const params = new Params()
    const parts = requests.map(
      ({ table, column, live, values }, index) =>
        `select ${index} as request, ${column}::text as given, id from ${table} where ${column} = any(${params.add(values, column === 'id' ? 'bigint[]' : 'uuid[]')})${live ? ' and not deleted' : ''}`
    )
    const { rows } = await db.query<{ request: number; given: string; id: number }>(
      `${REFERENCES} ${parts.join(' union all ')}`,
      params.values
    )
    return requests.map(
      (_, index) => new Map(rows.filter(({ request }) => request === index).map(({ given, id }) => [given, id]))
    )
  }
}
