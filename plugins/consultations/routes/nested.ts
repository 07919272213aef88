import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Actor, Tx } from 'care-kernel'
import {
  actorOf,
  describe,
  readInput,
  sendJson,
  type Fields,
  type RecordInput,
  type Resource,
  type Values,
  type Where
} from 'care-kernel/rest'
import type { RuledConsultation } from '../consultations.ts'
import type { ConsultationScope } from '../services.ts'

/** Rows below a consultation. */
export type NestedPath = { Params: { consultation: string } }
/** One of these rows. */
export type NestedRow = { Params: { consultation: string; id: string } }

/** Prefix of these paths. */
export const CONSULTATION = '/api/v1/consultation/:consultation/'

/** Condition of the rows of one consultation; `alias` is that of the rows. */
export const of =
  (alias: string, { id }: { readonly id: number }): Where =>
  params => [`${alias}.consultation_id = ${params.add(id)}`]

/** Finds the consultation of a path before the body is read, as the original does: 404 where the actor does not reach it. */
export function consultationOfPath({ consultations, database }: ConsultationScope) {
  return (request: FastifyRequest): Promise<RuledConsultation> =>
    consultations.ofPath(database, actorOf(request), (request.params as { consultation: string }).consultation)
}

/** A write below a consultation, whose row is locked until the end of the transaction. */
export interface NestedWrite {
  readonly actor: Actor
  readonly consultation: RuledConsultation
}

/** A resource nested below a consultation: diagnoses, symptoms, consents. */
export interface NestedResource<R extends Fields, Row extends { readonly id: number }> {
  /** `consultation/{id}/<path>/` */
  readonly path: string
  /** `diagnosis`: of the summaries, and of the permissions `diagnosis.read` and `diagnosis.write`. */
  readonly name: string
  readonly scheme?: string
  readonly rows: Resource
  /** Alias of the rows. */
  readonly alias: string
  readonly input: RecordInput<R>
  /** Columns `change` needs of the row. */
  readonly columns: string
  /** Tests a rule on the consultation for one row and for changes, beside the route's. Throws 403. */
  requireOne?(action: 'read' | 'write', write: NestedWrite): void
  /** Writes a new row; its uuid. */
  add(tx: Tx, write: NestedWrite, values: Values<R>): Promise<string>
  /** `values`: all of a PUT, or those of a PATCH. */
  change(tx: Tx, write: NestedWrite, row: Row, values: Partial<Values<R>>, method: 'PUT' | 'PATCH'): Promise<void>
}

/** Mounts list, detail and writes (docs/api/consultations.md §8, §9, §12). */
export function nestedRoutes<R extends Fields, Row extends { readonly id: number }>(
  app: FastifyInstance,
  scope: ConsultationScope,
  { path, name, scheme, rows, alias, input, columns, requireOne, add, change }: NestedResource<R, Row>
): void {
  const { consultations, database } = scope
  const url = `${CONSULTATION}${path}/`
  const ofPath = consultationOfPath(scope)
  const by = scheme === undefined ? {} : { scheme }
  const read = { config: { ...by, permission: `${name}.read`, permissionBefore405: `${name}.write` } }
  const write = {
    config: { ...by, permission: `${name}.write` },
    onRequest: async (request: FastifyRequest) => void (await ofPath(request))
  }
  const answer = rows.shape
  const lockParent = async (tx: Tx, request: FastifyRequest<NestedPath>): Promise<NestedWrite> => {
    const actor = actorOf(request)
    return { actor, consultation: await consultations.ofPath(tx, actor, request.params.consultation, true) }
  }

  app.get<NestedPath>(
    url,
    { ...read, schema: describe({ summary: `List each ${name}`, filters: rows.filters, paging: 'limit', answer }) },
    async (request, reply) => sendJson(reply, await rows.list(database, request, of(alias, await ofPath(request))))
  )

  app.post<NestedPath>(
    url,
    { ...write, schema: describe({ summary: `Record a ${name}`, body: input, answer, status: 201 }) },
    async (request, reply) => {
      const json = await database.transaction(async tx => {
        const parent = await lockParent(tx, request)
        return rows.one(tx, await add(tx, parent, await readInput(request, input, { db: tx })))
      })
      return sendJson(reply, json, 201)
    }
  )

  app.get<NestedRow>(`${url}:id/`, { ...read, schema: describe({ summary: `One ${name}`, answer }) }, async (request, reply) => {
    const consultation = await ofPath(request)
    requireOne?.('read', { actor: actorOf(request), consultation })
    return sendJson(reply, await rows.one(database, request.params.id, of(alias, consultation)))
  })

  for (const method of ['PUT', 'PATCH'] as const) {
    app.route<NestedRow>({
      method,
      url: `${url}:id/`,
      ...write,
      schema: describe({ summary: `Change a ${name}`, body: input, answer }),
      async handler(request, reply) {
        const { id: key } = request.params
        const json = await database.transaction(async tx => {
          const parent = await lockParent(tx, request)
          requireOne?.('write', parent)
          const row = await rows.row<Row>(tx, key, columns, of(alias, parent.consultation))
          const values = await (method === 'PATCH'
            ? readInput(request, input, { db: tx, partial: true })
            : readInput(request, input, { db: tx }))
          await change(tx, parent, row, values, method)
          return rows.one(tx, key)
        })
        return sendJson(reply, json)
      }
    })
  }
}
