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
  type Values
} from 'care-kernel/rest'
import type { RuledConsultation } from './consultations.ts'
import { CONSULTATION, consultationOfPath, of, type OfConsultation, type PartOfConsultation } from './nested.ts'
import type { ConsultationScope } from './scope.ts'

/** Who writes what belongs to a consultation. The consultation is held until the end of the transaction. */
export interface Held {
  readonly actor: Actor
  readonly consultation: RuledConsultation
}

/** Rows that belong to a consultation: its diagnoses, symptoms, consents. */
export interface ConsultationPart<R extends Fields, Row extends { readonly id: number }> {
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
  /** A rule of the consultation for one row and for changes, where there is one besides the route's. Throws 403. */
  requireOne?(action: 'read' | 'write', held: Held): void
  /** Writes a new row; its uuid. */
  add(tx: Tx, held: Held, values: Values<R>): Promise<string>
  /** `values` are all of a PUT's, or what a PATCH gives. */
  change(tx: Tx, held: Held, row: Row, values: Partial<Values<R>>, method: 'PUT' | 'PATCH'): Promise<void>
}

/** Mounts list, detail and writes of such rows (contract consultations §8, §9, §12). */
export function partRoutes<R extends Fields, Row extends { readonly id: number }>(
  app: FastifyInstance,
  scope: ConsultationScope,
  { path, name, scheme, rows, alias, input, columns, requireOne, add, change }: ConsultationPart<R, Row>
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
  const hold = async (tx: Tx, request: FastifyRequest<OfConsultation>): Promise<Held> => {
    const actor = actorOf(request)
    return { actor, consultation: await consultations.ofPath(tx, actor, request.params.consultation, true) }
  }

  app.get<OfConsultation>(
    url,
    { ...read, schema: describe({ summary: `List each ${name}`, filters: rows.filters, paging: 'limit', answer }) },
    async (request, reply) => sendJson(reply, await rows.list(database, request, of(alias, await ofPath(request))))
  )

  app.post<OfConsultation>(
    url,
    { ...write, schema: describe({ summary: `Record a ${name}`, body: input, answer, status: 201 }) },
    async (request, reply) => {
      const json = await database.transaction(async tx => {
        const held = await hold(tx, request)
        return rows.one(tx, await add(tx, held, await readInput(request, input, { db: tx })))
      })
      return sendJson(reply, json, 201)
    }
  )

  app.get<PartOfConsultation>(
    `${url}:id/`,
    { ...read, schema: describe({ summary: `One ${name}`, answer }) },
    async (request, reply) => {
      const consultation = await ofPath(request)
      requireOne?.('read', { actor: actorOf(request), consultation })
      return sendJson(reply, await rows.one(database, request.params.id, of(alias, consultation)))
    }
  )

  for (const method of ['PUT', 'PATCH'] as const) {
    app.route<PartOfConsultation>({
      method,
      url: `${url}:id/`,
      ...write,
      schema: describe({ summary: `Change a ${name}`, body: input, answer }),
      async handler(request, reply) {
        const { id: key } = request.params
        const json = await database.transaction(async tx => {
          const held = await hold(tx, request)
          requireOne?.('write', held)
          const row = await rows.row<Row>(tx, key, columns, of(alias, held.consultation))
          const values = await (method === 'PATCH'
            ? readInput(request, input, { db: tx, partial: true })
            : readInput(request, input, { db: tx }))
          await change(tx, held, row, values, method)
          return rows.one(tx, key)
        })
        return sendJson(reply, json)
      }
    })
  }
}
