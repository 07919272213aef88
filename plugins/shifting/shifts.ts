import type { Actor, Queryable, ScopeOf, Tx } from 'care-kernel'
import { FACILITY } from 'care-kernel/contracts/facilities'
import { invalid } from 'care-kernel/rest'
import type { FacilitiesOfRequest } from 'care-kernel/toolkits/facilities'
import { PATIENT } from 'care-kernel/contracts/patients'
import type { PatientRow } from 'care-kernel/contracts/patients'
import type { ShiftNotificationData, Shifts } from './contract.ts'
import { shiftColumns, type ShiftInput } from './inputs.ts'
import { ShiftingRequest } from './models.ts'
import type { manifest } from './manifest.ts'
import { parties } from './reads.ts'
import {
  CLOSED,
  FIRST,
  FINAL,
  mayComplete,
  maySetKasp,
  mayTransfer,
  STATUS,
  TARGETS,
  TRANSFERABLE,
  type Mode
} from './statuses.ts'

type Scope = ScopeOf<typeof manifest>

/** The columns of a request that rules need. */
export interface ShiftRow extends FacilitiesOfRequest {
  readonly id: number
  readonly external_id: string
  readonly status: number
  readonly is_kasp: boolean
  readonly assigned_facility_external: string | null
  readonly patient_id: number
  readonly origin_facility_id: number
  readonly assigned_facility_name: string | null
}

/** Columns of a `ShiftRow`; `r` is the request. */
export const SHIFT_ROW = `r.id, r.external_id, r.status, r.is_kasp, r.assigned_facility_external, r.patient_id, r.origin_facility_id, ${parties.names.assigned} as assigned_facility_name, ${parties.columns}`

const denied = () => invalid({ status: ['Permission Denied'] })

/** Creates, changes and completes requests. Lock order: the patient's row, then the request's. */
export class ShiftService implements Shifts {
  readonly #scope: Scope
  readonly #mode: Mode

  constructor(scope: Scope) {
    this.#scope = scope
    this.#mode = scope.config.peacetime ? 'peacetime' : 'wartime'
  }

  /** Creates a request (`docs/api/shifting-resources.md §4.2`). Returns its uuid; 400 where the patient cannot be shifted. */
  async create(tx: Tx, actor: Actor, values: ShiftInput): Promise<string> {
    const { patients } = this.#scope.patients
    if (this.#mode === 'wartime' && values.shifting_approving_facility === undefined)
      throw invalid({ shifting_approving_facility: ['Shifting Approving Facility is required'] })
    // FIX: an invisible patient is answered like a missing one. The lock serialises concurrent requests for one patient.
    const patient = await patients.byId(tx, values.patient, { visibleTo: actor, lock: true })
    if (!patient) throw invalid({ patient: ['object with this id not found'] })
    await this.#requireShiftable(tx, patient)
    if (!patient.allow_transfer) await patients.change(tx, actor, patient.id, { allow_transfer: true })
    await this.#setCategory(tx, patient.id, values)
    const made = await this.#scope.repository(ShiftingRequest).insert(tx, {
      ...shiftColumns(values),
      status: FIRST[this.#mode],
      is_kasp: false,
      origin_facility_id: patient.facility_id ?? 0
    })
    return made.external_id
  }

