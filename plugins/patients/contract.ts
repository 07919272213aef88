import { Type } from 'typebox'
import { defineContract, hooks, relation, type, type Actor, type Queryable, type Tx } from 'care-kernel'
import type { Shape, Where } from 'care-kernel/rest'
import type { PatientLike } from './policy.ts'

export {
  ACTIONS,
  BED_TYPES,
  BLOOD_GROUPS,
  DISEASE_STATUSES,
  DISEASES,
  NO_DISEASE,
  RELATION,
  SOURCES,
  TEST_TYPES
} from './enumerations.ts'
export { patientRead, patientUpdate, type PatientFacility, type PatientLike } from './policy.ts'

/** From-items of rows that other plugins own, by field of the slot `joined`. */
export type JoinedRows = Readonly<
  Record<'consultations' | 'daily_rounds' | 'diagnoses' | 'consultation_beds' | 'watched_consultations', string>
>

/** The representations of a patient in one deployment; `p` is the patient's row. */
export interface PatientShapes {
  /** For lists of other resources: name, contact, facility. */
  readonly bare: Shape
  /** docs/api/patients.md §4, column "List". */
  readonly list: Shape
  /** All of docs/api/patients.md §4. */
  readonly detail: Shape
  /** `detail` of a patient without contacts, much cheaper. */
  readonly alone: Shape
  /** `alone` of a patient without consultations. */
  readonly fresh: Shape
}

/** A live patient: the columns that rules and writes of other plugins need. */
export interface PatientRow extends PatientLike {
  readonly id: number
  readonly external_id: string
  readonly name: string
  readonly phone_number: string
  readonly emergency_phone_number: string
  readonly is_active: boolean
  readonly allow_transfer: boolean
  readonly facility_id: number | null
  readonly local_body_id: number | null
  readonly last_consultation_id: number | null
  readonly year_of_birth: number | null
  readonly death_datetime: string | null
}

/** Columns of a patient that other plugins write; the rest is changed through the API only. */
export interface PatientChanges {
  readonly is_active?: boolean
  readonly allow_transfer?: boolean
  readonly action?: number | null
  readonly review_time?: Date | string | null
  readonly death_datetime?: Date | string | null
  readonly last_consultation_id?: number | null
}

export interface FindPatient {
  /** Only where this actor sees the patient (docs/api/patients.md §3). */
  readonly visibleTo?: Actor
  /** With `visibleTo`: also patients ever consulted at a facility of the actor, as for a single patient. */
  readonly retrieving?: boolean
  /** Locks the row until the end of the transaction: before a change of the patient or of rows that refer to it. */
  readonly lock?: boolean
}

/** What other plugins do with patients. */
export interface Patients {
  /** Representations of this deployment, slots filled; `p` is the patient's row. Available in `routes` or later. */
  readonly shapes: PatientShapes
  /** The slot `joined` of this deployment: from-items of consultations, stays in beds and so on. */
  readonly joined: JoinedRows
  /** The live patient of a uuid, undefined for an unknown one. Throws 400 for a malformed one. */
  byUuid(db: Queryable, uuid: string, options?: FindPatient): Promise<PatientRow | undefined>
  /** The live patient of an id. */
  byId(db: Queryable, id: number, options?: FindPatient): Promise<PatientRow | undefined>
  /** SQL condition: the patients an actor sees. `alias` is the patient's; default `p`. */
  visible(actor: Actor, options?: { readonly alias?: string; readonly retrieving?: boolean }): Where
  /**
   * Changes columns of a locked patient and adds a row of history by the actor. `partial` keeps `modified_date`, as the original's saves of single columns do (docs/api/patients.md §18).
   */
  change(
    tx: Tx,
    actor: Actor,
    patientId: number,
    changes: PatientChanges,
    options?: { readonly partial?: boolean }
  ): Promise<void>
  /**
   * Moves a locked patient: active at the facility, `allow_transfer` false. The hook `patient-moving` ends what is open
   * elsewhere. `by`: the patient's own transfer, or a completed shift.
   */
  move(
    tx: Tx,
    actor: Actor,
    patient: PatientRow,
    to: { readonly facility: { readonly id: number; readonly name: string }; readonly by: 'transfer' | 'shift' }
  ): Promise<void>
}

export type PatientHooks = {
  /** A patient was registered or changed by an API write whose body holds this srf id, new to the patient (docs/api/patients.md §7, §9). */
  'srf-id-given': (tx: Queryable, payload: { patientId: number; srfId: string }) => Promise<void>
  /**
   * A patient moves; its row is locked and changed already. `transfer`: the first open consultation is discharged as referred, its
   * open beds end, open shifting requests are rejected (docs/api/patients.md §11). `shift`: every open consultation is
   * discharged as referred, open beds of the last one end (docs/api/shifting-resources.md §5.1).
   */
  'patient-moving': (
    tx: Queryable,
    payload: { patientId: number; facilityId: number; facilityName: string; by: 'transfer' | 'shift'; actor: Actor }
  ) => Promise<void>
  /** A note was written, on the consultation that was the patient's last; null without one (docs/api/patients.md §14). */
  'note-written': (
    tx: Queryable,
    payload: { noteId: number; patientId: number; consultationId: number | null; actor: Actor }
  ) => Promise<void>
}

