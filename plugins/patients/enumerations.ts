import type { CodeLabels, Labels } from 'care-kernel/rest'

// docs/api/patients.md §4: what is stored, and what the API calls it.

export const SOURCES: Labels = { 10: 'CARE', 20: 'COVID_TRACKER', 30: 'STAY' }

export const DISEASE_STATUSES: Labels = {
  1: 'SUSPECTED',
  2: 'POSITIVE',
  3: 'NEGATIVE',
  4: 'RECOVERY',
  5: 'RECOVERED',
  6: 'EXPIRED'
}

export const TEST_TYPES: Labels = {
  10: 'UNK',
  20: 'ANTIGEN',
  30: 'RTPCR',
  40: 'CBNAAT',
  50: 'TRUENAT',
  60: 'RTLAMP',
  70: 'POCPCR'
}

export const ACTIONS: Labels = {
  10: 'NO_ACTION',
  20: 'PENDING',
  30: 'SPECIALIST_REQUIRED',
  40: 'PLAN_FOR_HOME_CARE',
  50: 'FOLLOW_UP_NOT_REQUIRED',
  60: 'COMPLETE',
  70: 'REVIEW',
  80: 'NOT_REACHABLE',
  90: 'DISCHARGE_RECOMMENDED'
}

/** One label differs from the stored value. */
export const BLOOD_GROUPS: CodeLabels = {
  'A+': 'A+',
  'A-': 'A-',
  'B+': 'B+',
  'B-': 'B-',
  'AB+': 'AB+',
  'AB-': 'AB-',
  'O+': 'O+',
  'O-': 'O-',
  UNK: 'UNKNOWN'
}

export const VACCINES = ['CoviShield', 'Covaxin', 'Sputnik', 'Moderna', 'Pfizer', 'Janssen', 'Sinovac'] as const
export const RATION_CARDS = ['NO_CARD', 'BPL', 'APL'] as const

/** docs/api/patients.md §4.2. */
export const DISEASES: Labels = {
  1: 'NO',
  2: 'Diabetes',
  3: 'Heart Disease',
  4: 'HyperTension',
  5: 'Kidney Diseases',
  6: 'Lung Diseases/Asthma',
  7: 'Cancer',
  8: 'OTHER'
}
/** The entry for no disease. */
export const NO_DISEASE = 1

/** docs/api/patients.md §4.1. */
export const OCCUPATIONS: Labels = {
  1: 'STUDENT',
  2: 'BUSINESSMAN',
  3: 'HEALTH_CARE_WORKER',
  4: 'HEALTH_CARE_LAB_WORKER',
  5: 'ANIMAL_HANDLER',
  6: 'OTHERS',
  7: 'HEALTHCARE_PRACTITIONER',
  8: 'PARADEMICS',
  9: 'BUSINESS_RELATED',
  10: 'ENGINEER',
  11: 'TEACHER',
  12: 'OTHER_PROFESSIONAL_OCCUPATIONS',
  13: 'OFFICE_ADMINISTRATIVE',
  14: 'CHEF',
  15: 'PROTECTIVE_SERVICE',
  16: 'HOSPITALITY',
  17: 'CUSTODIAL',
  18: 'CUSTOMER_SERVICE',
  19: 'SALES_SUPERVISOR',
  20: 'RETAIL_SALES_WORKER',
  21: 'INSURANCE_SALES_AGENT',
  22: 'SALES_REPRESENTATIVE',
  23: 'REAL_ESTATE',
  24: 'CONSTRUCTION_EXTRACTION',
  25: 'AGRI_NATURAL',
  26: 'PRODUCTION_OCCUPATION',
  27: 'PILOT_FLIGHT',
  28: 'VEHICLE_DRIVER',
  29: 'MILITARY',
  30: 'HOMEMAKER',
  31: 'UNKNOWN',
  32: 'NOT_APPLICABLE'
}
export const SOCIOECONOMIC_STATUSES: Labels = { 10: 'VERY_POOR', 20: 'POOR', 30: 'MIDDLE_CLASS', 40: 'WELL_OFF' }
export const HOME_SUPPORT: Labels = { 0: 'NO_SUPPORT', 10: 'FAMILY_MEMBER', 20: 'PAID_CAREGIVER' }

/** docs/api/patients.md §4.3. */
export const RELATIONS: Labels = {
  1: 'FAMILY_MEMBER',
  2: 'FRIEND',
  3: 'RELATIVE',
  4: 'NEIGHBOUR',
  5: 'TRAVEL_TOGETHER',
  6: 'WHILE_AT_HOSPITAL',
  7: 'WHILE_AT_SHOP',
  8: 'WHILE_AT_OFFICE_OR_ESTABLISHMENT',
  9: 'WORSHIP_PLACE',
  10: 'OTHERS'
}
export const RELATION = { family: 1 } as const
export const MODES_OF_CONTACT: Labels = {
  1: 'TOUCHED_BODY_FLUIDS',
  2: 'DIRECT_PHYSICAL_CONTACT',
  3: 'CLEANED_USED_ITEMS',
  4: 'LIVE_IN_SAME_HOUSEHOLD',
  5: 'CLOSE_CONTACT_WITHOUT_PRECAUTION',
  6: 'CO_PASSENGER_AEROPLANE',
  7: 'HEALTH_CARE_WITH_PPE',
  8: 'SHARED_SAME_SPACE_WITHOUT_HIGH_EXPOSURE',
  9: 'TRAVELLED_TOGETHER_WITHOUT_HIGH_EXPOSURE'
}

/** docs/api/patients.md §14. */
export const THREADS: Labels = { 10: 'DOCTORS', 20: 'NURSES' }

// What other plugins own and patients are filtered by (docs/api/patients.md §5).

export const CATEGORIES = ['Comfort', 'Stable', 'Moderate', 'Critical', 'ActivelyDying'] as const
export const COVID_CATEGORIES = ['ASYM', 'Mild', 'Moderate', 'Severe'] as const
export const BED_TYPES: Labels = {
  1: 'ISOLATION',
  2: 'ICU',
  3: 'ICU_WITH_NON_INVASIVE_VENTILATOR',
  4: 'ICU_WITH_OXYGEN_SUPPORT',
  5: 'ICU_WITH_INVASIVE_VENTILATOR',
  6: 'BED_WITH_OXYGEN_SUPPORT',
  7: 'REGULAR'
}
export const VENTILATOR_INTERFACES: Labels = { 0: 'UNKNOWN', 5: 'INVASIVE', 10: 'NON_INVASIVE', 15: 'OXYGEN_SUPPORT' }
export const DISCHARGE_REASONS = [-1, 1, 2, 3, 4] as const
export const DIAGNOSIS_STATUSES = ['unconfirmed', 'provisional', 'differential', 'confirmed'] as const

/** The stored numbers of labels. */
export const numbersOf = (labels: Labels): number[] => Object.keys(labels).map(Number)
