import type { FastifyInstance } from 'fastify'
import {
  actorOf,
  describe,
  filter,
  filters,
  invalid,
  ordering,
  readInput,
  resource,
  sendJson,
  type Actor,
  type Tx
} from 'care-kernel'
import { RANK } from 'care-kernel/contracts/auth-permissions'
import type { RuledConsultation } from './consultations.ts'
import { CODE_STATUS_CONSENT } from './enumerations.ts'
import { consentInput } from './inputs.ts'
import { PatientConsent } from './models.ts'
import { CONSULTATION, consultationOfPath, of, type OfConsultation, type PartOfConsultation } from './nested.ts'
import type { ConsultationScope } from './scope.ts'
import { consentShape } from './shapes.ts'

interface ConsentRow {
  readonly id: number
  readonly type: number
  readonly patient_code_status: number | null
}

/** Consents of some types give way; those that have are stamped again, as in the original. */
const ARCHIVE = `update facility_patientconsent set archived = true, archived_by_id = $4, archived_date = $5
  where consultation_id = $1 and type = any($2::integer[]) and id <> $3 and not deleted returning external_id`

/** `consultation/{id}/consents/` (contract consultations §12). The consultation is held: of each type one consent is current. */
export function consentRoutes(app: FastifyInstance, scope: ConsultationScope): void {
  const { clock, consultations, database, hooks, model, permissions, slots } = scope
  const rows = resource({
    name: 'PatientConsent',
    from: 'facility_patientconsent k',
    key: { column: 'k.external_id', kind: 'uuid' },
    live: 'not k.deleted',
    shape: consentShape(slots.consent.files),
    ordering: ordering({}, 'k.id'),
    filters: filters({ archived: filter.bool('k.archived') })
  })
  const url = `${CONSULTATION}consents/`
  const reading = { scheme: 'consultation', permission: 'consent.read', otherwise: 'consent.write' }
  const writing = { scheme: 'consultation', permission: 'consent.write' }
  const answer = rows.shape
  const ofPath = consultationOfPath(scope)

  /** The values of a body, checked against the row that changes. Throws 400. */
  function requireFitting(
    actor: Actor,
    consultation: RuledConsultation,
    { type, patient_code_status: status = null }: { readonly type?: number; readonly patient_code_status?: number | null }
  ): void {
    if (actor.userType < RANK.districtAdmin && consultation.facility_id !== actor.homeFacilityId)
      throw invalid({ non_field_errors: ['Only Home Facility Staff can create consent for a Consultation'] })
    if (type === CODE_STATUS_CONSENT && status === null)
      throw invalid({ patient_code_status: ['This field is required for Patient Code Status Consent'] })
    if (type !== CODE_STATUS_CONSENT && status !== null)
      throw invalid({ patient_code_status: ['This field is not required for this type of Consent'] })
  }

  async function archive(tx: Tx, actor: Actor, consultationId: number, types: readonly number[], but: number): Promise<void> {
    const at = clock.now().toISOString()
    const { rows: archived } = await tx.query<{ external_id: string }>(ARCHIVE, [consultationId, types, but, actor.id, at])
    if (archived.length > 0)
      await hooks['consents-archived'](tx, { consents: archived.map(row => row.external_id), by: actor.id, at })
  }

  app.get<OfConsultation>(
    url,
    {
      config: reading,
      schema: describe({ summary: 'Consents of a consultation', filters: rows.filters, paging: 'limit', answer })
    },
    async (request, reply) => {
      return sendJson(reply, await rows.list(database, request, of('k', await ofPath(request))))
    }
  )

  app.post<OfConsultation>(
    url,
    {
      config: writing,
      onRequest: async request => void (await ofPath(request)),
      schema: describe({ summary: 'Record a consent', body: consentInput, answer, status: 201 })
    },
    async (request, reply) => {
      const actor = actorOf(request)
      const json = await database.transaction(async tx => {
        const consultation = await consultations.ofPath(tx, actor, request.params.consultation, true)
        const values = await readInput(request, consentInput, { db: tx })
        requireFitting(actor, consultation, values)
        await archive(tx, actor, consultation.id, [values.type], 0)
        const at = clock.now().toISOString()
        const made = await model(PatientConsent).create(
          { ...values, consultation_id: consultation.id, created_by_id: actor.id, created_date: at, modified_date: at },
          { transaction: tx.sequelize }
        )
        return rows.one(tx, made.get('external_id') as string)
      })
      return sendJson(reply, json, 201)
    }
  )

  app.get<PartOfConsultation>(
    `${url}:id/`,
    { config: reading, schema: describe({ summary: 'One consent', answer }) },
    async (request, reply) => {
      const actor = actorOf(request)
      const consultation = await ofPath(request)
      permissions.check(actor, 'consent.read', consultation)
      return sendJson(reply, await rows.one(database, request.params.id, of('k', consultation)))
    }
  )

  for (const method of ['PUT', 'PATCH'] as const) {
    app.route<PartOfConsultation>({
      method,
      url: `${url}:id/`,
      config: writing,
      onRequest: async request => void (await ofPath(request)),
      schema: describe({ summary: 'Change a consent', body: consentInput, answer }),
      async handler(request, reply) {
        const actor = actorOf(request)
        const { consultation: uuid, id: key } = request.params
        const json = await database.transaction(async tx => {
          const consultation = await consultations.ofPath(tx, actor, uuid, true)
          permissions.check(actor, 'consent.write', consultation)
          const row = await rows.row<ConsentRow>(tx, key, 'k.id, k.type, k.patient_code_status', of('k', consultation))
          const values = await (method === 'PATCH'
            ? readInput(request, consentInput, { db: tx, partial: true })
            : readInput(request, consentInput, { db: tx }))
          requireFitting(actor, consultation, method === 'PATCH' ? { ...row, ...values } : values)
          // The old type's, as in the original; the new type's too, so that one of it stays current (FIX).
          await archive(tx, actor, consultation.id, [row.type, values.type ?? row.type], row.id)
          await model(PatientConsent).update(
            { ...values, modified_date: clock.now().toISOString() },
            { where: { id: row.id }, transaction: tx.sequelize }
          )
          return rows.one(tx, key)
        })
        return sendJson(reply, json)
      }
    })
  }
}
