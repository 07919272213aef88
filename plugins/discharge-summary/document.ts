import { BED_TYPES } from 'care-kernel/contracts/patients'
import { list, pair, pairs, table, type Block, type Document, type Pair, type Section } from './blocks.ts'
import type { Facts } from './facts.ts'
import { cut, duration, float, NONE, orNone, sentence, textOf, type Times } from './format.ts'
import { medicines, treatment } from './treatment.ts'

const ADMISSION = 'A'
const DEATH = 'DD'
const RATION_CARDS: Readonly<Record<string, string>> = { NO_CARD: 'Non-card holder', BPL: 'BPL', APL: 'APL' }

/** An address in one line. */
const oneLine = (value: unknown) =>
  textOf(value)
    .split(/[\s,]*\n\s*/)
    .join(', ')
const measure = (value: number | null, unit: string) => (value ? `${float(value)} ${unit}` : NONE)

/** The document of a consultation (docs/api/gateways-jobs.md §10.4). `created`: ISO text. */
export function documentOf(facts: Facts, created: string, times: Times): Document {
  const { suggestion, patient, patient_no: number } = facts
  const admitted = suggestion === ADMISSION
  const treated = suggestion === DEATH ? [] : treatment(facts, times)
  return {
    title: admitted ? 'Patient Discharge Summary' : 'Patient Summary',
    created: times.dateTime(created),
    running: cut(
      [textOf(patient.name), number ? `${admitted ? 'IP' : 'OP'} No ${textOf(number)}` : ''].filter(Boolean).join(' · '),
      40
    ),
    facility: letterhead(facts),
    patient: patientPairs(patient),
    sections: [
      { title: admitted ? 'Admission Details' : 'Patient Details', blocks: encounter(facts, admitted, times) },
      ...(treated.length > 0 ? [{ title: 'Treatment Summary', blocks: treated }] : []),
      { title: 'Discharge Summary', blocks: discharge(facts, times) },
      ...annexes(facts, times)
    ],
    signatures: [
      { name: textOf(facts.physician) || '-', role: 'Treating Physician: signature, date and stamp' },
      { name: ' ', role: 'Received by the patient or a relative: name, signature and date' }
    ]
  }
}

function letterhead({ facility }: Facts): Document['facility'] {
  const place = [facility?.district, facility?.state].map(textOf).filter(Boolean).join(', ')
  const address = oneLine(facility?.address)
  const pin = textOf(facility?.pincode)
  const name = orNone(facility?.name)
  return {
    name,
    short: cut(name, 60),
    lines: [
      pin && !address.includes(pin) ? [address, pin].filter(Boolean).join(' ') : address,
      [place, textOf(facility?.phone)].filter(Boolean).join(' · ')
    ]
      .filter(Boolean)
      .map(line => cut(line, 200))
  }
}

function patientPairs(patient: Facts['patient']): Pair[] {
  return [
    pair('Full name', patient.name),
    pair('Gender', patient.gender),
    pair('Age', patient.age),
    pair('Blood Group', patient.blood_group),
    pair('Phone Number', patient.phone),
    pair('Ration Card Category', RATION_CARDS[patient.ration_card ?? '']),
    pair('Address', oneLine(patient.address), true)
  ]
}

/** Sections 3 and 4 of docs/api/gateways-jobs.md §10.4. */
function encounter(facts: Facts, admitted: boolean, times: Times): Block[] {
  const { beds, route, patient, treated_at: elsewhere, encounter_date: began, discharge_date: ended } = facts
  const diagnoses = facts.diagnoses.map(({ label, status }) => `${label} (${status})`)
  const principal = facts.diagnoses.filter(({ principal: is }) => is).map(({ label }) => label)
  const symptoms = facts.symptoms.map(textOf).filter(Boolean)
  return [
    pairs([
      pair('Route to Facility', route === null ? '(unknown)' : sentence(route)),
      pair(admitted ? 'IP No' : 'OP No', facts.patient_no),
      ...(elsewhere === null ? [] : [pair('Treated at', elsewhere, true)]),
      ...(admitted
        ? [
            pair('Admitted To', beds.map(type => sentence(BED_TYPES[type] ?? '')).join(', '), true),
            pair('Date of admission', times.dateTime(began)),
            pair('Duration of Admission', duration(began, ended))
          ]
        : [pair('Date', times.dateTime(began), true)]),
      pair('Weight', measure(facts.weight, 'kg')),
      pair('Height', measure(facts.height, 'cm')),
      pair(admitted ? 'Reason for admission' : 'Principal Diagnosis', principal.join(', '), true),
      pair(admitted ? 'Symptoms at admission' : 'Symptoms', symptoms.length > 0 ? symptoms.join(', ') : 'Asymptomatic', true),
      pair('Reported Allergies', patient.allergies, true)
    ]),
    ...orNothing(
      list(admitted ? 'Diagnosis at admission' : 'Diagnosis', diagnoses),
      admitted ? 'Diagnosis at admission' : 'Diagnosis'
    ),
    ...history(facts)
  ]
}

/** The blocks, or a titled `N/A`. */
const orNothing = (found: Block[], title: string): Block[] => (found.length > 0 ? found : [{ kind: 'text', title, text: NONE }])

function history({ diseases, patient }: Facts): Block[] {
  if (diseases[0]?.none) return []
  const title = 'Medication History'
  const known = table(
    title,
    { Comorbidity: 2, Details: 5 },
    diseases.map(({ disease, details }) => [orNone(disease), orNone(details)])
  )
  const taken = textOf(patient.ongoing_medication)
  return [...orNothing(known, title), ...(taken ? [{ kind: 'text', title: 'Ongoing Medication', text: taken } as const] : [])]
}

/** Section 6 of docs/api/gateways-jobs.md §10.4. */
function discharge(facts: Facts, times: Times): Block[] {
  const { discharge_date: at, death_datetime: died } = facts
  return [
    pairs([
      pair('Discharge Date', at === null ? '' : times.dateTime(at)),
      pair('Discharge Reason', facts.discharge_reason),
      ...(facts.referred_to === null ? [] : [pair('Referred to', facts.referred_to, true)]),
      ...(died === null ? [] : [pair('Time of death', times.dateTime(died)), pair('Confirmed by', facts.death_confirmed_doctor)]),
      pair('Discharge Advice', facts.discharge_notes, true)
    ]),
    ...(facts.recovered ? medicines('Discharge Prescription', facts.prescriptions, 'DISCHARGE') : [])
  ]
}

function annexes({ uploads }: Facts, times: Times): Section[] {
  const blocks = table(
    'Uploaded Files',
    { 'Uploaded at': 2, Name: 5 },
    uploads.map(({ name, at }) => [times.dateTime(at) || NONE, orNone(name)])
  )
  return blocks.length > 0 ? [{ title: 'Annexes', blocks }] : []
}