const patient = Type.Object({
  patientId: Type.Integer(),
  patient: Type.String({ format: 'uuid' }),
  facilityId: Type.Union([Type.Integer(), Type.Null()]),
  userId: Type.Integer()
})

const empty = (columns: string) =>
  `(select ${columns
    .split(', ')
    .map(column => `null::${column.split(' ')[1]} as ${column.split(' ')[0]}`)
    .join(', ')} where false)`

/** Patients: registration, search, transfer, notes, and what facilities count by day. */
export const patients = defineContract({
  name: 'patients',
  version: 1,
  services: type<{ patients: Patients }>(),
  events: {
    'patient-registered': patient,
    'patient-updated': patient,
    'patient-transferred': patient,
    'note-written': Type.Object({
      noteId: Type.Integer(),
      patientId: Type.Integer(),
      patient: Type.String({ format: 'uuid' }),
      facilityId: Type.Integer(),
      facility: Type.String({ format: 'uuid' }),
      userId: Type.Integer()
    })
  },
  hooks: hooks<PatientHooks>('srf-id-given', 'patient-moving', 'note-written'),
  slots: {
    /** A patient's row as `p`. */
    patient: {
      alias: 'p',
      fields: {
        /** The whole object of the consultation `p.last_consultation_id` as JSON. */
        last_consultation: 'null'
      }
    },
    /** A consultation's row as `c`: its labels, for tables. */
    consultation: {
      alias: 'c',
      fields: { route_to_facility: 'null', suggestion: 'null', category: 'null', new_discharge_reason: 'null' }
    },
    /**
     * Rows of other plugins for row access, filters, orders and the CSV of patients: from-items with at least these columns,
     * or the name of a table that has them. Without their owner there are no such rows.
     */
    joined: {
      alias: '',
      fields: {
        /** Consultations, deleted ones included: the last one of a patient stays visible. */
        consultations: empty(
          'id bigint, external_id uuid, patient_id bigint, facility_id bigint, assigned_to_id bigint, created_date timestamptz, patient_no text, category text, deprecated_covid_category text, suggestion text, route_to_facility smallint, is_kasp boolean, kasp_enabled_date timestamptz, encounter_date timestamptz, discharge_date timestamptz, new_discharge_reason smallint, medico_legal_case boolean, is_telemedicine boolean, has_consents integer[], bed_number text, current_bed_id bigint, last_daily_round_id bigint, admitted boolean, deleted boolean'
        ),
        daily_rounds: empty('id bigint, patient_category text, ventilator_interface integer'),
        /** Diagnoses with their status (`confirmed` …) and the label of the ICD-11 entity. */
        diagnoses: empty(
          'consultation_id bigint, diagnosis_id bigint, label text, verification_status text, is_principal boolean'
        ),
        /** Stays in beds: `id` is what `current_bed_id` of a consultation names. */
        consultation_beds: empty(
          'id bigint, consultation_id bigint, end_date timestamptz, bed_name text, bed_type integer, location uuid'
        ),
        /** Consultations in whose current bed the asset `asset_id` is used. */
        watched_consultations: empty('id bigint, asset_id bigint')
      }
    }
  },
  relations: {
    patient: relation(
      'facility_patientregistration',
      `id external_id created_date modified_date deleted name gender phone_number emergency_phone_number address pincode
        date_of_birth is_medical_worker blood_group contact_with_confirmed_carrier countries_travelled date_of_return
        allergies ongoing_medication is_antenatal disease_status is_active srf_id date_of_result is_vaccinated assigned_to_id
        facility_id last_consultation_id local_body_id death_datetime ration_card_category`
    ),
    disease: relation('facility_disease', 'id disease details deleted patient_id'),
    contact: relation('facility_patientcontactdetails', 'id relation_with_patient deleted patient_id patient_in_contact_id'),
    note: relation('facility_patientnotes', 'id external_id deleted note user_type'),
    patientStats: relation(
      'facility_facilitypatientstatshistory',
      `id external_id deleted num_patients_visited num_patients_home_quarantine num_patients_isolation num_patient_referred
        num_patient_confirmed_positive facility_id`
    )
  }
})

export const {
  patient: PATIENT,
  disease: DISEASE,
  contact: CONTACT,
  note: NOTE,
  patientStats: PATIENT_STATS
} = patients.relations
