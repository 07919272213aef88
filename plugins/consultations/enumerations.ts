import type { CodeLabels, Labels } from 'care-kernel/rest'

/** How ill the patient is (docs/api/consultations.md §3); answered by label. */
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

/** The decision of a consultation; answered by code, labels are `suggestion_text`. */
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

/** Discharge reasons by name. */
export const REASON = { referred: 2, expired: 3 } as const

/** Discharge reasons of old rows. */
export const LEGACY_DISCHARGE_REASONS: CodeLabels = { REC: 'Recovered', REF: 'Referred', EXP: 'Expired', LAMA: 'LAMA' }

/** How sure a diagnosis is (docs/api/consultations.md §8); answered by code. */
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

/** docs/api/consultations.md §9; answered by number. */
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

/** The symptom that `other_symptom` describes. */
export const OTHER_SYMPTOM = 9

export const IMPRESSION_STATUSES: CodeLabels = {
  'in-progress': 'In Progress',
  completed: 'Completed',
  'entered-in-error': 'Entered in Error'
}

/** docs/api/consultations.md §10.2; answered by name. */
export const ROUNDS_TYPES: Labels = {
  0: 'NORMAL',
  30: 'COMMUNITY_NURSES_LOG',
  50: 'DOCTORS_LOG',
  100: 'VENTILATOR',
  200: 'ICU',
  300: 'AUTOMATED',
  400: 'TELEMEDICINE'
}

/** Types of rounds by name. */
export const ROUND = { automated: 300, telemedicine: 400 } as const

// Choices of daily rounds (docs/api/consultations.md §10.2); answered by name, raw in `analyse`.

export const BOWEL_ISSUES: Labels = { 0: 'NO_DIFFICULTY', 1: 'CONSTIPATION', 2: 'DIARRHOEA' }
export const BLADDER_DRAINAGES: Labels = {
  1: 'NORMAL',
  2: 'CONDOM_CATHETER',
  3: 'DIAPER',
  4: 'INTERMITTENT_CATHETER',
  5: 'CONTINUOUS_INDWELLING_CATHETER',
  6: 'CONTINUOUS_SUPRAPUBIC_CATHETER',
  7: 'UROSTOMY'
}
export const BLADDER_ISSUES: Labels = { 0: 'NO_ISSUES', 1: 'INCONTINENCE', 2: 'RETENTION', 3: 'HESITANCY' }
export const URINATION_FREQUENCIES: Labels = { 1: 'NORMAL', 2: 'DECREASED', 3: 'INCREASED' }
export const SLEEPS: Labels = { 1: 'EXCESSIVE', 2: 'SATISFACTORY', 3: 'UNSATISFACTORY', 4: 'NO_SLEEP' }
export const NUTRITION_ROUTES: Labels = {
  1: 'ORAL',
  2: 'RYLES_TUBE',
  3: 'GASTROSTOMY_OR_JEJUNOSTOMY',
  4: 'PEG',
  5: 'PARENTERAL_TUBING_FLUID',
  6: 'PARENTERAL_TUBING_TPN'
}
export const ORAL_ISSUES: Labels = { 0: 'NO_ISSUE', 1: 'DYSPHAGIA', 2: 'ODYNOPHAGIA' }
export const APPETITES: Labels = {
  1: 'INCREASED',
  2: 'SATISFACTORY',
  3: 'REDUCED',
  4: 'NO_TASTE_FOR_FOOD',
  5: 'CANNOT_BE_ASSESSED'
}
export const CONSCIOUSNESS_LEVELS: Labels = {
  0: 'UNKNOWN',
  5: 'ALERT',
  10: 'RESPONDS_TO_VOICE',
  15: 'RESPONDS_TO_PAIN',
  20: 'UNRESPONSIVE',
  25: 'AGITATED_OR_CONFUSED',
  30: 'ONSET_OF_AGITATION_AND_CONFUSION'
}
export const PUPIL_REACTIONS: Labels = { 0: 'UNKNOWN', 5: 'BRISK', 10: 'SLUGGISH', 15: 'FIXED', 20: 'CANNOT_BE_ASSESSED' }
export const LIMB_RESPONSES: Labels = {
  0: 'UNKNOWN',
  5: 'STRONG',
  10: 'MODERATE',
  15: 'WEAK',
  20: 'FLEXION',
  25: 'EXTENSION',
  30: 'NONE'
}
export const RHYTHMS: Labels = { 0: 'UNKNOWN', 5: 'REGULAR', 10: 'IRREGULAR' }
export const VENTILATOR_INTERFACES: Labels = { 0: 'UNKNOWN', 5: 'INVASIVE', 10: 'NON_INVASIVE', 15: 'OXYGEN_SUPPORT' }
export const VENTILATOR_MODES: Labels = {
  0: 'UNKNOWN',
  5: 'VCV',
  10: 'PCV',
  15: 'PRVC',
  20: 'APRV',
  25: 'VC_SIMV',
  30: 'PC_SIMV',
  40: 'PRVC_SIMV',
  45: 'ASV',
  50: 'PSV'
}
export const OXYGEN_MODALITIES: Labels = {
  0: 'UNKNOWN',
  5: 'NASAL_PRONGS',
  10: 'SIMPLE_FACE_MASK',
  15: 'NON_REBREATHING_MASK',
  20: 'HIGH_FLOW_NASAL_CANNULA'
}
export const INSULIN_FREQUENCIES: Labels = { 0: 'UNKNOWN', 5: 'OD', 10: 'BD', 15: 'TD' }

/** docs/api/consultations.md §12; answered by number. */
export const CONSENT_TYPES: Labels = {
  1: 'Consent for Admission',
  2: 'Patient Code Status',
  3: 'Consent for Procedure',
  4: 'High Risk Consent',
  5: 'Others'
}

/** The consent with a code status: limits of treatment. */
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
