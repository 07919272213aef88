import type { Tx } from 'care-kernel'
import type { ConsultationNotificationData } from 'care-kernel/contracts/consultations'
import type { Handling } from 'care-kernel/jobs'
import type { EventName } from './enumerations.ts'
import type { NewNotification } from './notifications.ts'
import type { NotificationScope } from './services.ts'

/** Which event creates which notification (`docs/api/gateways-jobs.md §6.2`). A disabled plugin emits no events, so its handlers never run. */
export const eventHandlers = {
  'patients/patient-registered': notify('PATIENT_CREATED', aboutPatient),
  'patients/patient-updated': notify('PATIENT_UPDATED', aboutPatient),
  'patients/note-written': inSequence(notify('PUSH_MESSAGE', refreshNotes), notify('PATIENT_NOTE_ADDED', aboutNote)),
  'consultations/consultation-created': notify('PATIENT_CONSULTATION_CREATED', aboutConsultation),
  'consultations/consultation-updated': notify('PATIENT_CONSULTATION_UPDATED', aboutConsultation),
  'consultations/consultation-assigned': notify('PATIENT_CONSULTATION_ASSIGNMENT', aboutConsultation),
  'consultations/round-created': notify('PATIENT_CONSULTATION_UPDATE_CREATED', aboutRound),
  'consultations/round-updated': notify('PATIENT_CONSULTATION_UPDATE_UPDATED', aboutRound),
  'files/file-added': inSequence(
    notify('PATIENT_FILE_UPLOAD_CREATED', aboutPatientFile),
    notify('CONSULTATION_FILE_UPLOAD_CREATED', aboutConsultationFile)
  ),
  'shifting/destination-approved': inSequence(notify('SHIFTING_UPDATED', aboutShift), enqueueShiftSms)
} as const

type Handler<Payload> = (payload: Payload, handling: Handling, scope: NotificationScope) => Promise<void>

/** Builds the notification of an event; undefined where the row it is about no longer exists, or where there is nothing to notify. */
type Builder<Payload> = (tx: Tx, payload: Payload, scope: NotificationScope) => Promise<NewNotification | undefined>

interface PatientPayload {
  readonly patientId: number
  readonly userId: number
}

interface NotePayload extends PatientPayload {
  readonly patient: string
  readonly facilityId: number
  readonly facility: string
}

interface ConsultationPayload {
  readonly consultationId: number
  readonly by: number
}

interface RoundPayload extends ConsultationPayload {
  readonly round: string
}

interface FilePayload {
  /** Number of the kind of owner (`docs/api/gateways-jobs.md §1.1`). */
  readonly fileType: number
  readonly patientId: number | null
  readonly consultationId: number | null
  readonly by: number
}

interface ShiftPayload {
  readonly shiftId: number
  readonly userId: number
}

const FILE_TYPE = { patient: 1, consultation: 2 } as const

function notify<Payload>(event: EventName, build: Builder<Payload>): Handler<Payload> {
  return async (payload, { tx }, scope) => {
    const notification = await build(tx, payload, scope)
    if (notification) await scope.notifications.create(tx, event, notification)
  }
}

/** Both run in the transaction of the event. */
function inSequence<Payload>(first: Handler<Payload>, second: Handler<Payload>): Handler<Payload> {
  return async (payload, handling, scope) => {
    await first(payload, handling, scope)
    await second(payload, handling, scope)
  }
}

/** To the patient's facility and the assignee of the last consultation. */
async function aboutPatient(
  tx: Tx,
  { patientId, userId: causedBy }: PatientPayload,
  { patients }: NotificationScope
): Promise<NewNotification | undefined> {
  const patient = await patients?.patients.byId(tx, patientId)
  if (!patient) return undefined
  const { external_id: uuid, name, facility, last_consultation: last } = patient
  return {
    facilityId: facility?.id ?? null,
    assigneeId: last?.assigned_to_id ?? null,
    causedBy,
    objects: { patient: uuid, ...(facility ? { facility: facility.external_id } : {}) },
    values: { patient: name }
  }
}

/** To the facility where the note was written. */
async function aboutNote(
  tx: Tx,
  { patientId, patient: uuid, facilityId, facility, userId: causedBy }: NotePayload,
  { patients }: NotificationScope
): Promise<NewNotification | undefined> {
  const patient = await patients?.patients.byId(tx, patientId)
  return patient && { facilityId, causedBy, objects: { patient: uuid, facility }, values: { patient: patient.name } }
}

