import type { Actor, Clock, Tx } from 'care-kernel'
import { FACILITY } from 'care-kernel/contracts/facilities'
import { ACTIONS } from 'care-kernel/contracts/patients'
import { field, invalid, record, type Field } from 'care-kernel/rest'
import type { RuledConsultation } from './consultations.ts'
import { DISCHARGED, reviewTime } from './encounters.ts'
import { ROUND, ROUNDS_TYPES } from './enumerations.ts'
import { checked } from './inputs.ts'
import { DailyRound } from './models.ts'
import { isHome } from './policy.ts'
import { roundFields } from './round-fields.ts'
import type { ConsultationScope } from './services.ts'

/** The values of a body, by field. */
export type RoundValues = Readonly<Record<string, unknown>> & {
  readonly taken_at?: string
  readonly rounds_type?: number
  readonly action?: number
  readonly review_interval?: number
}

/** A round to be changed, its stored values under their columns. */
export interface RoundRow {
  readonly id: number
  readonly external_id: string
  readonly stored: Readonly<Record<string, unknown>>
}

const MOST = 9999.99
/** How far the clock of a device may be ahead of the server's. */
const AHEAD_MS = 120_000
const optional = { optional: true } as const

/** The body of a daily round (docs/api/consultations.md §10.2), with `action` and `review_interval` of the patient. */
export const roundInput = (clock: Clock) =>
  record({
    taken_at: checked(field.datetime(), (value: string) =>
      Date.parse(value) > clock.now().getTime() + AHEAD_MS ? ['Cannot create an update in the future'] : undefined
    ),
    rounds_type: field.label(ROUNDS_TYPES),
    is_parsed_by_ocr: field.boolean(optional),
    medicine_administration: field.json(optional),
    action: field.label(ACTIONS, optional),
    review_interval: field.integer(optional),
    ...(Object.fromEntries(roundFields.map(([name, { input }]) => [name, input])) as Record<string, Field<unknown, false>>)
  })

/** Records daily rounds (docs/api/consultations.md §10.3), each in the caller's transaction with the consultation locked. */
export class Rounds {
  readonly #scope: ConsultationScope

  constructor(scope: ConsultationScope) {
    this.#scope = scope
  }

