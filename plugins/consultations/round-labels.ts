import type { Labels } from 'care-kernel/rest'

// The choices of daily rounds (contract consultations §10.2); answered by name, raw in `analyse`.

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
