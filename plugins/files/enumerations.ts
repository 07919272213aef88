/** What a file belongs to, by stored number (docs/api/gateways-jobs.md §1.1). */
export const FILE_TYPES = {
  0: 'OTHER',
  1: 'PATIENT',
  2: 'CONSULTATION',
  3: 'SAMPLE_MANAGEMENT',
  4: 'CLAIM',
  5: 'DISCHARGE_SUMMARY',
  6: 'COMMUNICATION',
  7: 'CONSENT_RECORD',
  8: 'ABDM_HEALTH_INFORMATION'
} as const

/** The stored number of each. */
export const FILE_TYPE = {
  other: 0,
  patient: 1,
  consultation: 2,
  sample: 3,
  claim: 4,
  dischargeSummary: 5,
  communication: 6,
  consent: 7,
  abdm: 8
} as const satisfies Record<string, keyof typeof FILE_TYPES>

export type FileType = keyof typeof FILE_TYPES

/** docs/api/gateways-jobs.md §1.1. */
export const FILE_CATEGORIES = {
  UNSPECIFIED: 'UNSPECIFIED',
  XRAY: 'XRAY',
  AUDIO: 'AUDIO',
  IDENTITY_PROOF: 'IDENTITY_PROOF'
} as const
