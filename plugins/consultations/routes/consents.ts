import type { FastifyInstance } from 'fastify'
import type { Actor, Tx } from 'care-kernel'
import { filter, filters, invalid, ordering, resource } from 'care-kernel/rest'
import { RANK } from 'care-kernel/contracts/auth-permissions'
import type { RuledConsultation } from '../consultations.ts'
import { CODE_STATUS_CONSENT } from '../enumerations.ts'
import { consentInput } from '../inputs.ts'
import { PatientConsent } from '../models.ts'
import { nestedRoutes } from './nested.ts'
import type { ConsultationScope } from '../services.ts'
import { consentShape } from '../outputs.ts'

interface ConsentRow {
  readonly id: number
  readonly type: number
  readonly patient_code_status: number | null
}

/** Raw SQL: a set. Consents of some types give way; those that have are stamped again, as in the original. */
const ARCHIVE = `update facility_patientconsent set archived = true, archived_by_id = $4, archived_date = $5
  where consultation_id = $1 and type = any($2::integer[]) and id <> $3 and not deleted returning external_id`

/** `consultation/{id}/consents/` (docs/api/consultations.md §12). The consultation is held: of each type one consent is current. */
export function consentRoutes(app: FastifyInstance, scope: ConsultationScope): void {
  const { clock, hooks, permissions, slots } = scope
  const consents = scope.repository(PatientConsent)
  const rows = resource({
    name: 'PatientConsent',
    from: 'facility_patientconsent k',
    key: { column: 'k.external_id', kind: 'uuid' },
    live: 'not k.deleted',
    shape: consentShape(slots.consent.files),
    ordering: ordering({}, 'k.id'),
    filters: filters({ archived: filter.bool('k.archived') })
  })

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

  nestedRoutes(app, scope, {
    path: 'consents',
    name: 'consent',
    scheme: 'consultation',
    rows,
    alias: 'k',
    input: consentInput,
    columns: 'k.id, k.type, k.patient_code_status',
    requireOne: (action, { actor, consultation }) => permissions.check(actor, `consent.${action}`, consultation),
    async add(tx, { actor, consultation }, values) {
      requireFitting(actor, consultation, values)
      await archive(tx, actor, consultation.id, [values.type], 0)
      const made = await consents.insert(tx, { ...values, consultation_id: consultation.id })
      return made.external_id
    },
    async change(tx, { actor, consultation }, row: ConsentRow, values, method) {
      requireFitting(actor, consultation, method === 'PATCH' ? { ...row, ...values } : values)
      // The old type's, as in the original; the new type's too, so that one of it stays current (FIX).
      await archive(tx, actor, consultation.id, [row.type, values.type ?? row.type], row.id)
      await consents.update(tx, row.id, values)
    }
  })
}
