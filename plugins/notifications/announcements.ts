import type { Handling } from 'care-kernel/jobs'
import type { EventName } from './enumerations.ts'
import type { NotificationScope } from './scope.ts'
import { textPeople } from './shift-texts.ts'
import { consultation, consultationFile, note, noteSignal, patient, patientFile, round, shift, type Subject } from './subjects.ts'

type Listener<P> = (payload: P, handling: Handling, scope: NotificationScope) => Promise<void>

/** Users are told about the subject of an event. */
const tells =
  <P>(event: EventName, of: Subject<P>): Listener<P> =>
  async (payload, { tx }, scope) => {
    const notice = await of(tx, payload, scope)
    if (notice) await scope.notices.announce(tx, event, notice)
  }

/** One after another, in the same transaction. */
const both =
  <P>(first: Listener<P>, second: Listener<P>): Listener<P> =>
  async (payload, handling, scope) => {
    await first(payload, handling, scope)
    await second(payload, handling, scope)
  }

/** Who is told what about which event (contract gateways-jobs §6.2). Where the plugin of an event is off, there is none. */
export const announcements = {
  'patients/patient-registered': tells('PATIENT_CREATED', patient),
  'patients/patient-updated': tells('PATIENT_UPDATED', patient),
  'patients/note-written': both(tells('PUSH_MESSAGE', noteSignal), tells('PATIENT_NOTE_ADDED', note)),
  'consultations/consultation-created': tells('PATIENT_CONSULTATION_CREATED', consultation),
  'consultations/consultation-updated': tells('PATIENT_CONSULTATION_UPDATED', consultation),
  'consultations/consultation-assigned': tells('PATIENT_CONSULTATION_ASSIGNMENT', consultation),
  'consultations/round-created': tells('PATIENT_CONSULTATION_UPDATE_CREATED', round),
  'consultations/round-updated': tells('PATIENT_CONSULTATION_UPDATE_UPDATED', round),
  'files/file-added': both(
    tells('PATIENT_FILE_UPLOAD_CREATED', patientFile),
    tells('CONSULTATION_FILE_UPLOAD_CREATED', consultationFile)
  ),
  'shifting/destination-approved': both(tells('SHIFTING_UPDATED', shift), textPeople)
} as const
