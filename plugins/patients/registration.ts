import type { Actor, ScopeOf, Tx } from 'care-kernel'
import { rowCondition } from 'care-kernel/access'
import { Params } from 'care-kernel/data'
import { invalid, readInput } from 'care-kernel/rest'
import { homeFacilitiesOf } from 'care-kernel/contracts/auth-permissions'
import { resolvedPlaces } from 'care-kernel/toolkits/places'
import type { FastifyRequest } from 'fastify'
import { FACILITY } from 'care-kernel/contracts/facilities'
import type { PatientRow } from './contract.ts'
import { contactInput, metaInfoInput, patientInputs, requireConsistent, type PatientInput, type PatientInputs } from './inputs.ts'
import { Disease, PatientContact, PatientMetaInfo } from './models.ts'
import type { manifest } from './manifest.ts'
import type { PatientService } from './patients.ts'

type RegistrationScope = ScopeOf<typeof manifest, { patients: typeof PatientService }>
type Contacts = NonNullable<PatientInput['contacted_patients']>
type MetaInfo = NonNullable<PatientInput['meta_info']>

const homes = homeFacilitiesOf('f')
const RECOVERY = 4
const RECOVERED = 5

/** Registers and changes patients by the bodies of the API (docs/api/patients.md §7, §9). */
export class Registration {
  readonly #scope: RegistrationScope
  readonly inputs: PatientInputs

  constructor(scope: RegistrationScope) {
    this.#scope = scope
    this.inputs = patientInputs(scope.clock)
  }

  /** Reads the body and adds a patient; its uuid, and whether it named contacts. */
  async register(tx: Tx, actor: Actor, request: FastifyRequest): Promise<{ readonly uuid: string; readonly contacts: boolean }> {
    const values = await readInput(request, this.inputs.registration, { db: tx })
    requireConsistent(values, false)
    const { facility, ...body } = values
    const facilityId = await this.#requireHome(tx, actor, facility)
    const columns = {
      allow_transfer: this.#scope.config.allowTransfer,
      date_of_receipt_of_information: this.#scope.patients.now(),
      ...(await this.#columns(tx, body, {})),
      facility_id: facilityId,
      meta_info_id: await this.#addMetaInfo(tx, values.meta_info)
    }
    const { id, external_id: uuid } = await this.#scope.patients.add(tx, actor, columns)
    await this.#addDiseases(tx, id, values.medical_history)
    await this.#addContacts(tx, actor, id, values.contacted_patients)
    if (values.srf_id) await this.#scope.hooks['srf-id-given'](tx, { patientId: id, srfId: values.srf_id })
    await this.#scope.emit(tx, 'patient-registered', { patientId: id, patient: uuid, facilityId, userId: actor.id })
    return { uuid, contacts: Boolean(values.contacted_patients?.length) }
  }

  /** Reads the body and changes a locked patient. */
  async change(tx: Tx, actor: Actor, request: FastifyRequest, patient: PatientRow & Stored): Promise<void> {
    const partial = request.method === 'PATCH'
    const values = await (partial
      ? readInput(request, this.inputs.change, { db: tx, partial })
      : readInput(request, this.inputs.change, { db: tx }))
    requireConsistent(values, partial)
    const { id, external_id: uuid, facility_id: facilityId, meta_info_id: metaInfoId } = patient
    const { facility, ...body } = values
    if (facility !== undefined && facility !== (patient.facility?.external_id ?? null))
      throw invalid({ facility: ['A patient moves to another facility by transfer only.'] })
    const columns = await this.#columns(tx, body, { ...patient })
    const metaInfo = metaInfoId === null ? await this.#addMetaInfo(tx, values.meta_info) : null
    if (metaInfoId !== null) await this.#changeMetaInfo(tx, metaInfoId, values.meta_info)
    // A body without the history clears it, PATCH too: as recorded of the original, and clients rely on it.
    await this.#scope.repository(Disease).deleteWhere(tx, { patient_id: id, deleted: false })
    await this.#addDiseases(tx, id, values.medical_history)
    // Raw SQL: a set whose rows go for good, although the table has `deleted`.
    if (!partial && 'contacted_patients' in values)
      await tx.query('delete from facility_patientcontactdetails where patient_id = $1', [id])
    await this.#addContacts(tx, actor, id, values.contacted_patients)
    await this.#scope.patients.save(
      tx,
      actor,
      id,
      { ...columns, last_edited_id: actor.id, ...(metaInfo === null ? {} : { meta_info_id: metaInfo }) },
      { saves: 2 }
    )
    if (values.srf_id && values.srf_id !== patient.srf_id)
      await this.#scope.hooks['srf-id-given'](tx, { patientId: id, srfId: values.srf_id })
    await this.#scope.emit(tx, 'patient-updated', { patientId: id, patient: uuid, facilityId, userId: actor.id })
  }