  /** Adds one; the uuid. */
  async add(tx: Tx, actor: Actor, consultation: RuledConsultation, values: RoundValues): Promise<string> {
    const { changeLog, clock, emit, repository } = this.#scope
    if (consultation.discharge_date !== null) throw invalid(DISCHARGED)
    await this.#requirePlace(tx, actor, consultation, values.rounds_type)
    const at = clock.now().toISOString()
    const byAssigned = consultation.assigned_to_id === actor.id
    const { id, external_id: uuid } = await repository(DailyRound).insert(tx, {
      ...columnsOf(values),
      ...totals(values),
      consultation_id: consultation.id,
      created_by_telemedicine: byAssigned,
      last_updated_by_telemedicine: byAssigned,
      created_date: at,
      modified_date: at
    })
    const counts = values.rounds_type !== ROUND.automated
    await this.#touch(tx, actor, consultation, values, {
      last_updated_by_telemedicine: byAssigned,
      ...(counts ? { last_daily_round_id: id, modified_date: at } : {})
    })
    await changeLog.record(tx, {
      model: 'DailyRound',
      consultationId: consultation.id,
      ids: [id],
      by: actor.id,
      at,
      takenAt: values.taken_at
    })
    if (counts)
      await emit(tx, 'round-created', {
        consultationId: consultation.id,
        consultation: consultation.external_id,
        by: actor.id,
        roundId: id,
        round: uuid
      })
    return uuid
  }

  /** Changes one. */
  async change(tx: Tx, actor: Actor, consultation: RuledConsultation, row: RoundRow, values: RoundValues): Promise<void> {
    const { changeLog, clock, emit, repository } = this.#scope
    if (consultation.discharge_date !== null) throw invalid(DISCHARGED)
    const at = clock.now().toISOString()
    const byAssigned = consultation.assigned_to_id === actor.id
    const columns = columnsOf(values)
    await repository(DailyRound).update(tx, row.id, {
      ...columns,
      ...totals({ ...row.stored, ...columns }),
      last_updated_by_telemedicine: byAssigned,
      modified_date: at
    })
    await this.#touch(tx, actor, consultation, values, { last_updated_by_telemedicine: byAssigned })
    // FIX-C12: by who changed it, when it changed.
    await changeLog.record(tx, {
      model: 'DailyRound',
      consultationId: consultation.id,
      ids: [row.id],
      by: actor.id,
      at,
      takenAt: values.taken_at ?? (row.stored.taken_at as string | null) ?? at,
      only: Object.keys(columns)
    })
    await emit(tx, 'round-updated', {
      consultationId: consultation.id,
      consultation: consultation.external_id,
      by: actor.id,
      roundId: row.id,
      round: row.external_id
    })
  }

  /** Throws 400 where a round may not be added (docs/api/consultations.md §10.3). */
  async #requirePlace(tx: Tx, actor: Actor, consultation: RuledConsultation, type: number | undefined): Promise<void> {
    const { facility_id: facilityId, suggestion, current_bed_id: bed } = consultation
    const {
      rows: [facility]
    } =
      consultation.facility?.id === facilityId
        ? { rows: [consultation.facility] }
        : await tx.query<{ id: number; district_id: number | null; state_id: number | null }>(
            `select id, district_id, state_id from ${FACILITY} where id = $1`,
            [facilityId]
          )
    if (!isHome(actor, facility ?? null)) throw invalid({ facility: 'Daily Round creates are only allowed in home facility' })
    if (suggestion === 'A' && bed === null)
      throw invalid({ bed: 'Patient does not have a bed assigned. Please assign a bed first' })
    if (type === ROUND.telemedicine && suggestion !== 'DC')
      throw invalid({ rounds_type: 'Telemedicine Rounds are only allowed for Domiciliary Care patients' })
  }

  /** Writes what a round changes in its consultation and its patient. */
  async #touch(
    tx: Tx,
    actor: Actor,
    { id, patient_id: patientId }: RuledConsultation,
    { action, review_interval: interval }: RoundValues,
    columns: Readonly<Record<string, unknown>>
  ): Promise<void> {
    const { clock, consultations, patients } = this.#scope
    await consultations.save(tx, id, { ...columns, ...(interval === undefined ? {} : { review_interval: interval }) })
    if (action === undefined && interval === undefined) return
    await patients.patients.change(tx, actor, patientId, {
      ...(action === undefined ? {} : { action }),
      ...(interval === undefined ? {} : { review_time: reviewTime(clock.now(), interval, 0) })
    })
  }
}

function columnsOf({ action: _action, review_interval: _interval, ...columns }: RoundValues): Record<string, unknown> {
  return columns
}

/** What the server computes: the Glasgow total when all three parts are there, intake and output in any case. */
function totals(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const parts = ['glasgow_eye_open', 'glasgow_verbal_response', 'glasgow_motor_response'].map(name => values[name])
  const sum = (what: string, ...names: readonly string[]) => {
    const total = names
      .flatMap(name => (values[name] ?? []) as readonly { readonly quantity: number }[])
      .reduce((all, { quantity }) => all + quantity, 0)
    if (total > MOST) throw invalid({ [names[0] ?? what]: [`The ${what} adds up to more than ${MOST}.`] })
    return total.toFixed(2)
  }
  return {
    ...(parts.every(part => typeof part === 'number')
      ? { glasgow_total_calculated: parts.reduce((all, part) => all + part, 0) }
      : {}),
    total_intake_calculated: sum('intake', 'infusions', 'iv_fluids', 'feeds'),
    total_output_calculated: sum('output', 'output')
  }
}