/** To the same facility: makes open pages of the front end reload the notes. */
async function refreshNotes(
  _tx: Tx,
  { patient: uuid, facilityId, facility, userId: causedBy }: NotePayload
): Promise<NewNotification> {
  return {
    facilityId,
    causedBy,
    objects: { patient: uuid, facility },
    message: JSON.stringify({ facility_id: facility, patient_id: uuid, from: 'patient/doctor_notes/create' })
  }
}

/** To the patient's facility and the assignee of the consultation. */
async function aboutConsultation(
  tx: Tx,
  { consultationId, by }: ConsultationPayload,
  { consultations }: NotificationScope
): Promise<NewNotification | undefined> {
  const found = await consultations?.consultations.notificationData(tx, consultationId)
  return found && ofConsultation(found, by, found.patient_facility)
}

/** To the same recipients. Names the consultation's facility, and the round by uuid (FIX: the original stores its key). */
async function aboutRound(
  tx: Tx,
  { consultationId, by, round }: RoundPayload,
  { consultations }: NotificationScope
): Promise<NewNotification | undefined> {
  const found = await consultations?.consultations.notificationData(tx, consultationId)
  return found && ofConsultation(found, by, found.facility, { daily_round: round })
}

/** To the same recipients as notifications about the patient. */
async function aboutPatientFile(
  tx: Tx,
  { fileType, patientId, by }: FilePayload,
  scope: NotificationScope
): Promise<NewNotification | undefined> {
  if (fileType !== FILE_TYPE.patient || patientId === null) return undefined
  return aboutPatient(tx, { patientId, userId: by }, scope)
}

/** To the consultation's facility, even if the patient has moved since, and the assignee of the consultation. */
async function aboutConsultationFile(
  tx: Tx,
  { fileType, consultationId, by }: FilePayload,
  { consultations }: NotificationScope
): Promise<NewNotification | undefined> {
  if (fileType !== FILE_TYPE.consultation || consultationId === null) return undefined
  const found = await consultations?.consultations.notificationData(tx, consultationId)
  return found && { ...ofConsultation(found, by, found.patient_facility), facilityId: found.facility_id }
}

/** To the approving facility. */
async function aboutShift(
  tx: Tx,
  { shiftId, userId: causedBy }: ShiftPayload,
  { shifting }: NotificationScope
): Promise<NewNotification | undefined> {
  const found = await shifting?.shifts.notificationData(tx, shiftId)
  if (!found) return undefined
  return {
    facilityId: found.approving_facility_id,
    causedBy,
    objects: { shifting: found.shift },
    values: { patient: found.patient_name }
  }
}

function ofConsultation(
  found: ConsultationNotificationData,
  causedBy: number,
  facility: string | null,
  objects: Readonly<Record<string, string>> = {}
): NewNotification {
  return {
    facilityId: found.patient_facility_id,
    assigneeId: found.assigned_to_id,
    causedBy,
    objects: {
      consultation: found.consultation,
      patient: found.patient,
      ...(facility === null ? {} : { facility }),
      ...objects
    },
    values: { patient: found.patient_name, facility: found.facility_name }
  }
}

/** Numbers that receive SMS: Indian mobiles, and all numbers of other countries (`docs/api/gateways-jobs.md §4`). */
const INDIAN_MOBILE = /^\+91[6-9]\d{9}$/
const FOREIGN_NUMBER = /^\+(?!91)\d{9,17}$/

/** Enqueues one SMS job per number of a shift's contacts (`docs/api/shifting-resources.md §6`); skips numbers that cannot receive SMS. */
async function enqueueShiftSms(
  { shiftId }: ShiftPayload,
  { tx }: Handling,
  { config, deployment, enqueue, shifting }: NotificationScope
): Promise<void> {
  if (!(config.textMessages ?? deployment.environment === 'production')) return
  const found = await shifting?.shifts.notificationData(tx, shiftId)
  for (const to of found?.phones ?? [])
    if (INDIAN_MOBILE.test(to) || FOREIGN_NUMBER.test(to)) await enqueue(tx, 'text-of-shift', { shiftId, to })
}
