import type { Clock } from 'care-kernel'
import { USER } from 'care-kernel/contracts/auth-permissions'
import { FACILITY } from 'care-kernel/contracts/facilities'
import { field, Invalid, nested, record, type Field, type Infer, type Messages } from 'care-kernel/rest'
import { ACTIONS, PATIENT } from 'care-kernel/contracts/patients'
import {
  CATEGORIES,
  CODE_STATUSES,
  CONSENT_TYPES,
  COVID_CATEGORIES,
  DISCHARGE_REASONS,
  IMPRESSION_STATUSES,
  INACTIVE_STATUSES,
  numbersOf,
  ROUTES_TO_FACILITY,
  SUGGESTIONS,
  SYMPTOMS,
  VERIFICATION_STATUSES
} from './enumerations.ts'

const optional = { optional: true } as const
const nullable = { optional: true, null: true } as const
const words = () => field.text({ ...nullable, blank: true })
const yesNo = () => field.boolean(optional)
const measure = () => field.float({ ...nullable, min: 0 })
const facility = <const S extends string>(source: S) => field.externalId(FACILITY, { optional: true, source })
const person = <const S extends string>(source: S) => field.reference(USER, { optional: true, null: true, source })

const STATUS_REFUSED = 'Verification status not allowed'
const FUTURE = 'This field value cannot be in the future.'

/** A field with a further check of its valid values; `wrong` returns the messages. */
export function checked<F extends Field>(of: F, wrong: (value: never) => Messages | undefined): F {
  return {
    ...of,
    parse(input, arrival) {
      const value = of.parse(input, arrival)
      const messages = value instanceof Invalid ? undefined : wrong(value as never)
      return messages ? new Invalid(messages) : value
    }
  }
}

/** The superseded category: a text that is none is stored as null (docs/api/consultations.md §3). */
function oldCategory(): Field<string | null, false> {
  const known = field.label(COVID_CATEGORIES, nullable)
  return {
    ...known,
    parse(input, arrival) {
      const value = known.parse(input, arrival)
      return value instanceof Invalid && typeof input === 'string' ? null : value
    }
  }
}

/** The uuid of a row of a plugin that may be disabled; a hook resolves it. */
const uuidOfOther = () => {
  const uuid = field.uuid(optional)
  return {
    ...uuid,
    parse(input, arrival) {
      const value = uuid.parse(input, arrival)
      return value instanceof Invalid ? new Invalid(['invalid uuid']) : value
    }
  } satisfies typeof uuid
}

const verificationStatus = () => field.choice(Object.keys(VERIFICATION_STATUSES))

/** A diagnosis of a new consultation (docs/api/consultations.md §4.1). */
const newDiagnosis = record({
  diagnosis: field.reference('facility_icd11diagnosis', { source: 'diagnosis_id' }),
  verification_status: checked(verificationStatus(), (value: string) =>
    INACTIVE_STATUSES.has(value) ? [STATUS_REFUSED] : undefined
  ),
  is_principal: field.boolean({ default: false })
})

/** A symptom of a new consultation (docs/api/consultations.md §4.1). */
const newSymptom = record({
  symptom: field.choice(numbersOf(SYMPTOMS)),
  other_symptom: field.text({ optional: true, blank: true }),
  onset_date: field.datetime(),
  cure_date: field.datetime(nullable)
})

export type NewDiagnosis = Infer<typeof newDiagnosis>
export type NewSymptom = Infer<typeof newSymptom>

/** The body of `consultation/` (docs/api/consultations.md §3), built once per deployment. Server-side columns are not read (FIX-C5). */
export function consultationInputs(clock: Clock, earliest: string) {
  const encounter = checked(field.datetime(optional), (value: string) => {
    if (Date.parse(value) < Date.parse(earliest))
      return { encounter_date: [`This field value must be greater than ${earliest.slice(0, 10)}`] }
    return Date.parse(value) > clock.now().getTime() ? { encounter_date: FUTURE } : undefined
  })
  return record({
    patient: field.externalId(PATIENT, { source: 'patient_id' }),
    category: field.label(CATEGORIES),
    suggestion: field.choice(Object.keys(SUGGESTIONS)),
    patient_no: field.text({ ...nullable, blank: true, max: 100 }),
    deprecated_covid_category: oldCategory(),
    examination_details: words(),
    history_of_present_illness: words(),
    treatment_plan: words(),
    consultation_notes: words(),
    course_in_facility: words(),
    operation: words(),
    special_instruction: words(),
    investigation: field.json(optional),
    procedure: field.json(optional),
    intubation_history: field.json(optional),
    route_to_facility: field.choice(numbersOf(ROUTES_TO_FACILITY), nullable),
    review_interval: field.integer({ default: -1 }),
    action: field.label(ACTIONS, optional),
    referred_to: facility('referred_to_id'),
    referred_to_external: words(),
    referred_from_facility: facility('referred_from_facility_id'),
    referred_from_facility_external: words(),
    referred_by_external: words(),
    transferred_from_location: uuidOfOther(),
    admitted: yesNo(),
    encounter_date: encounter,
    icu_admission_date: field.datetime(nullable),
    death_confirmed_doctor: words(),
    bed_number: field.text({ ...nullable, blank: true, max: 100 }),
    is_kasp: yesNo(),
    is_telemedicine: yesNo(),
    assigned_to: person('assigned_to_id'),
    treating_physician: person('treating_physician_id'),
    medico_legal_case: field.boolean({ default: false }),
    bed: uuidOfOther(),
    height: measure(),
    weight: measure(),
    create_diagnoses: field.list(nested(newDiagnosis), { ...optional, array: true }),
    create_symptoms: field.list(nested(newSymptom), { ...optional, array: true })
  })
}

export type ConsultationInput = Infer<ReturnType<typeof consultationInputs>>

/** docs/api/consultations.md §5. */
export const dischargeInput = record({
  new_discharge_reason: field.choice(numbersOf(DISCHARGE_REASONS)),
  discharge_date: field.datetime(),
  discharge_notes: field.text({ optional: true, blank: true }),
  referred_to: field.externalId(FACILITY, { optional: true, null: true, source: 'referred_to_id' }),
  referred_to_external: words(),
  death_datetime: field.datetime(nullable),
  death_confirmed_doctor: words()
})

export type DischargeInput = Infer<typeof dischargeInput>

/** docs/api/consultations.md §8. */
export const diagnosisInput = record({
  diagnosis: field.reference('facility_icd11diagnosis', { source: 'diagnosis_id' }),
  verification_status: verificationStatus(),
  is_principal: field.boolean({ optional: true })
})

/** docs/api/consultations.md §9. */
export const symptomInput = (clock: Clock) =>
  record({
    symptom: field.choice(numbersOf(SYMPTOMS)),
    other_symptom: field.text({ optional: true, blank: true }),
    onset_date: checked(field.datetime(), (value: string) =>
      Date.parse(value) > clock.now().getTime() ? ['Onset date cannot be in the future'] : undefined
    ),
    cure_date: field.datetime(nullable),
    clinical_impression_status: field.choice(Object.keys(IMPRESSION_STATUSES), optional)
  })

export type SymptomInput = Infer<ReturnType<typeof symptomInput>>

/** docs/api/consultations.md §12. */
export const consentInput = record({
  type: field.choice(numbersOf(CONSENT_TYPES)),
  patient_code_status: checked(field.choice(numbersOf(CODE_STATUSES), nullable), (value: number | null) =>
    value === 0 ? ['Specify a correct Patient Code Status for the Consent'] : undefined
  )
})
