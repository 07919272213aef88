import type { EventName } from './enumerations.ts'

/** Events with a template. The text of a `MESSAGE` is written by a user, that of a `PUSH_MESSAGE` is data for the front end. */
export type TemplateName = Exclude<EventName, 'MESSAGE' | 'PUSH_MESSAGE'> | 'SHIFTING_APPROVED_SMS'

interface Template {
  /** The original's text (`docs/api/gateways-jobs.md §6.2, §4`), with `{name}` placeholders. */
  readonly text: string
  /** Placeholders that a deployment's own text may use. */
  readonly names: readonly string[]
}

const about = (text: string, ...names: string[]): Template => ({ text, names: ['patient', 'user', ...names] })

/** All texts of notifications and SMS. A deployment overrides them, in its language, with the setting `texts`. */
export const TEMPLATES: Readonly<Record<TemplateName, Template>> = {
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
  // FIX: the original has no text.
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

/** Replaces placeholders by their values; placeholders within values stay as they are. */
export function renderTemplate(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole)
}
