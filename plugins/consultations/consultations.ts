import type { Actor, Queryable, ScopeOf, Tx } from 'care-kernel'
import { FACILITY } from 'care-kernel/contracts/facilities'
import { PATIENT } from 'care-kernel/contracts/patients'
import { Params, type Values } from 'care-kernel/data'
import { isUuid, notAUuid, notFound, type Shape } from 'care-kernel/rest'
import type { ConsultationNotificationData, Consultations, FoundConsultation } from './contract.ts'
import { CATEGORIES, REASON } from './enumerations.ts'
import { PatientConsultation } from './models.ts'
import { RULE_COLUMNS, type ConsultationLike } from './policy.ts'
import { listedFor, reachedBy } from './row-access.ts'
import type { manifest } from './manifest.ts'
import { consultationShape } from './outputs.ts'

const FOUND = 'c.id, c.external_id, c.facility_id, c.patient_id, c.discharge_date, c.current_bed_id, c.suggestion'
const CONSULTATION = 'facility_patientconsultation c'

/** A consultation of a path with the columns that rules test. */
export interface RuledConsultation extends FoundConsultation, ConsultationLike {
  readonly suggestion: string
}

/** Finds consultations for the rows nested below them, and ends them for other plugins. */
export class ConsultationService implements Consultations {
  readonly #scope: ScopeOf<typeof manifest>
  #shape: Shape | undefined

  constructor(scope: ScopeOf<typeof manifest>) {
    this.#scope = scope
  }

  /** Lazy: the plugins that fill the slots are built after this service. */
  get shape(): Shape {
    const { 'auth-permissions': auth, facilities, slots } = this.#scope
    this.#shape ??= consultationShape({
      facility: facilities.facilities.shapes.basic,
      assigned: auth.users.assigned,
      slot: slots.consultation
    })
    return this.#shape
  }

  ofPath = async (db: Queryable, actor: Actor, uuid: string, lock = false): Promise<RuledConsultation> => {
    const params = new Params()
    return this.#find(db, uuid, params, reachedBy(actor)(params).map(String), lock)
  }

  /** The consultation of a path without row access, for rules that test it themselves. 404 for an unknown one. */
  async anywhere(db: Queryable, uuid: string, lock = false): Promise<RuledConsultation> {
    return this.#find(db, uuid, new Params(), [], lock)
  }

  listed = async (db: Queryable, actor: Actor, uuid: string): Promise<RuledConsultation> => {
    const params = new Params()
    return this.#find(db, uuid, params, listedFor(actor)(params).map(String), false)
  }

  notificationData = async (db: Queryable, consultationId: number): Promise<ConsultationNotificationData | undefined> => {
    const {
      rows: [data]
    } = await db.query<ConsultationNotificationData>(
      `select c.external_id as consultation, c.assigned_to_id, p.external_id as patient, p.name as patient_name,
        p.facility_id as patient_facility_id, x.external_id as patient_facility, f.id as facility_id, f.external_id as facility, f.name as facility_name
      from ${CONSULTATION} join ${PATIENT} p on p.id = c.patient_id join ${FACILITY} f on f.id = c.facility_id
        left join ${FACILITY} x on x.id = p.facility_id
      where c.id = $1 and not c.deleted`,
      [consultationId]
    )
    return data
  }

  referOpen = async (
    tx: Queryable,
    patientId: number,
    { firstOnly = false }: { readonly firstOnly?: boolean } = {}
  ): Promise<readonly number[]> => {
    const at = this.#scope.clock.now().toISOString()
    // Raw SQL: a set.
    const { rows } = await tx.query<{ id: number }>(
      `update ${CONSULTATION} set discharge_date = $2, new_discharge_reason = ${REASON.referred}, current_bed_id = null
      where c.id in (select o.id from facility_patientconsultation o where o.patient_id = $1 and o.discharge_date is null and not o.deleted order by o.id limit $3)
      returning c.id`,
      [patientId, at, firstOnly ? 1 : null]
    )
    const ids = rows.map(({ id }) => id)
    if (ids.length > 0) await this.#scope.hooks['consultations-closed'](tx, { consultationIds: ids, at })
    return ids
  }

  setCategory = async (tx: Tx, patientId: number, category: string): Promise<void> => {
    if (!Object.hasOwn(CATEGORIES, category)) throw new Error(`${category} is not a category`)
    const patient = await this.#scope.patients.patients.byId(tx, patientId)
    if (patient?.last_consultation_id) await this.save(tx, patient.last_consultation_id, { category })
  }

  setConsents = async (tx: Tx, consultationId: number, types: readonly number[]): Promise<void> =>
    this.save(tx, consultationId, { has_consents: types, modified_date: this.#scope.clock.now() })

  /** Writes these columns and no stamps: callers pass time and user where the original writes them. */
  async save(tx: Tx, id: number, values: Values<(typeof PatientConsultation)['columns']>): Promise<void> {
    await this.#scope.repository(PatientConsultation).update(tx, id, values, { stamp: false })
  }

  async #find(db: Queryable, uuid: string, params: Params, where: readonly string[], lock: boolean): Promise<RuledConsultation> {
    if (!isUuid(uuid)) throw notAUuid(uuid)
    const found = [`c.external_id = ${params.add(uuid, 'uuid')}`, 'not c.deleted', ...where].join(' and ')
    const {
      rows: [row]
    } = await db.query<RuledConsultation>(
      `select ${FOUND}, ${RULE_COLUMNS} from ${CONSULTATION} where ${found}${lock ? ' for no key update of c' : ''}`,
      params.values
    )
    if (!row) throw notFound('PatientConsultation')
    return row
  }
}
