import type { Labels } from 'care-kernel/rest'

/** `docs/api/consultations.md §15`. */
export const SAMPLE_TYPES: Labels = {
  0: 'UNKNOWN',
  1: 'BA/ETA',
  2: 'TS/NPS/NS',
  3: 'Blood in EDTA',
  4: 'Acute Sera',
  5: 'Covalescent sera',
  6: 'Biopsy',
  7: 'AMR',
  8: 'Communicable Diseases',
  9: 'OTHER TYPE'
}

/** `docs/api/consultations.md §15`. */
export const ICMR_CATEGORIES: Labels = {
  0: 'Cat 0',
  10: 'Cat 1',
  20: 'Cat 2',
  30: 'Cat 3',
  40: 'Cat 4',
  50: 'Cat 5a',
  60: 'Cat 5b'
}

/** Types of local bodies, by their names in uploads (`docs/api/consultations.md §16`). */
export const BODY_TYPES: Readonly<Record<string, number>> = {
  'grama panchayath': 1,
  'block panchayath': 2,
  'district panchayath': 3,
  'nagar panchayath': 4,
  municipality: 10,
  corporation: 20,
  others: 50
}
