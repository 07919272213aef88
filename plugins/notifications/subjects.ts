import type { Tx } from 'care-kernel'
import type { ConsultationNotificationData } from 'care-kernel/contracts/consultations'
import type { Notice } from './notices.ts'
import type { NotificationScope } from './scope.ts'

/** Looks up what is told about an event; undefined when what it is about is gone. */
export type Subject<P> = (tx: Tx, payload: P, scope: NotificationScope) => Promise<Notice | undefined>

/** Payload of an event about a patient. */
export interface OfPatient {
  readonly patientId: number
  readonly userId: number
}

/** Payload of an event about a note. */
export interface OfNote extends OfPatient {
  readonly patient: string
  readonly facilityId: number
  readonly facility: string
}

/** Payload of an event about a consultation. */
export interface OfConsultation {
  readonly consultationId: number
  readonly by: number
}

/** The patient's facility, and who looks after the patient. */
export const patient: Subject<OfPatient> = async (tx, { patientId, userId: by }, { patients }) => {
  const found = await patients?.patients.byId(tx, patientId)
  if (!found) return undefined
  const { external_id: uuid, name, facility, last_consultation: last } = found
  return {
    facilityId: facility?.id ?? null,
    alsoTo: last?.assigned_to_id ?? null,
    by,
    objects: { patient: uuid, ...(facility ? { facility: facility.external_id } : {}) },
    values: { patient: name }
  }
}

/** The facility where the note was written. */
export const note: Subject<OfNote> = async (tx, { patientId, patient: uuid, facilityId, facility, userId: by }, { patients }) => {
  const found = await patients?.patients.byId(tx, patientId)
  return found && { facilityId, by, objects: { patient: uuid, facility }, values: { patient: found.name } }
}

/** The same for the open pages of a front end, which read the notes again. */
export const noteSignal: Subject<OfNote> = async (_tx, { patient: uuid, facilityId, facility, userId: by }) => ({
  facilityId,
  by,
  objects: { patient: uuid, facility },
  message: JSON.stringify({ facility_id: facility, patient_id: uuid, from: 'patient/doctor_notes/create' })
})

/** Payload of an event about a file, with the number of what it belongs to (contract gateways-jobs §1.1). */
export interface OfFile {
  readonly fileType: number
  readonly patientId: number | null
  readonly consultationId: number | null
  readonly by: number
}

const FILE_TYPE = { patient: 1, consultation: 2 } as const

/** What is told about a consultation, whatever its event. */
const aboutConsultation = (
  found: ConsultationNotificationData,
  by: number,
  facility: string | null,
  more: object = {}
): Notice => ({
  facilityId: found.patient_facility_id,
  alsoTo: found.assigned_to_id,
  by,
  objects: {
    consultation: found.consultation,
    patient: found.patient,
    ...(facility === null ? {} : { facility }),
    ...more
  },
  values: { patient: found.patient_name, facility: found.facility_name }
})

/** The patient's facility, and who looks after the patient in this consultation. */
export const consultation: Subject<OfConsultation> = async (tx, { consultationId, by }, { consultations }) => {
  const found = await consultations?.consultations.notificationData(tx, consultationId)
  return found && aboutConsultation(found, by, found.patient_facility)
}

/** The same people; it names the facility of the consultation, and the round by its uuid (FIX: the original has its key). */
export const round: Subject<OfConsultation & { readonly round: string }> = async (
  tx,
  { consultationId, by, round: uuid },
  { consultations }
) => {
  const found = await consultations?.consultations.notificationData(tx, consultationId)
  return found && aboutConsultation(found, by, found.facility, { daily_round: uuid })
}

/** As of the patient; files of anything else tell nothing. */
export const patientFile: Subject<OfFile> = async (tx, { fileType, patientId, by }, scope) =>
  fileType === FILE_TYPE.patient && patientId !== null ? patient(tx, { patientId, userId: by }, scope) : undefined

/** The facility of the consultation, wherever the patient is, and who looks after the patient in it. */
export const consultationFile: Subject<OfFile> = async (tx, { fileType, consultationId, by }, { consultations }) => {
  if (fileType !== FILE_TYPE.consultation || consultationId === null) return undefined
  const found = await consultations?.consultations.notificationData(tx, consultationId)
  return found && { ...aboutConsultation(found, by, found.patient_facility), facilityId: found.facility_id }
}

/** The facility that approves. */
export const shift: Subject<{ readonly shiftId: number; readonly userId: number }> = async (
  tx,
  { shiftId, userId: by },
  { shifting }
) => {
  const found = await shifting?.shifts.notice(tx, shiftId)
  return (
    found && {
      facilityId: found.approving_facility_id,
      by,
      objects: { shifting: found.shift },
      values: { patient: found.patient_name }
    }
  )
}
