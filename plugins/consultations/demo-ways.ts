/** How a consultation goes on. */
export interface Way {
  readonly suggestion: 'A' | 'DC' | 'HI' | 'OP' | 'R' | 'DD'
  /** A discharge reason; nothing for one that is still open. */
  readonly ends?: number
  /** Hours from round to round; nothing without rounds. */
  readonly roundsEvery?: number
  /** Somebody who was here before, and comes again now. */
  readonly again?: true
}

const WAYS = {
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
} as const satisfies Readonly<Record<string, Way>>

export type WayName = keyof typeof WAYS
export const wayNamed = (name: WayName): Way => WAYS[name]

/** What becomes of those who came lately, and of those who came before; `null` is registered only. */
export const LATELY: readonly (WayName | null)[] = [
  'admitted',
  'admitted',
  'outpatient',
  'admitted',
  'domiciliary',
  'admitted',
  null,
  'isolated',
  'admitted',
  'recovered'
]
export const BEFORE: readonly (WayName | null)[] = [
  'recovered',
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
/** Where there are no beds, who would be in one goes home with tablets. */
export const WITHOUT_BEDS: WayName = 'outpatient'

/** What a round finds besides numbers: of those who are ill still, and of those who mend. */
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
