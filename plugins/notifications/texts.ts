import type { EventName } from './enumerations.ts'

/** Events whose text is made here; that of the two others is what somebody wrote, or data for the front end. */
export type TextName = Exclude<EventName, 'MESSAGE' | 'PUSH_MESSAGE'> | 'SHIFTING_APPROVED_SMS'

interface Text {
  /** The original's words (contract gateways-jobs §6.2, §4), with `{names}` of what is put in. */
  readonly text: string
  /** Names that a text in another language may use. */
  readonly names: readonly string[]
}

const about = (text: string, ...names: string[]): Text => ({ text, names: ['patient', 'user', ...names] })

/** Everything the plugin says, in one place: a deployment puts other words or another language in their place (`texts` of its settings). */
export const TEXTS: Readonly<Record<TextName, Text>> = {
  PATIENT_CREATED: about('Patient {patient} was created by {user}'),
  PATIENT_UPDATED: about('Patient {patient} was updated by {user}'),
  PATIENT_DELETED: about('Patient {patient} was deleted by {user}'),
  PATIENT_CONSULTATION_CREATED: about('Consultation for Patient {patient} was created by {user}'),
  PATIENT_CONSULTATION_UPDATED: about('Consultation for Patient {patient} was updated by {user}'),
  PATIENT_CONSULTATION_DELETED: about('Consultation for Patient {patient} was deleted by {user}'),
  INVESTIGATION_SESSION_CREATED: about('Investigation Session for Patient {patient} was created by {user}'),
  INVESTIGATION_UPDATED: about(
    'Investigation Value for {investigation} for Patient {patient} was updated by {user}',
    'investigation'
  ),
  PATIENT_FILE_UPLOAD_CREATED: about('A file for patient {patient} was uploaded by {user}'),
  CONSULTATION_FILE_UPLOAD_CREATED: about('Consultation file for Patient {patient} was uploaded by {user}'),
  // Two spaces, as recorded.
  PATIENT_CONSULTATION_UPDATE_CREATED: about(
    'Consultation for Patient {patient}  at facility {facility} was created by {user}',
    'facility'
  ),
  PATIENT_CONSULTATION_UPDATE_UPDATED: about(
    'Consultation for Patient {patient}  at facility {facility} was updated by {user}',
    'facility'
  ),
  // FIX: the original says nothing.
  PATIENT_CONSULTATION_ASSIGNMENT: about('Consultation for Patient {patient} was assigned by {user}'),
  SHIFTING_UPDATED: about('Shifting for Patient {patient} was updated by {user}'),
  PATIENT_NOTE_ADDED: about('Notes for Patient {patient} was added by {user}'),
  PATIENT_PRESCRIPTION_CREATED: about('Prescription for Patient {patient} was created by {user}'),
  PATIENT_PRESCRIPTION_UPDATED: about('Prescription for Patient {patient} was updated by {user}'),
  SHIFTING_APPROVED_SMS: {
    text: 'Your Shifting Request to {destination} has been approved in Care. Please contact {phone} for any queries',
    names: ['destination', 'phone']
  }
}

/** A text with values in the place of its names. What a value holds is never read as a name. */
export function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole)
}
