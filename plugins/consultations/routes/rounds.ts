import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Actor, Queryable } from 'care-kernel'
import { actorOf, describe, filter, filters, ordering, readInput, resource, sendJson, type Filter } from 'care-kernel/rest'
import type { RuledConsultation } from '../consultations.ts'
import { ROUNDS_TYPES } from '../enumerations.ts'
import { CONSULTATION, of, type NestedPath, type NestedRow } from './nested.ts'
import { analyse, readAnalysis } from '../round-analysis.ts'
import { Rounds, type RoundRow, type RoundValues, roundInput } from '../rounds.ts'
import type { ConsultationScope } from '../services.ts'
import { roundShape } from '../outputs.ts'

/** Names of rounds, separated by commas; unknown ones are left out, and none left is no row. */
const byType: Filter = filter.custom((text, params) => {
  const names = text.split(',').map(name => name.trim().toUpperCase())
  const types = Object.entries(ROUNDS_TYPES).flatMap(([type, name]) => (names.includes(name) ? [Number(type)] : []))
  return `r.rounds_type = any(${params.add(types, 'integer[]')})`
})

const rows = resource({
  name: 'DailyRound',
  from: 'facility_dailyround r',
  key: { column: 'r.external_id', kind: 'uuid' },
  live: 'not r.deleted',
  shape: roundShape,
  ordering: ordering({}, 'r.taken_at desc, r.id desc'),
  filters: filters({ rounds_type: byType, taken_at: filter.instantRange('r.taken_at') })
})

const ROW = 'r.id, r.external_id, to_jsonb(r) as stored'

/** `consultation/{id}/daily_rounds/` (docs/api/consultations.md §10). READ-D is checked before the body is read. */
export function roundRoutes(app: FastifyInstance, scope: ConsultationScope): void {
  const { clock, consultations, database, hooks, permissions } = scope
  const input = roundInput(clock)
  const rounds = new Rounds(scope)
  const url = `${CONSULTATION}daily_rounds/`
  const reading = { scheme: 'consultation', permission: 'round.read', permissionBefore405: 'round.write' }
  const writing = { scheme: 'consultation', permission: 'round.write' }
  const answer = rows.shape

  /** The consultation of the path: for devices those of their facility, for users those of READ-D. */
  async function reached(
    db: Queryable,
    actor: Actor,
    uuid: string,
    permission: 'round.read' | 'round.write',
    lock = false
  ): Promise<RuledConsultation> {
    if (actor.assetId !== null) return consultations.ofPath(db, actor, uuid, lock)
    const consultation = await consultations.anywhere(db, uuid, lock)
    permissions.check(actor, permission, consultation)
    return consultation
  }
  const asking = async (request: FastifyRequest<NestedPath>) =>
    void (await reached(database, actorOf(request), request.params.consultation, 'round.write'))

  app.get<NestedPath>(
    url,
    {
      config: reading,
      schema: describe({ summary: 'Daily rounds of a consultation', filters: rows.filters, paging: 'limit', answer })
    },
    async (request, reply) => {
      const consultation = await reached(database, actorOf(request), request.params.consultation, 'round.read')
      return sendJson(reply, await rows.list(database, request, of('r', consultation)))
    }
  )

  app.post<NestedPath>(
    url,
    {
      config: writing,
      onRequest: asking,
      schema: describe({ summary: 'Record a daily round', body: input, answer, status: 201 })
    },
    async (request, reply) => {
      const actor = actorOf(request)
      const json = await database.transaction(async tx => {
        const values = (await readInput(request, input, { db: tx })) as RoundValues
        const consultation = await reached(tx, actor, request.params.consultation, 'round.write', true)
        return rows.one(tx, await rounds.add(tx, actor, consultation, values))
      })
      return sendJson(reply, json, 201)
    }
  )

  app.post<NestedPath>(
    `${url}analyse/`,
    {
      config: reading,
      schema: describe({ summary: 'Raw values of rounds by time' })
    },
    async (request, reply) => {
      const { id } = await reached(database, actorOf(request), request.params.consultation, 'round.read')
      return sendJson(reply, await analyse(database, id, readAnalysis(request.body)))
    }
  )

  app.get<NestedRow>(
    `${url}:id/`,
    { config: reading, schema: describe({ summary: 'One daily round', answer }) },
    async (request, reply) => {
      const actor = actorOf(request)
      const consultation = await reached(database, actor, request.params.consultation, 'round.read')
      permissions.check(actor, 'round.read', consultation)
      return sendJson(reply, await rows.one(database, request.params.id, of('r', consultation)))
    }
  )

  for (const method of ['PUT', 'PATCH'] as const) {
    app.route<NestedRow>({
      method,
      url: `${url}:id/`,
      config: writing,
      onRequest: asking,
      schema: describe({ summary: 'Change a daily round', body: input, answer }),
      async handler(request, reply) {
        const actor = actorOf(request)
        const { consultation: uuid, id: key } = request.params
        const json = await database.transaction(async tx => {
          const consultation = await reached(tx, actor, uuid, 'round.write', true)
          const { assetId } = actor
          if (assetId !== null) {
            const answers = await hooks['device-at-bed'](tx, { assetId, consultationId: consultation.id })
            permissions.check(actor, 'round.write', { ...consultation, deviceAtBed: answers.includes(true) })
          }
          const row = await rows.row<RoundRow>(tx, key, ROW, of('r', consultation))
          const values = (await (method === 'PATCH'
            ? readInput(request, input, { db: tx, partial: true })
            : readInput(request, input, { db: tx }))) as RoundValues
          await rounds.change(tx, actor, consultation, row, values)
          return rows.one(tx, key)
        })
        return sendJson(reply, json)
      }
    })
  }
}
