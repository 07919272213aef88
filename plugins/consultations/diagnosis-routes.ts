import type { FastifyInstance } from 'fastify'
import { actorOf, describe, invalid, ordering, readInput, resource, sendJson, type Tx } from 'care-kernel'
import { watchedValues } from './change-log.ts'
import { INACTIVE_STATUSES } from './enumerations.ts'
import { diagnosisInput } from './inputs.ts'
import { ConsultationDiagnosis } from './models.ts'
import { CONSULTATION, consultationOfPath, of, type OfConsultation, type PartOfConsultation } from './nested.ts'
import type { ConsultationScope } from './scope.ts'
import { diagnosisShape } from './shapes.ts'

const rows = resource({
  name: 'ConsultationDiagnosis',
  from: 'facility_consultationdiagnosis x',
  key: { column: 'x.external_id', kind: 'uuid' },
  live: 'not x.deleted',
  shape: diagnosisShape,
  ordering: ordering({}, 'x.created_date desc, x.id desc')
})

interface DiagnosisRow {
  readonly id: number
  readonly diagnosis_id: number
  readonly verification_status: string
  readonly created_date: string
  readonly before: unknown
}

const TAKEN = { is_principal: ['Consultation already has a principal diagnosis. Unset the existing principal diagnosis first.'] }
const ENDED = {
  is_principal: ['Refuted/Entered in error diagnoses cannot be marked as Principal Diagnosis']
}

/** `consultation/{id}/diagnoses/` (contract consultations §8). The consultation is held, so that one diagnosis is principal. */
export function diagnosisRoutes(app: FastifyInstance, scope: ConsultationScope): void {
  const { changeLog, clock, consultations, database, model } = scope
  const url = `${CONSULTATION}diagnoses/`
  const reading = { permission: 'diagnosis.read', otherwise: 'diagnosis.write' }
  const writing = { permission: 'diagnosis.write' }
  const ofPath = consultationOfPath(scope)
  const answer = rows.shape

  /** Throws 400 for a second principal diagnosis, and for one that no longer holds. */
  async function requirePrincipal(tx: Tx, consultationId: number, id: number, status: string | undefined): Promise<void> {
    if (status !== undefined && INACTIVE_STATUSES.has(status)) throw invalid(ENDED)
    const { rows: others } = await tx.query(
      'select 1 from facility_consultationdiagnosis where consultation_id = $1 and id <> $2 and is_principal limit 1',
      [consultationId, id]
    )
    if (others.length > 0) throw invalid(TAKEN)
  }

  app.get<OfConsultation>(
    url,
    { config: reading, schema: describe({ summary: 'Diagnoses of a consultation', paging: 'limit', answer }) },
    async (request, reply) => sendJson(reply, await rows.list(database, request, of('x', await ofPath(request))))
  )

  app.post<OfConsultation>(
    url,
    {
      config: writing,
      onRequest: async request => void (await ofPath(request)),
      schema: describe({ summary: 'Record a diagnosis', body: diagnosisInput, answer, status: 201 })
    },
    async (request, reply) => {
      const actor = actorOf(request)
      const json = await database.transaction(async tx => {
        const consultation = await consultations.ofPath(tx, actor, request.params.consultation, true)
        const {
          diagnosis,
          verification_status: status,
          is_principal: principal = false
        } = await readInput(request, diagnosisInput, { db: tx })
        const { rows: same } = await tx.query(
          'select 1 from facility_consultationdiagnosis where consultation_id = $1 and diagnosis_id = $2',
          [consultation.id, diagnosis]
        )
        if (same.length > 0) throw invalid({ diagnosis: ['Diagnosis already exists for consultation'] })
        if (INACTIVE_STATUSES.has(status)) throw invalid({ verification_status: ['Verification status not allowed'] })
        if (principal) await requirePrincipal(tx, consultation.id, 0, undefined)
        const at = clock.now().toISOString()
        const made = await model(ConsultationDiagnosis).create(
          {
            consultation_id: consultation.id,
            diagnosis_id: diagnosis,
            verification_status: status,
            is_principal: principal,
            created_by_id: actor.id,
            created_date: at,
            modified_date: at
          },
          { transaction: tx.sequelize }
        )
        await changeLog.record(tx, {
          model: 'ConsultationDiagnosis',
          consultationId: consultation.id,
          ids: [made.get('id') as number],
          by: actor.id,
          at
        })
        return rows.one(tx, made.get('external_id') as string)
      })
      return sendJson(reply, json, 201)
    }
  )

  app.get<PartOfConsultation>(
    `${url}:id/`,
    { config: reading, schema: describe({ summary: 'One diagnosis', answer }) },
    async (request, reply) => sendJson(reply, await rows.one(database, request.params.id, of('x', await ofPath(request))))
  )

  for (const method of ['PUT', 'PATCH'] as const) {
    app.route<PartOfConsultation>({
      method,
      url: `${url}:id/`,
      config: writing,
      onRequest: async request => void (await ofPath(request)),
      schema: describe({ summary: 'Change a diagnosis', body: diagnosisInput, answer }),
      async handler(request, reply) {
        const actor = actorOf(request)
        const { id: key } = request.params
        const json = await database.transaction(async tx => {
          const consultation = await consultations.ofPath(tx, actor, request.params.consultation, true)
          const row = await rows.row<DiagnosisRow>(
            tx,
            key,
            `x.id, x.diagnosis_id, x.verification_status, x.created_date, ${watchedValues('ConsultationDiagnosis')} as before`,
            of('x', consultation)
          )
          const {
            diagnosis,
            verification_status: status,
            is_principal: principal
          } = await (method === 'PATCH'
            ? readInput(request, diagnosisInput, { db: tx, partial: true })
            : readInput(request, diagnosisInput, { db: tx }))
          if (diagnosis !== undefined && diagnosis !== row.diagnosis_id)
            throw invalid({ diagnosis: ['Diagnosis cannot be changed'] })
          if (principal) await requirePrincipal(tx, consultation.id, row.id, row.verification_status)
          const at = clock.now().toISOString()
          const ended = status !== undefined && INACTIVE_STATUSES.has(status)
          await model(ConsultationDiagnosis).update(
            {
              ...(status === undefined ? {} : { verification_status: status }),
              ...(ended ? { is_principal: false } : principal === undefined ? {} : { is_principal: principal }),
              modified_date: at
            },
            { where: { id: row.id }, transaction: tx.sequelize }
          )
          // FIX-C12: dated when it changed, so that the earlier row is no longer the latest.
          await changeLog.record(tx, {
            model: 'ConsultationDiagnosis',
            consultationId: consultation.id,
            ids: [row.id],
            by: actor.id,
            at,
            before: row.before
          })
          return rows.one(tx, key)
        })
        return sendJson(reply, json)
      }
    })
  }
}
