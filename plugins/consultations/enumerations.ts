import type { CodeLabels, Labels } from 'care-kernel/rest'

/** How ill the patient is (contract consultations §3); answered by label. */
export const CATEGORIES: CodeLabels = {
  Comfort: 'Comfort Care',
  Stable: 'Mild',
  Moderate: 'Moderate',
  Critical: 'Critical',
  ActivelyDying: 'Actively Dying'
}

/** Superseded by `CATEGORIES`, kept for old rows. */
export const COVID_CATEGORIES: CodeLabels = {
  ASYM: 'ASYMPTOMATIC',
  Mild: 'Category-A',
  Moderate: 'Category-B',
  Severe: 'Category-C'
}

/** What was decided; answered by code, labels are `suggestion_text`. */
export const SUGGESTIONS: CodeLabels = {
  HI: 'HOME ISOLATION',
  A: 'ADMISSION',
  R: 'REFERRAL',
  OP: 'OP CONSULTATION',
  DC: 'DOMICILIARY CARE',
  DD: 'DECLARE DEATH'
}

export const ROUTES_TO_FACILITY: Labels = {
  10: 'Outpatient/Emergency Room',
  20: 'Referred from another facility',
  30: 'Internal Transfer within the facility'
}

export const DISCHARGE_REASONS: Labels = { [-1]: 'Unknown', 1: 'Recovered', 2: 'Referred', 3: 'Expired', 4: 'LAMA' }

/** Discharge reasons that code speaks of. */
export const REASON = { referred: 2, expired: 3 } as const

/** Discharge reasons of old rows. */
export const LEGACY_DISCHARGE_REASONS: CodeLabels = { REC: 'Recovered', REF: 'Referred', EXP: 'Expired', LAMA: 'LAMA' }

/** How sure a diagnosis is (contract consultations §8); answered by code. */
export const VERIFICATION_STATUSES: CodeLabels = {
  unconfirmed: 'Unconfirmed',
  provisional: 'Provisional',
  differential: 'Differential',
  confirmed: 'Confirmed',
  refuted: 'Refuted',
  'entered-in-error': 'Entered in Error'
}

/** Statuses of diagnoses that no longer hold. */
export const INACTIVE_STATUSES: ReadonlySet<string> = new Set(['refuted', 'entered-in-error'])

/** Contract consultations §9; answered by number. */
export const SYMPTOMS: Labels = {
  2: 'Fever',
  3: 'Sore Throat',
  4: 'Cough',
  5: 'Breathlessness',
  6: 'Myalgia',
  7: 'Abdominal Discomfort',
  8: 'Vomiting',
  9: 'Others',
  11: 'Sputum',
  12: 'Nausea',
  13: 'Chest Pain',
  14: 'Hemoptysis',
  15: 'Nasal Discharge',
  16: 'Body Ache',
  17: 'Diarrhoea',
  18: 'Pain',
  19: 'Pedal Edema',
  20: 'Wound',
  21: 'Constipation',
  22: 'Headache',
  23: 'Bleeding',
  24: 'Dizziness',
  25: 'Chills',
  26: 'General Weakness',
  27: 'Irritability',
  28: 'Confusion',
  29: 'Abdominal Pain',
  30: 'Joint Pain',
  31: 'Redness Of Eyes',
  32: 'Anorexia',
  33: 'New Loss Of Taste',
  34: 'New Loss Of Smell'
}

/** The symptom that is told in words. */
export const OTHER_SYMPTOM = 9

export const IMPRESSION_STATUSES: CodeLabels = {
  'in-progress': 'In Progress',
  completed: 'Completed',
  'entered-in-error': 'Entered in Error'
}

/** Contract consultations §10.2; answered by name. */
export const ROUNDS_TYPES: Labels = {
  0: 'NORMAL',
  30: 'COMMUNITY_NURSES_LOG',
  50: 'DOCTORS_LOG',
  100: 'VENTILATOR',
  200: 'ICU',
  300: 'AUTOMATED',
  400: 'TELEMEDICINE'
}

/** Kinds of rounds that code speaks of. */
export const ROUND = { automated: 300, telemedicine: 400 } as const

/** Contract consultations §12; answered by number. */
export const CONSENT_TYPES: Labels = {
  1: 'Consent for Admission',
  2: 'Patient Code Status',
  3: 'Consent for Procedure',
  4: 'High Risk Consent',
  5: 'Others'
}

/** The consent that says how far treatment shall go. */
export const CODE_STATUS_CONSENT = 2

export const CODE_STATUSES: Labels = {
  0: 'Not Specified',
  1: 'Do Not Hospitalize',
  2: 'Do Not Resuscitate',
  3: 'Comfort Care Only',
  4: 'Active Treatment'
}

/** The stored numbers of some labels. */
export const numbersOf = (labels: Labels): readonly number[] => Object.keys(labels).map(Number)
