import { Type } from 'typebox'
import { defineContract, type, type Queryable } from 'care-kernel'

export { STATUSES as SHIFT_STATUSES } from './statuses.ts'

/** Data of notifications and SMS about a request whose destination approved (`docs/api/shifting-resources.md §6`). */
export interface ShiftNotificationData {
  /** Uuid of the request. */
  readonly shift: string
  readonly patient_name: string
  /** Its members are notified. */
  readonly approving_facility_id: number | null
  /** Contact number in the SMS. */
  readonly approving_phone: string | null
  /** Name of the destination, a facility of the deployment or an external one. */
  readonly destination: string
  /** Distinct numbers of the referring facility's contact, the patient and the family; landlines among them. */
  readonly phones: readonly string[]
}

/** Services of shifting for other plugins. */
export interface Shifts {
  /** Data of notifications about a request; undefined for a deleted one. */
  notificationData(db: Queryable, shiftId: number): Promise<ShiftNotificationData | undefined>
}

/** Requests to shift a patient to another facility. */
export const shifting = defineContract({
  name: 'shifting',
  version: 1,
  services: type<{ shifts: Shifts }>(),
  events: {
    /** The destination approved a request that has an approving facility (`docs/api/shifting-resources.md §6`). */
    'destination-approved': Type.Object({
      shiftId: Type.Integer(),
      shift: Type.String({ format: 'uuid' }),
      patientId: Type.Integer(),
      userId: Type.Integer()
    })
  }
})
