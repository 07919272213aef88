import type { Actor, ScopeOf, Tx } from 'care-kernel'
import { CONSULTATION } from 'care-kernel/contracts/consultations'
import { invalid } from 'care-kernel/rest'
import { sampleInput, type SampleInput } from './inputs.ts'
import { PatientSample, PatientSampleFlow } from './models.ts'
import type { manifest } from './manifest.ts'
import { advance, AWAITING, STATUS, type SampleState } from './statuses.ts'

type Scope = ScopeOf<typeof manifest>

/** A sample to be changed; the transaction has locked it. */
export interface SampleRow extends SampleState {
  readonly id: number
  readonly external_id: string
}

/** Columns of a `SampleRow`; `s` is the sample. */
export const SAMPLE_ROW = 's.id, s.external_id, s.status, s.result, s.date_of_sample'

const LIVE_CONSULTATION = `select c.id, c.patient_id from ${CONSULTATION} c where not c.deleted and`

interface ConsultationRow {
  readonly id: number
  readonly patient_id: number
}

/** Creates and changes samples; each write adds a row to the flow. */
export class SampleService {
  readonly #scope: Scope

  constructor(scope: Scope) {
    this.#scope = scope
  }

  /**
   * Creates a sample of the patient, in the given consultation or the latest one (`docs/api/consultations.md §15`); returns its uuid.
   * 400 for an invisible patient, answered like a missing one, and for a consultation of another patient (FIX).
   */
  async create(tx: Tx, actor: Actor, values: SampleInput): Promise<string> {
    const { patient: patientId, consultation: consultationId, notes, ...rest } = values
    if (patientId === undefined && consultationId === undefined)
      throw invalid({ non_field_errors: ['Either of patient or consultation is required'] })
    const named = consultationId === undefined ? undefined : await this.#consultation(tx, 'c.id = $1', consultationId)
    const id = patientId ?? named?.patient_id
    const patient =
      id === undefined ? undefined : await this.#scope.patients.patients.byId(tx, id, { visibleTo: actor, retrieving: true })
    if (!patient) throw invalid({ [patientId === undefined ? 'consultation' : 'patient']: ['object with this id not found'] })
    if (named && named.patient_id !== patient.id) throw invalid({ consultation: ['object with this id not found'] })
    const consultation = named ?? (await this.#consultation(tx, 'c.patient_id = $1 order by c.id desc limit 1', patient.id))
    if (!consultation) throw invalid({ patient: ['Invalid id/ No consultation done'] })
    const made = await this.#scope.repository(PatientSample).insert(tx, {
      testing_facility_id: patient.facility_id,
      ...sampleInput.columns(rest),
      status: STATUS.submitted,
      result: AWAITING,
      patient_id: patient.id,
      consultation_id: consultation.id
    })
    await this.#addFlow(tx, made.id, STATUS.submitted, notes ?? 'created')
    return made.external_id
  }

  /** Changes a sample. Its patient and consultation never change. */
  async change(tx: Tx, actor: Actor, row: SampleRow, values: Partial<SampleInput>): Promise<void> {
    const { notes, ...rest } = values
    const written = { ...rest, ...advance(row, rest, this.#now()) }
    await this.#scope.repository(PatientSample).update(tx, row.id, {
      ...sampleInput.columns(written),
      patient_id: undefined,
      consultation_id: undefined
    })
    await this.#addFlow(tx, row.id, written.status, notes ?? `updated by ${actor.username}`)
  }

  async #consultation(tx: Tx, where: string, id: number): Promise<ConsultationRow | undefined> {
    const {
      rows: [found]
    } = await tx.query<ConsultationRow>(`${LIVE_CONSULTATION} ${where}`, [id])
    return found
  }

  async #addFlow(tx: Tx, sampleId: number, status: number, notes: string): Promise<void> {
    await this.#scope.repository(PatientSampleFlow).insert(tx, { patient_sample_id: sampleId, status, notes })
  }

  #now(): string {
    return this.#scope.clock.now().toISOString()
  }
}