  /** Columns of a body, with the derived ones (docs/api/patients.md §4, "on every save"). `stored` has those that stay. */
  async #columns(
    tx: Tx,
    values: Partial<PatientInput>,
    stored: Readonly<Record<string, unknown>>
  ): Promise<Record<string, unknown>> {
    const columns = this.inputs.own.columns(values)
    const merged: Record<string, unknown> = { ...stored, ...columns }
    if (typeof merged.date_of_birth === 'string') columns.year_of_birth = Number(merged.date_of_birth.slice(0, 4))
    if (columns.disease_status === RECOVERY) columns.disease_status = RECOVERED
    if (columns.date_of_receipt_of_information === null) columns.date_of_receipt_of_information = this.#scope.patients.now()
    const placed = merged.local_body_id ?? merged.district_id
    return placed === null || placed === undefined ? columns : { ...columns, ...(await resolvedPlaces(tx, merged)) }
  }

  /** The facility of a registration, locked against its deletion; only a home facility of the actor (docs/api/patients.md §7). */
  async #requireHome(tx: Tx, actor: Actor, facilityId: number | undefined): Promise<number> {
    if (facilityId === undefined) throw invalid({ facility: 'Facility is required to register a patient' })
    const params = new Params([facilityId])
    const {
      rows: [found]
    } = await tx.query<{ own: boolean | null }>(
      `select ${rowCondition(homes, actor, params)} as own from ${FACILITY} f where f.id = $1 and not f.deleted for share`,
      params.values
    )
    if (!found) throw invalid({ facility: ['object with this id not found'] })
    if (!found.own) throw invalid({ facility: 'Patient can only be created in the home facility' })
    return facilityId
  }

  async #addMetaInfo(tx: Tx, values: MetaInfo | null | undefined): Promise<number | null> {
    if (!values || Object.keys(values).length === 0) return null
    const { id } = await this.#scope.repository(PatientMetaInfo).insert(tx, metaInfoInput.columns(values))
    return id
  }

  async #changeMetaInfo(tx: Tx, id: number, values: MetaInfo | null | undefined): Promise<void> {
    if (!values || Object.keys(values).length === 0) return
    await this.#scope.repository(PatientMetaInfo).update(tx, id, metaInfoInput.columns(values))
  }

  /** Existing diseases are skipped. */
  async #addDiseases(tx: Tx, patientId: number, diseases: PatientInput['medical_history']): Promise<void> {
    if (!diseases?.length) return
    await this.#scope.repository(Disease).insertMissing(
      tx,
      diseases.map(({ disease, details = '' }) => ({ patient_id: patientId, disease, details }))
    )
  }

  /** Contacts are patients the actor sees, as the answer shows them (docs/api/patients.md §4.3). */
  async #addContacts(tx: Tx, actor: Actor, patientId: number, contacts: Contacts | null | undefined): Promise<void> {
    if (!contacts?.length) return
    const params = new Params([contacts.map(contact => contact.patient_in_contact)])
    const seen = this.#scope.patients.seen(actor, params)
    const { rows } = await tx.query<{ id: number }>(
      `select p.id from facility_patientregistration p where p.id = any($1::bigint[]) and ${seen}`,
      params.values
    )
    const known = new Set(rows.map(({ id }) => id))
    if (contacts.some(contact => !known.has(contact.patient_in_contact)))
      throw invalid({
        contacted_patients: contacts.map(contact =>
          known.has(contact.patient_in_contact) ? {} : { patient_in_contact: ['object with this id not found'] }
        )
      })
    await this.#scope.repository(PatientContact).insertMany(
      tx,
      contacts.map(contact => ({ ...contactInput.columns(contact), patient_id: patientId }))
    )
  }
}

/** Stored values that a change needs besides the row. */
export interface Stored {
  readonly meta_info_id: number | null
  readonly srf_id: string
  readonly date_of_birth: string | null
}

/** Its columns, as SQL over `p`. */
export const STORED = 'p.meta_info_id, p.srf_id, p.date_of_birth'