  /** Changes a request that the transaction has locked; checks in the order of `docs/api/shifting-resources.md §4.3`. */
  async update(tx: Tx, actor: Actor, row: ShiftRow, values: Partial<ShiftInput>): Promise<void> {
    const final = FINAL[row.status]
    if (final) throw invalid([final])
    if (values.is_kasp !== undefined && values.is_kasp !== row.is_kasp && !maySetKasp.test(actor, row))
      throw invalid({ kasp: ['Permission Denied'] })
    if (values.status !== undefined) this.#requireTarget(actor, row, values, values.status)

    const { assigned_facility: assigned, assigned_facility_external: external } = values
    await this.#scope.repository(ShiftingRequest).update(tx, row.id, {
      ...shiftColumns(values),
      // The origin and the patient never change: both inputs are ignored (FIX: and optional).
      origin_facility_id: undefined,
      patient_id: undefined,
      ...(external ? { assigned_facility_id: null } : assigned ? { assigned_facility_external: null } : {})
    })
    await this.#setCategory(tx, row.patient_id, values)
    const approving = values.shifting_approving_facility ?? row.approving?.id
    if (values.status === STATUS.destinationApproved && row.status !== values.status && approving !== undefined)
      await this.#scope.emit(tx, 'destination-approved', {
        shiftId: row.id,
        shift: row.external_id,
        patientId: row.patient_id,
        userId: actor.id
      })
  }

  /** Moves the patient, whose row the transaction has locked, to the assigned facility (`docs/api/shifting-resources.md §5.1`). */
  async transfer(tx: Tx, actor: Actor, row: ShiftRow, patient: PatientRow | undefined): Promise<void> {
    const { assigned } = row
    if (!patient || !assigned || !TRANSFERABLE.includes(row.status) || !mayTransfer.test(actor, row))
      throw invalid({ error: 'Invalid Request' })
    const facility = { id: assigned.id, name: row.assigned_facility_name ?? '' }
    await this.#scope.patients.patients.move(tx, actor, patient, { facility, by: 'shift' })
    // Last editor and modified date stay.
    await this.#scope.repository(ShiftingRequest).update(tx, row.id, { status: STATUS.completed }, { stamp: false })
  }

  notificationData = async (db: Queryable, shiftId: number): Promise<ShiftNotificationData | undefined> => {
    const {
      rows: [found]
    } = await db.query<ShiftNotificationData>(
      `select r.external_id as shift, p.name as patient_name, r.shifting_approving_facility_id as approving_facility_id,
        (select f.phone_number from ${FACILITY} f where f.id = r.shifting_approving_facility_id) as approving_phone,
        coalesce(${parties.names.assigned}, r.assigned_facility_external, '') as destination,
        array(select distinct x.phone from unnest(array[r.refering_facility_contact_number, p.phone_number, p.emergency_phone_number]) x(phone) where x.phone <> '') as phones
      from facility_shiftingrequest r join ${PATIENT} p on p.id = r.patient_id where r.id = $1 and not r.deleted`,
      [shiftId]
    )
    return found
  }

  /** A patient has one open request at most, is at a facility and not discharged (`docs/api/shifting-resources.md §4.2`). */
  async #requireShiftable(tx: Tx, patient: PatientRow): Promise<void> {
    const {
      rows: [found]
    } = await tx.query<{ open: boolean }>(
      'select exists (select from facility_shiftingrequest where patient_id = $1 and not deleted and not status = any($2::integer[])) as open',
      [patient.id, CLOSED]
    )
    if (found?.open) throw invalid({ request: ['Shifting Request for Patient already exists'] })
    if (!patient.is_active) throw invalid({ patient: ['Cannot shift discharged patient'] })
    if (patient.facility_id === null) throw invalid({ patient: ['Cannot shift a patient who is at no facility'] })
  }

  #requireTarget(actor: Actor, row: ShiftRow, values: Partial<ShiftInput>, status: number): void {
    const target = TARGETS[status]
    if (!target?.[this.#mode].test(actor, row)) throw denied()
    const hasDestination =
      row.assigned !== null ||
      [row.assigned_facility_external, values.assigned_facility, values.assigned_facility_external].some(Boolean)
    if (target.destination && !hasDestination)
      throw invalid({ status: ['Destination Facility is required for moving to this stage.'] })
    if (status === STATUS.completed && !mayComplete.test(actor, row))
      throw invalid({
        status: ['Permission Denied - Only staff from the origin facility can mark the shift as complete.']
      })
  }

  async #setCategory(tx: Tx, patientId: number, { patient_category: category }: Partial<ShiftInput>): Promise<void> {
    if (category !== undefined) await this.#scope.consultations?.consultations.setCategory(tx, patientId, category)
  }
}

/** Hook `patient-moving`: rejects the open requests of a patient who moved otherwise (`docs/api/patients.md §11`). The patient's row is locked already. */
export async function rejectOpen(
  tx: Queryable,
  { patientId, facilityName, by }: { patientId: number; facilityName: string; by: 'transfer' | 'shift' }
): Promise<void> {
  if (by !== 'transfer') return
  // Raw SQL: a set, and an appended comment.
  await tx.query(
    `update facility_shiftingrequest set status = $2,
      comments = comments || E'\\n The shifting request was auto rejected by the system as the patient was moved to ' || $3::text
    where patient_id = $1 and not deleted and not status = any($4::integer[])`,
    [patientId, STATUS.rejected, facilityName, [STATUS.rejected, STATUS.destinationRejected, STATUS.completed]]
  )
}
