import type { FastifyInstance } from 'fastify'
import type { Tx } from 'care-kernel'
import { invalid, ordering, resource } from 'care-kernel/rest'
import { watchedValues } from '../change-log.ts'
import { INACTIVE_STATUSES } from '../enumerations.ts'
import { diagnosisInput } from '../inputs.ts'
import { ConsultationDiagnosis } from '../models.ts'
import { nestedRoutes } from './nested.ts'
import type { ConsultationScope } from '../services.ts'
import { diagnosisShape } from '../outputs.ts'

const rows = resource({
  name: 'ConsultationDiagnosis',
  from: 'facility_consultationdiagnosis x',
  key: { column: 'x.external_id', kind: 'uuid' },
  live: 'not x.deleted',
  shape: diagnosisShape,
  ordering: ordering({}, 'x.created_date desc, x.id desc')
})

const COLUMNS = `x.id, x.diagnosis_id, x.verification_status, ${watchedValues('ConsultationDiagnosis')} as before`

interface DiagnosisRow {
  readonly id: number
  readonly diagnosis_id: number
  readonly verification_status: string
  readonly before: unknown
}

const TAKEN = { is_principal: ['Consultation already has a principal diagnosis. Unset the existing principal diagnosis first.'] }
const ENDED = {
  is_principal: ['Refuted/Entered in error diagnoses cannot be marked as Principal Diagnosis']
}

/** `consultation/{id}/diagnoses/` (docs/api/consultations.md §8). The consultation is held, so that one diagnosis is principal. */
export function diagnosisRoutes(app: FastifyInstance, scope: ConsultationScope): void {
  const { changeLog, clock } = scope
  const diagnoses = scope.repository(ConsultationDiagnosis)

  /** Throws 400 for a second principal diagnosis, and for one that no longer holds. */
  async function requirePrincipal(tx: Tx, consultationId: number, id: number, status: string | undefined): Promise<void> {
    if (status !== undefined && INACTIVE_STATUSES.has(status)) throw invalid(ENDED)
    const { rows: others } = await tx.query(
      'select 1 from facility_consultationdiagnosis where consultation_id = $1 and id <> $2 and is_principal limit 1',
      [consultationId, id]
    )
    if (others.length > 0) throw invalid(TAKEN)
  }

  nestedRoutes(app, scope, {
    path: 'diagnoses',
    name: 'diagnosis',
    rows,
    alias: 'x',
    input: diagnosisInput,
    columns: COLUMNS,
    async add(tx, { actor, consultation }, { diagnosis, verification_status: status, is_principal: principal = false }) {
      const { rows: same } = await tx.query(
        'select 1 from facility_consultationdiagnosis where consultation_id = $1 and diagnosis_id = $2',
        [consultation.id, diagnosis]
      )
      if (same.length > 0) throw invalid({ diagnosis: ['Diagnosis already exists for consultation'] })
      if (INACTIVE_STATUSES.has(status)) throw invalid({ verification_status: ['Verification status not allowed'] })
      if (principal) await requirePrincipal(tx, consultation.id, 0, undefined)
      const at = clock.now().toISOString()
      const made = await diagnoses.insert(tx, {
        consultation_id: consultation.id,
        diagnosis_id: diagnosis,
        verification_status: status,
        is_principal: principal,
        created_date: at,
        modified_date: at
      })
      await changeLog.record(tx, {
        model: 'ConsultationDiagnosis',
        consultationId: consultation.id,
        ids: [made.id],
        by: actor.id,
        at
      })
      return made.external_id
    },
    async change(
      tx,
      { actor, consultation },
      row: DiagnosisRow,
      { diagnosis, verification_status: status, is_principal: principal }
    ) {
      if (diagnosis !== undefined && diagnosis !== row.diagnosis_id) throw invalid({ diagnosis: ['Diagnosis cannot be changed'] })
      if (principal) await requirePrincipal(tx, consultation.id, row.id, row.verification_status)
      const at = clock.now().toISOString()
      const ended = status !== undefined && INACTIVE_STATUSES.has(status)
      await diagnoses.update(tx, row.id, {
        verification_status: status,
        is_principal: ended ? false : principal,
        modified_date: at
      })
      // FIX-C12: dated when it changed, so that the earlier row is no longer the latest.
      await changeLog.record(tx, {
        model: 'ConsultationDiagnosis',
        consultationId: consultation.id,
        ids: [row.id],
        by: actor.id,
        at,
        before: row.before
      })
    }
  })
}
