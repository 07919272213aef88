import type { FastifyInstance } from 'fastify'
import type { Actor, Tx } from 'care-kernel'
import { actorOf, describe, filter, filters, invalid, ordering, resource } from 'care-kernel/rest'
import { watchedValues } from '../change-log.ts'
import { OTHER_SYMPTOM } from '../enumerations.ts'
import { symptomInput, type SymptomInput } from '../inputs.ts'
import { EncounterSymptom } from '../models.ts'
import { CONSULTATION, consultationOfPath, of, type NestedRow } from './nested.ts'
import { nestedRoutes } from './nested.ts'
import type { ConsultationScope } from '../services.ts'
import { symptomShape } from '../outputs.ts'

const rows = resource({
  name: 'EncounterSymptom',
  from: 'facility_encountersymptom y',
  key: { column: 'y.external_id', kind: 'uuid' },
  live: 'not y.deleted',
  shape: symptomShape,
  ordering: ordering({}, 'y.id'),
  filters: filters({ is_cured: filter.bool('(y.cure_date is not null)') })
})

interface SymptomRow {
  readonly id: number
  readonly symptom: number
  readonly other_symptom: string
  readonly onset_date: string
  readonly cure_date: string | null
  readonly clinical_impression_status: string
  readonly created_by_id: number | null
  readonly before: unknown
}

const COLUMNS = `y.id, y.symptom, y.other_symptom, y.onset_date, y.cure_date, y.clinical_impression_status, y.created_by_id,
  ${watchedValues('EncounterSymptom')} as before`

const ACTIVE = `select 1 from facility_encountersymptom where consultation_id = $1 and symptom = $2 and lower(trim(other_symptom)) = lower(trim($3))
  and cure_date is null and clinical_impression_status = 'in-progress' and not deleted limit 1`

/** `consultation/{id}/symptoms/` (docs/api/consultations.md §9). The consultation is held, so that a symptom is active once. */
export function symptomRoutes(app: FastifyInstance, scope: ConsultationScope): void {
  const { changeLog, clock, consultations, database, permissions, repository } = scope
  const symptoms = repository(EncounterSymptom)
  const ofPath = consultationOfPath(scope)

  /** Throws 400 for a symptom that cannot be, or that the patient has already; `stored` is the row that changes. */
  async function requireFitting(
    tx: Tx,
    consultationId: number,
    { symptom, other_symptom: other, onset_date: onset, cure_date: cured }: Partial<SymptomInput>,
    stored?: SymptomRow
  ): Promise<void> {
    const begins = stored?.onset_date ?? onset
    if (cured && begins && Date.parse(cured) < Date.parse(begins))
      throw invalid({ cure_date: ['Cure date should be after onset date'] })
    if (other && symptom !== OTHER_SYMPTOM)
      throw invalid({ other_symptom: ['Other symptom should be empty when symptom type is not OTHERS'] })
    if (symptom === OTHER_SYMPTOM && !other)
      throw invalid({ other_symptom: ['Other symptom should not be empty when symptom type is OTHERS'] })
    if (symptom === undefined) return
    const { rows: same } = await tx.query(ACTIVE, [consultationId, symptom, other ?? ''])
    if (same.length > 0) throw invalid({ symptom: ['An active symptom with the same details already exists'] })
  }

  /** Updates a row and records the change. */
  async function save(
    tx: Tx,
    actor: Actor,
    consultationId: number,
    { id, before }: SymptomRow,
    values: Readonly<Record<string, unknown>>
  ): Promise<void> {
    const at = clock.now().toISOString()
    await symptoms.update(tx, id, { ...values, modified_date: at })
    await changeLog.record(tx, { model: 'EncounterSymptom', consultationId, ids: [id], by: actor.id, at, before })
  }

  nestedRoutes(app, scope, {
    path: 'symptoms',
    name: 'symptom',
    rows,
    alias: 'y',
    input: symptomInput(clock),
    columns: COLUMNS,
    async add(tx, { actor, consultation }, values) {
      await requireFitting(tx, consultation.id, values)
      const at = clock.now().toISOString()
      const made = await symptoms.insert(tx, {
        ...values,
        consultation_id: consultation.id,
        clinical_impression_status: impressionOf(values.clinical_impression_status, values.cure_date ?? null),
        created_date: at,
        modified_date: at
      })
      await changeLog.record(tx, {
        model: 'EncounterSymptom',
        consultationId: consultation.id,
        ids: [made.id],
        by: actor.id,
        at
      })
      return made.external_id
    },
    async change(tx, { actor, consultation }, row: SymptomRow, values) {
      await requireFitting(tx, consultation.id, values, row)
      const { symptom = row.symptom, cure_date: cured = row.cure_date, clinical_impression_status: status } = values
      await save(tx, actor, consultation.id, row, {
        ...values,
        ...(symptom === OTHER_SYMPTOM ? {} : { other_symptom: '' }),
        clinical_impression_status: impressionOf(status ?? row.clinical_impression_status, cured)
      })
    }
  })

  app.delete<NestedRow>(
    `${CONSULTATION}symptoms/:id/`,
    {
      config: { permission: 'symptom.remove' },
      onRequest: async request => void (await ofPath(request)),
      schema: describe({ summary: 'Mark as entered in error', status: 204 })
    },
    async (request, reply) => {
      const actor = actorOf(request)
      await database.transaction(async tx => {
        const consultation = await consultations.ofPath(tx, actor, request.params.consultation, true)
        const row = await rows.row<SymptomRow>(tx, request.params.id, COLUMNS, of('y', consultation))
        permissions.check(actor, 'symptom.remove', row)
        await save(tx, actor, consultation.id, row, { clinical_impression_status: 'entered-in-error' })
      })
      return reply.code(204).send()
    }
  )
}

/** What a save makes of the status: an error stays one, else the cure decides (docs/api/consultations.md §9). */
function impressionOf(status: string | undefined, cured: string | null): string {
  if (status === 'entered-in-error') return status
  return cured ? 'completed' : 'in-progress'
}
