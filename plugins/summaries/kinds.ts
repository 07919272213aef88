/** Subjects of summaries: the table of the rows, and the column with the key of the subject. */
export const SUBJECTS = {
  facility: { table: 'facility_facilityrelatedsummary', column: 'facility_id' },
  district: { table: 'facility_districtscopedsummary', column: 'district_id' }
} as const

/** One kind of summary as data. */
export interface Kind {
  readonly path: string
  /** `s_type` of its rows. */
  readonly type: string
  readonly subject: keyof typeof SUBJECTS
  /** Its days begin at midnight of the deployment's zone, or of UTC (docs/api/gateways-jobs.md §16.14, QUIRK). */
  readonly day: 'local' | 'utc'
  /**
   * How an existing row of the day is written: `replace` its data; `renew` its `created_date` as well; `renew-changed` only where the data
   * differs in more than `modified_date`, so that an unchanged row keeps its dates (docs/api/gateways-jobs.md §16.15, QUIRK).
   */
  readonly repeat: 'replace' | 'renew' | 'renew-changed'
  /** Lifetime of cached answers (docs/api/gateways-jobs.md §9.1). */
  readonly cacheSeconds: number
}

/** docs/api/gateways-jobs.md §8.2, §9. */
export const KINDS = {
  facilityCapacity: {
    path: 'facility_summary',
    type: 'FacilityCapacity',
    subject: 'facility',
    day: 'local',
    repeat: 'replace',
    cacheSeconds: 600
  },
  patients: {
    path: 'patient_summary',
    type: 'PatientSummary',
    subject: 'facility',
    day: 'utc',
    repeat: 'renew-changed',
    cacheSeconds: 600
  },
  tests: {
    path: 'tests_summary',
    type: 'TestSummary',
    subject: 'facility',
    day: 'utc',
    repeat: 'renew-changed',
    cacheSeconds: 36_000
  },
  triage: {
    path: 'triage_summary',
    type: 'TriageSummary',
    subject: 'facility',
    day: 'local',
    repeat: 'replace',
    cacheSeconds: 3600
  },
  districtPatients: {
    path: 'district_patient_summary',
    type: 'PatientSummary',
    subject: 'district',
    day: 'utc',
    repeat: 'renew',
    cacheSeconds: 600
  }
} as const satisfies Readonly<Record<string, Kind>>

export type KindName = keyof typeof KINDS

export const KIND_NAMES = Object.keys(KINDS) as readonly KindName[]
