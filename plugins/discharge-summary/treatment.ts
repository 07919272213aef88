import { list, table, text, type Block } from './blocks.ts'
import type { Facts, Investigation, Prescription, Round, Vital } from './facts.ts'
import { float, NONE, orNone, sentence, textOf, type Times } from './format.ts'

/** Name and unit of each vital sign, in the order they are printed. */
const SIGNS: Readonly<Record<string, readonly [name: string, unit: string]>> = {
  temperature: ['Temperature', '°F'],
  pulse: ['Pulse', 'bpm'],
  systolic: ['Systolic blood pressure', 'mmHg'],
  diastolic: ['Diastolic blood pressure', 'mmHg'],
  resp: ['Respiratory rate', '/min'],
  spo2: ['Oxygen saturation', '%'],
  glucose: ['Blood sugar', 'mg/dL'],
  glasgow: ['Glasgow coma scale', '/ 15'],
  pain: ['Pain', '/ 10']
}
const DOSAGE_TYPES = ['REGULAR', 'TITRATED', 'PRN']

/** Sections 5a to 5f of docs/api/gateways-jobs.md §10.4, with course, vital signs and rounds. */
export function treatment(facts: Facts, times: Times): Block[] {
  const { patient, prescriptions } = facts
  return [
    ...course(facts),
    ...covid(patient, times),
    ...vitalSigns(facts.vitals),
    ...dailyRounds(facts, times),
    ...medicines('Medication Administered', prescriptions, 'REGULAR'),
    ...table('Investigations Conducted', { Type: 3, Time: 2, Notes: 4 }, planned(facts.investigation, 'type', times)),
    ...table('Procedures Conducted', { Procedure: 3, Time: 2, Notes: 4 }, planned(facts.procedure, 'procedure', times)),
    ...table(
      'Lab Reports',
      { 'Requested on': 2, 'Sample type': 2, Label: 2, Result: 1 },
      facts.samples.map(({ requested_on: at, sample_type: type, label, result }) => [
        times.dateTime(at) || NONE,
        orNone(type),
        orNone(label),
        orNone(result)
      ])
    ),
    ...table(
      'Investigation History',
      { Group: 2, Name: 3, Result: 2, Range: 2, Date: 2 },
      facts.investigations.map(one => [
        textOf(one.group) || '-',
        orNone(one.name),
        resultOf(one),
        rangeOf(one),
        times.dateTime(one.date) || NONE
      ])
    )
  ]
}

function course({ history, examination, plan, notes, course: inFacility, operation, instruction }: Facts): Block[] {
  return [
    ...text('History of Present Illness', history),
    ...text('Examination', examination),
    ...text('Treatment Plan', plan),
    ...text('General Instructions', notes),
    ...text('Course in the Facility', inFacility),
    ...text('Operation', operation),
    ...text('Special Instruction', instruction)
  ]
}

function covid({ positive, date_of_result: at, vaccinated }: Facts['patient'], times: Times): Block[] {
  if (!positive) return []
  return list(
    'COVID',
    [
      'COVID Disease Status: Positive',
      ...(at === null ? [] : [`Test Result Date: ${times.date(at)}`]),
      `Vaccinated against COVID: ${vaccinated ? 'Yes' : 'No'}`
    ],
    false
  )
}

function vitalSigns(vitals: readonly Vital[]): Block[] {
  const bySign = new Map(vitals.map(vital => [vital.sign, vital]))
  return table(
    'Vital Signs',
    { Sign: 3, First: 2, Lowest: 2, Highest: 2, Last: 2 },
    Object.entries(SIGNS).flatMap(([sign, [name, unit]]) => {
      const found = bySign.get(sign)
      return found ? [[name, ...[found.first, found.lowest, found.highest, found.last].map(value => `${value} ${unit}`)]] : []
    })
  )
}

function dailyRounds({ rounds, rounds_in_all: all }: Facts, times: Times): Block[] {
  return table(
    rounds.length < all ? `Daily Rounds (the last ${rounds.length} of ${all})` : 'Daily Rounds',
    { When: 5, Round: 4, Condition: 3, Findings: 9 },
    rounds.map(round => [
      times.dateTime(round.taken_at),
      sentence(round.kind ?? '').replace(/s log$/, '’s log'),
      round.category ?? '',
      findings(round)
    ])
  )
}

function findings({ temperature, pulse, resp, spo2, systolic, diastolic, examination, details }: Round): string {
  const measured = [
    temperature === null ? '' : `Temp. ${temperature} °F`,
    pulse === null ? '' : `pulse ${pulse}`,
    systolic === null || diastolic === null ? '' : `BP ${systolic}/${diastolic}`,
    resp === null ? '' : `resp. ${resp}`,
    spo2 === null ? '' : `SpO₂ ${spo2} %`
  ].filter(Boolean)
  return [measured.join(', '), examination, details].map(textOf).filter(Boolean).join('\n')
}

/** Prescriptions of one kind, one line each (docs/api/gateways-jobs.md §10.4, 5b). */
export function medicines(title: string, prescriptions: readonly Prescription[], kind: 'REGULAR' | 'DISCHARGE'): Block[] {
  const rank = ({ dosage_type: type }: Prescription) => DOSAGE_TYPES.indexOf(type ?? 'REGULAR')
  const of = prescriptions.filter(({ prescription_type: type }) => type === kind)
  return list(title, [...of].sort((one, other) => rank(one) - rank(other)).map(line))
}

function line({
  dosage_type: type,
  medicine,
  base_dosage: base,
  target_dosage: target,
  route,
  frequency,
  days
}: Prescription): string {
  const often = `${orNone(frequency)}${days === null ? '' : ` for ${days} ${days === 1 ? 'day' : 'days'}`}.`
  if (type === 'PRN') return [orNone(medicine), orNone(base), orNone(route)].join(', ')
  if (type === 'TITRATED')
    return [orNone(medicine), `titration from ${orNone(base)} to ${orNone(target)}`, orNone(route), often].join(', ')
  return [orNone(medicine), orNone(base), orNone(route), often].join(', ')
}

/** Rows of investigations or procedures: free JSON of clients; only a list of objects is printed. */
function planned(list: unknown, what: 'type' | 'procedure', times: Times): string[][] {
  if (!Array.isArray(list)) return []
  return list
    .filter((one): one is Record<string, unknown> => typeof one === 'object' && one !== null && !Array.isArray(one))
    .map(one => [
      orNone(one[what]),
      one.repetitive === true ? `every ${orNone(one.frequency)}` : times.dateTime(one.time) || NONE,
      orNone(one.notes)
    ])
}

const resultOf = ({ value, notes }: Investigation): string => (value === null ? orNone(notes) : float(value))
const rangeOf = ({ min, max, unit }: Investigation): string =>
  min === null || max === null ? '-' : `${float(min)} - ${float(max)} ${textOf(unit)}`.trim()
