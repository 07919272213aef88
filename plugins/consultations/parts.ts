import { invalid } from 'care-kernel/rest'
import { OTHER_SYMPTOM } from './enumerations.ts'
import type { NewDiagnosis, NewSymptom } from './inputs.ts'

// Rules over the diagnoses and symptoms of a new consultation (contract consultations §4.1).

/** Throws 400 under `create_diagnoses` for a list that cannot be. */
export function requireFittingDiagnoses(diagnoses: readonly NewDiagnosis[]): void {
  const refuse = (message: string) => invalid({ create_diagnoses: [message] })
  const principals = diagnoses.filter(({ is_principal: principal }) => principal)
  if (diagnoses.length === 0) throw refuse('Atleast one diagnosis is required')
  if (new Set(diagnoses.map(({ diagnosis }) => diagnosis)).size < diagnoses.length)
    throw refuse('Duplicate diagnoses are not allowed')
  if (principals.length > 1) throw refuse('Only one diagnosis can be set as principal diagnosis')
  const confirmed = diagnoses.some(({ verification_status: status }) => status === 'confirmed')
  if (confirmed && principals.some(({ verification_status: status }) => status !== 'confirmed'))
    throw refuse('Only confirmed diagnosis can be set as principal diagnosis if it is present')
}

/** Throws 400 under `create_symptoms` for a list that cannot be; `now` in milliseconds. */
export function requireFittingSymptoms(symptoms: readonly NewSymptom[], now: number): void {
  const refuse = (problem: unknown) => invalid({ create_symptoms: problem })
  const active = new Set<string>()
  for (const { symptom, other_symptom: other = '', onset_date: onset, cure_date: cured = null } of symptoms) {
    if (symptom === OTHER_SYMPTOM && other === '')
      throw refuse({ other_symptom: 'Other symptom should not be empty when symptom type is OTHERS' })
    const key = symptom === OTHER_SYMPTOM ? `${symptom} ${other.trim().toLowerCase()}` : String(symptom)
    if (active.has(key)) throw refuse(['Duplicate symptoms are not allowed'])
    if (cured === null) active.add(key)
    if (Date.parse(onset) > now) throw refuse({ onset_date: 'Onset date cannot be in the future' })
    if (cured !== null && Date.parse(cured) < Date.parse(onset))
      throw refuse({ cure_date: 'Cure date should be after onset date' })
  }
}
