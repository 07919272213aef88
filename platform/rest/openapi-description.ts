import type { Filters, Ordering } from './filters.ts'
import type { Fields } from './input-field.ts'
import type { Shape } from './outputs.ts'
import type { RecordInput } from './record.ts'

/** Inputs and outputs of an endpoint, for the OpenAPI document. Fastify does not validate with it: records and filters do. */
export interface Description<R extends Fields> {
  readonly summary: string
  readonly body?: RecordInput<R>
  readonly filters?: Filters | undefined
  readonly ordering?: Ordering | undefined
  /** Paging of the list: by limit and offset, or by page number. */
  readonly paging?: 'limit' | 'page'
  /** The representation of the response; with `paging`, of the rows of a page. */
  readonly answer?: Shape
  readonly status?: number
}

const PAGING = {
  limit: { limit: { type: 'integer' }, offset: { type: 'integer' } },
  page: { page: { type: 'string' } }
} as const

/** The `schema` of a Fastify route. */
export function describe<R extends Fields>({
  summary,
  body,
  filters,
  ordering,
  paging,
  answer,
  status = 200
}: Description<R>): object {
  const parameters = Object.fromEntries((filters?.parameters ?? []).map(({ name, schema }) => [name, schema]))
  const query = {
    ...parameters,
    ...(paging ? PAGING[paging] : {}),
    ...(ordering && ordering.fields.length > 0 ? { ordering: { type: 'string' } } : {})
  }
  const page =
    answer && paging
      ? {
          type: 'object',
          properties: {
            count: { type: 'integer' },
            next: { type: 'string', nullable: true },
            previous: { type: 'string', nullable: true },
            results: { type: 'array', items: answer.schema }
          }
        }
      : answer?.schema
  return {
    summary,
    ...(body ? { body: body.schema } : {}),
    ...(Object.keys(query).length > 0 ? { querystring: { type: 'object', properties: query } } : {}),
    response: { [status]: page ? { description: summary, ...page } : { description: summary, type: 'null' } }
  }
}
