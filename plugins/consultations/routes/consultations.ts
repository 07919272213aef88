import type { FastifyInstance } from 'fastify'
import type { Actor, Tx } from 'care-kernel'
import { PATIENT } from 'care-kernel/contracts/patients'
import { actorOf, describe, filter, filters, isUuid, notAUuid, ordering, readInput, resource, sendJson } from 'care-kernel/rest'
import { lastWriting } from 'care-kernel/toolkits/patients'
import { discharge } from '../discharge.ts'
import { Encounters, OPEN_COLUMNS, type OpenConsultation } from '../encounters.ts'
import { consultationInputs, dischargeInput } from '../inputs.ts'
import { RULE_COLUMNS, type ConsultationLike } from '../policy.ts'
import { listedFor } from '../row-access.ts'
import type { ConsultationScope } from '../services.ts'

type One = { Params: { id: string } }

/** `consultation/` (docs/api/consultations.md §4, §5). */
export function consultationRoutes(app: FastifyInstance, scope: ConsultationScope): void {
  const { clock, config, consultations, database, patients, permissions } = scope
  const { shape } = consultations
  const input = consultationInputs(clock, config.minEncounterDate)
  const encounters = new Encounters(scope, input)
  const rows = resource({
    name: 'PatientConsultation',
    from: 'facility_patientconsultation c',
    key: { column: 'c.external_id', kind: 'uuid' },
    live: 'not c.deleted',
    shape,
    counted: { upTo: 10_000, seconds: 2, stamp: lastWriting },
    ordering: ordering({}, 'c.id desc'),
    filters: filters({
      patient: filter.custom((text, params) => {
        if (!isUuid(text.trim())) throw notAUuid(text.trim())
        return `c.patient_id = (select p.id from ${PATIENT} p where p.external_id = ${params.add(text.trim(), 'uuid')})`
      }),
      facility: filter.number('c.facility_id')
    })
  })
  const reading = { scheme: 'consultation', permission: 'consultation.read', permissionBefore405: 'consultation.write' }
  const writing = { scheme: 'consultation', permission: 'consultation.write' }
  const url = '/api/v1/consultation/'

  /** Locks the patient, then the consultation of a path: the order in which a move of the patient locks them. */
  async function lock(tx: Tx, actor: Actor, uuid: string): Promise<OpenConsultation> {
    const { patient_id: patientId } = await rows.row<{ patient_id: number }>(tx, uuid, 'c.patient_id', listedFor(actor))
    await patients.patients.byId(tx, patientId, { lock: true })
    const row = await rows.row<OpenConsultation & ConsultationLike>(
      tx,
      uuid,
      `${OPEN_COLUMNS}, ${RULE_COLUMNS}`,
      listedFor(actor),
      true
    )
    permissions.check(actor, 'consultation.write', row)
    return row
  }

  app.get(
    url,
    {
      config: reading,
      schema: describe({ summary: 'Consultations one sees', filters: rows.filters, paging: 'limit', answer: shape })
    },
    async (request, reply) => sendJson(reply, await rows.list(database, request, listedFor(actorOf(request))))
  )

  app.post(
    url,
    { config: writing, schema: describe({ summary: 'Begin a consultation', body: input, answer: shape, status: 201 }) },
    async (request, reply) => {
      const json = await database.transaction(async tx => {
        const values = await readInput(request, input, { db: tx })
        return rows.one(tx, await encounters.begin(tx, actorOf(request), values))
      })
      return sendJson(reply, json, 201)
    }
  )

  app.get<One>(
    `${url}:id/`,
    { config: reading, schema: describe({ summary: 'One consultation', answer: shape }) },
    async (request, reply) => {
      const actor = actorOf(request)
      const row = await rows.row<ConsultationLike & { json: string }>(
        database,
        request.params.id,
        `${RULE_COLUMNS}, ${shape.sql}::text as json`,
        listedFor(actor)
      )
      permissions.check(actor, 'consultation.read', row)
      return sendJson(reply, row.json)
    }
  )

  for (const method of ['PUT', 'PATCH'] as const) {
    app.route<One>({
      method,
      url: `${url}:id/`,
      config: writing,
      schema: describe({ summary: 'Change a consultation', body: input, answer: shape }),
      async handler(request, reply) {
        const actor = actorOf(request)
        const json = await database.transaction(async tx => {
          const row = await lock(tx, actor, request.params.id)
          const values = await (method === 'PATCH'
            ? readInput(request, input, { db: tx, partial: true })
            : readInput(request, input, { db: tx }))
          await encounters.change(tx, actor, row, values)
          return rows.one(tx, row.external_id)
        })
        return sendJson(reply, json)
      }
    })
  }

  app.post<One>(
    `${url}:id/discharge_patient/`,
    { config: writing, schema: describe({ summary: 'End a consultation', body: dischargeInput }) },
    async (request, reply) => {
      const actor = actorOf(request)
      await database.transaction(async tx => {
        const row = await lock(tx, actor, request.params.id)
        await discharge(scope, tx, actor, row, await readInput(request, dischargeInput, { db: tx }))
      })
      return reply.code(200).send()
    }
  )
}
