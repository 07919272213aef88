import type { Labels } from 'care-kernel/rest'

/** Kinds of notifications by stored number (`docs/api/gateways-jobs.md §6.2`). */
export const EVENTS = {
  0: 'MESSAGE',
  20: 'PATIENT_CREATED',
  30: 'PATIENT_UPDATED',
  40: 'PATIENT_DELETED',
  50: 'PATIENT_CONSULTATION_CREATED',
  60: 'PATIENT_CONSULTATION_UPDATED',
  70: 'PATIENT_CONSULTATION_DELETED',
  80: 'INVESTIGATION_SESSION_CREATED',
  90: 'INVESTIGATION_UPDATED',
  100: 'PATIENT_FILE_UPLOAD_CREATED',
  110: 'CONSULTATION_FILE_UPLOAD_CREATED',
  120: 'PATIENT_CONSULTATION_UPDATE_CREATED',
  130: 'PATIENT_CONSULTATION_UPDATE_UPDATED',
  140: 'PATIENT_CONSULTATION_ASSIGNMENT',
  200: 'SHIFTING_UPDATED',
  210: 'PATIENT_NOTE_ADDED',
  220: 'PUSH_MESSAGE',
  230: 'PATIENT_PRESCRIPTION_CREATED',
  240: 'PATIENT_PRESCRIPTION_UPDATED'
} as const satisfies Labels

export type EventName = (typeof EVENTS)[keyof typeof EVENTS]

/** `docs/api/gateways-jobs.md §6.2`. */
export const EVENT_TYPES: Labels = { 50: 'SYSTEM_GENERATED', 100: 'CUSTOM_MESSAGE' }

/** `docs/api/gateways-jobs.md §6.2`. Stored rows are all `SYSTEM`: SMS leave no row. */
export const MEDIUMS: Labels = { 0: 'SYSTEM', 100: 'SMS', 200: 'WHATSAPP' }

/** Stored numbers of new rows. */
export const STORED = { system: 0, systemGenerated: 50, customMessage: 100 } as const

/** The stored number of an event. */
export function numberOf(event: EventName): number {
  return Number(Object.entries(EVENTS).find(([, name]) => name === event)?.[0])
}
