import { Type } from 'typebox'
import { defineContract, type, type Queryable } from 'care-kernel'

export { STATUSES as SHIFT_STATUSES } from './statuses.ts'

/** What is told about a request whose destination agreed (docs/api/shifting-resources.md §6). */
export interface ShiftNotificationData {
  /** Its uuid. */
  readonly shift: string
  readonly patient_name: string
  /** Whose people are told. */
  readonly approving_facility_id: number | null
  /** Whom to call with questions. */
  readonly approving_phone: string | null
  /** Name of the destination, within the deployment or outside. */
  readonly destination: string
  /** Numbers of who asked, of the patient and of the family, each once; not all need be mobiles. */
  readonly phones: readonly string[]
}

/** What other plugins ask about shifting. */
export interface Shifts {
  /** What is told about a live request; undefined when there is none. */
  notificationData(db: Queryable, shiftId: number): Promise<ShiftNotificationData | undefined>
}

/** Requests to shift a patient to another facility. */
export const shifting = defineContract({
  name: 'shifting',
  version: 1,
  services: type<{ shifts: Shifts }>(),
  events: {
    /** The destination agreed, and there is an approving facility to be told (docs/api/shifting-resources.md §6). */
    'destination-approved': Type.Object({
      shiftId: Type.Integer(),
      shift: Type.String({ format: 'uuid' }),
      patientId: Type.Integer(),
      userId: Type.Integer()
    })
  }
})
