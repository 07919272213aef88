import { STATUS } from '../statuses.ts'

/** The testing facility of the demo district. */
export const LABORATORY = 'Malayoram Medical College Hospital'

export interface DemoSample {
  readonly status: number
  readonly result?: number
  readonly sample_type: number
  readonly sample_type_other?: string
  readonly icmr_category: number
  /** Only samples that were sent have one. */
  readonly icmr_label?: string
  readonly has_sari?: boolean
  readonly has_ari?: boolean
  readonly note?: string
}

const label = (number: number) => ({ icmr_label: `PZK-${1000 + number}` })

/** Samples in every status. */
export const SAMPLES: readonly DemoSample[] = [
  { status: STATUS.submitted, sample_type: 2, icmr_category: 10, has_ari: true },
  { status: STATUS.submitted, sample_type: 3, icmr_category: 0 },
  { status: STATUS.approved, sample_type: 2, icmr_category: 20 },
  { status: STATUS.denied, sample_type: 6, icmr_category: 0, note: 'The biopsy was done before: see the files' },
  { status: STATUS.sent, sample_type: 1, icmr_category: 40, ...label(1), has_sari: true },
  { status: STATUS.sent, sample_type: 4, icmr_category: 0, ...label(2) },
  { status: STATUS.received, sample_type: 2, icmr_category: 30, ...label(3), has_ari: true },
  { status: STATUS.received, sample_type: 7, icmr_category: 0, ...label(4) },
  { status: STATUS.completed, result: 1, sample_type: 2, icmr_category: 10, ...label(5), has_ari: true },
  { status: STATUS.completed, result: 2, sample_type: 2, icmr_category: 10, ...label(6) },
  { status: STATUS.completed, result: 2, sample_type: 3, icmr_category: 0, ...label(7) },
  { status: STATUS.completed, result: 2, sample_type: 9, sample_type_other: 'Stool', icmr_category: 0, ...label(8) }
]

const person = (number: number, name: string, age: number, gender: string, result: string) => ({
  srf_id: `01/PZK/${String(number).padStart(4, '0')}`,
  name,
  age,
  age_in: 'years',
  gender,
  address: 'Market Road, Puzhakkara',
  mobile_number: `90003010${String(number).padStart(2, '0')}`,
  is_repeat: false,
  patient_status: 'Asymptomatic',
  source: null,
  patient_category: 'Cat 17: Whoever wishes to be tested',
  lab_name: 'Puzhakkara Regional Laboratory',
  test_type: 'RTPCR',
  sample_type: 'Nasopharyngeal swab',
  result
})

/** Fictitious external results. */
export const EXTERNAL_RESULTS = [
  person(1, 'Leela Kuzhivila', 44, 'f', 'Negative'),
  person(2, 'Babu Vazhiyil', 61, 'm', 'Positive'),
  person(3, 'Salma Thodiyil', 29, 'f', 'Negative'),
  person(4, 'Thomas Malayil', 8, 'm', 'Negative'),
  person(5, 'Radha Puthenpura', 73, 'f', 'Positive')
] as const
