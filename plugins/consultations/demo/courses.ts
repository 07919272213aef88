/** The course of a consultation. */
export interface Course {
  readonly suggestion: 'A' | 'DC' | 'HI' | 'OP' | 'R' | 'DD'
  /** A discharge reason; nothing for one that is still open. */
  readonly ends?: number
  /** Hours from round to round; nothing without rounds. */
  readonly roundsEvery?: number
  /** A readmission. */
  readonly again?: true
}

const COURSES = {
  admitted: { suggestion: 'A', roundsEvery: 12 },
  readmitted: { suggestion: 'A', roundsEvery: 12, again: true },
  domiciliary: { suggestion: 'DC', roundsEvery: 36 },
  isolated: { suggestion: 'HI' },
  outpatient: { suggestion: 'OP' },
  recovered: { suggestion: 'A', ends: 1 },
  referred: { suggestion: 'R', ends: 2 },
  expired: { suggestion: 'A', ends: 3, roundsEvery: 12 },
  broughtDead: { suggestion: 'DD', ends: 3 },
  againstAdvice: { suggestion: 'A', ends: 4 },
  unknown: { suggestion: 'A', ends: -1 }
} as const satisfies Readonly<Record<string, Course>>

export type CourseName = keyof typeof COURSES
export const courseNamed = (name: CourseName): Course => COURSES[name]

/**
 * Courses of recent and of earlier patients, in turn; `null`: registered only. Their lengths share no factor with the facilities' shares,
 * so that every facility gets every course.
 */
export const LATELY: readonly (CourseName | null)[] = [
  'admitted',
  'admitted',
  'outpatient',
  'admitted',
  'domiciliary',
  'admitted',
  null,
  'isolated',
  'admitted',
  'recovered',
  'admitted'
]
export const BEFORE: readonly (CourseName | null)[] = [
  'outpatient',
  'recovered',
  'domiciliary',
  'referred',
  'expired',
  'recovered',
  'outpatient',
  'readmitted',
  null,
  'recovered',
  'outpatient',
  'againstAdvice',
  'domiciliary',
  'recovered',
  'referred',
  'readmitted',
  'broughtDead',
  'unknown',
  null
]
/** The course in place of an admission at facilities without beds. */
export const WITHOUT_BEDS: CourseName = 'outpatient'

/** Examination texts of rounds, by state of the patient. */
export const REMARKS = {
  ill: [
    'Unchanged since the last round',
    'Took a little fluid, slept badly',
    'Family told how things stand',
    'Seen with the duty doctor'
  ],
  mending: [
    'Comfortable, eats half of the meals',
    'Walked to the bathroom alone',
    'Slept well, no complaints',
    'Discharge spoken of with the family'
  ],
  dying: [
    'Worse since the last round',
    'Oxygen raised',
    'Family called in',
    'Not for further escalation after talk with the family'
  ]
} as const
