import type { Actor, Queryable, ScopeOf, Tx } from 'care-kernel'
import { insertSql, Params } from 'care-kernel/data'
import { isUuid, notAUuid, type Where } from 'care-kernel/rest'
import { FACILITY } from 'care-kernel/contracts/facilities'
import { resolvedPlaces } from 'care-kernel/toolkits/places'
import type { FindPatient, PatientChanges, PatientRow, Patients, PatientShapes, JoinedRows } from './contract.ts'
import { HISTORY_COLUMNS, Patient } from './models.ts'
import { visibility } from './row-access.ts'
import type { manifest } from './manifest.ts'
import { patientShapes } from './outputs.ts'

const COPIED = HISTORY_COLUMNS.map(name => `"${name}"`).join(', ')
// Raw SQL: copies the row as it is stored.
const historySql = (
  from: string
) => `insert into facility_historicalpatientregistration (${COPIED}, history_date, history_type, history_user_id)
  select ${COPIED}, $2::timestamptz + (kind.at - 1) * interval '1 microsecond', kind.kind, $4
  from ${from} cross join unnest($3::varchar[]) with ordinality kind(kind, at)`
const APPEND_HISTORY = `${historySql('facility_patientregistration')} where id = $1`
// One statement for a new patient and its history: registrations are frequent.
const ADD = `with made as (${insertSql(Patient)} returning *), history as (${historySql('made')}) select id, external_id from made`

/** Columns of a `PatientRow`, as SQL over `p`. */
const patientRow = (consultations: string): string => `p.id, p.external_id, p.name, p.phone_number, p.emergency_phone_number,
  p.is_active, p.allow_transfer, p.facility_id, p.local_body_id, p.district_id, p.state_id, p.last_consultation_id, p.created_by_id, p.assigned_to_id,
  p.year_of_birth, p.death_datetime,
  (select json_build_object('id', f.id, 'external_id', f.external_id, 'name', f.name, 'created_by_id', f.created_by_id,
    'district_id', f.district_id, 'state_id', f.state_id) from ${FACILITY} f where f.id = p.facility_id) as facility,
  (select json_build_object('assigned_to_id', c.assigned_to_id) from ${consultations} c where c.id = p.last_consultation_id) as last_consultation,
  to_json(array(select distinct c.facility_id from ${consultations} c where c.patient_id = p.id and not c.deleted)) as consultation_facility_ids`

/** Finds, changes and moves patients. */
export class PatientService implements Patients {
  readonly #scope: ScopeOf<typeof manifest>
  readonly #columns: string
  #shapes: PatientShapes | undefined
  readonly joined: JoinedRows
  readonly visible: (actor: Actor, options?: { readonly alias?: string; readonly retrieving?: boolean }) => Where

  constructor(scope: ScopeOf<typeof manifest>) {
    this.#scope = scope
    this.joined = scope.slots.joined
    this.#columns = patientRow(scope.slots.joined.consultations)
    this.visible = visibility(scope.slots.joined)
  }

  /** Columns of a `PatientRow`, as SQL over `p`. */
  get columns(): string {
    return this.#columns
  }

  /** Lazy: the plugins that fill the slots are built after this service. */
  get shapes(): PatientShapes {
    const { facilities, slots } = this.#scope
    this.#shapes ??= patientShapes(facilities.facilities.shapes, slots.patient.last_consultation)
    return this.#shapes
  }

  byUuid = async (db: Queryable, uuid: string, options?: FindPatient): Promise<PatientRow | undefined> => {
    if (!isUuid(uuid)) throw notAUuid(uuid)
    return this.#find(db, 'p.external_id', uuid, options)
  }

  byId = async (db: Queryable, id: number, options?: FindPatient): Promise<PatientRow | undefined> =>
    this.#find(db, 'p.id', id, options)

  change = async (
    tx: Tx,
    actor: Actor,
    patientId: number,
    changes: PatientChanges,
    { partial = false }: { readonly partial?: boolean } = {}
  ): Promise<void> => this.save(tx, actor, patientId, { ...changes }, { partial })

  move = async (
    tx: Tx,
    actor: Actor,
    { id, external_id: uuid, ...stored }: PatientRow,
    { facility, by }: { readonly facility: { readonly id: number; readonly name: string }; readonly by: 'transfer' | 'shift' }
  ): Promise<void> => {
    const places = await this.#places(tx, stored)
    await this.save(tx, actor, id, { facility_id: facility.id, is_active: true, allow_transfer: false, ...places })
    await this.#scope.hooks['patient-moving'](tx, {
      patientId: id,
      facilityId: facility.id,
      facilityName: facility.name,
      by,
      actor
    })
    await this.#scope.emit(tx, 'patient-transferred', { patientId: id, patient: uuid, facilityId: facility.id, userId: actor.id })
  }

  /** Condition of the patients `p` whom the actor may open. */
  seen(actor: Actor, params: Params): string {
    return this.visible(actor, { retrieving: true })(params).filter(Boolean).join(' and ')
  }

  /** Adds a patient, with the history that the original's two saves of a new one leave (docs/api/patients.md §18). */
  async add(
    tx: Tx,
    actor: Actor,
    columns: Readonly<Record<string, unknown>>
  ): Promise<{ readonly id: number; readonly external_id: string }> {
    const at = this.now()
    const row = { ...columns, created_by_id: actor.id, last_edited_id: actor.id, created_date: at, modified_date: at }
    const [made] = await this.#scope
      .repository(Patient)
      .insertWith<{ id: number; external_id: string }>(tx, ADD, [row], [at, ['+', '~'], actor.id])
    if (!made) throw new Error('no patient was added')
    return made
  }

  /**
   * Writes columns and a row of history per save; the API's writes count as two, as in the original. Unless `partial`,
   * `modified_date` moves.
   */
  async save(
    tx: Tx,
    actor: Actor,
    id: number,
    columns: Readonly<Record<string, unknown>>,
    { partial = false, saves = 1 }: { readonly partial?: boolean; readonly saves?: number } = {}
  ): Promise<void> {
    await this.#scope.repository(Patient).update(tx, id, columns, { stamp: !partial })
    await this.appendHistory(
      tx,
      actor,
      id,
      Array.from({ length: saves }, () => '~')
    )
  }

  /** Appends the current state of a patient to its history, once for each kind (docs/api/patients.md §18). */
  async appendHistory(tx: Tx, actor: Actor, id: number, kinds: readonly ('+' | '~')[]): Promise<void> {
    await tx.query(APPEND_HISTORY, [id, this.now(), kinds, actor.id])
  }

  now(): string {
    return this.#scope.clock.now().toISOString()
  }

  /** Columns that a whole save derives again (docs/api/patients.md §4). */
  async #places(tx: Tx, patient: Omit<PatientRow, 'id' | 'external_id'>): Promise<object> {
    return patient.local_body_id === null && patient.district_id === null ? {} : resolvedPlaces(tx, patient)
  }

  async #find(
    db: Queryable,
    column: string,
    value: string | number,
    { visibleTo, retrieving = false, lock = false }: FindPatient = {}
  ): Promise<PatientRow | undefined> {
    const params = new Params([value])
    const within = visibleTo ? this.visible(visibleTo, { retrieving })(params) : []
    const where = [`${column} = $1`, 'not p.deleted', ...within].filter(Boolean).join(' and ')
    const {
      rows: [row]
    } = await db.query<PatientRow>(
      `select ${this.#columns} from facility_patientregistration p where ${where}${lock ? ' for no key update of p' : ''}`,
      params.values
    )
    return row
  }
}
