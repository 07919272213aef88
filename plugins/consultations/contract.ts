import { Type } from 'typebox'
import { defineContract, hooks, relation, type, type Actor, type Queryable, type Tx } from 'care-kernel'
import type { Shape } from 'care-kernel/rest'

export {
  CATEGORIES,
  CONSENT_TYPES,
  DISCHARGE_REASONS,
  OTHER_SYMPTOM,
  ROUNDS_TYPES,
  ROUTES_TO_FACILITY,
  SUGGESTIONS,
  SYMPTOMS,
  VERIFICATION_STATUSES
} from './enumerations.ts'
import type { ConsultationLike } from './policy.ts'

export { consultationRead, type ConsultationLike } from './policy.ts'

/** A consultation of a path: the columns that rules and writes of other plugins need. */
export interface FoundConsultation {
  readonly id: number
  readonly external_id: string
  readonly facility_id: number
  readonly patient_id: number
  readonly discharge_date: string | null
  readonly current_bed_id: number | null
}

/** Data of notifications about a consultation (docs/api/gateways-jobs.md §6.2). */
export interface ConsultationNotificationData {
  /** Uuids of itself, the patient and the facilities. */
  readonly consultation: string
  readonly patient: string
  readonly patient_name: string
  /** The patient's current facility, if any. */
  readonly patient_facility_id: number | null
  readonly patient_facility: string | null
  /** The consultation's own facility. */
  readonly facility_id: number
  readonly facility: string
  readonly facility_name: string
  readonly assigned_to_id: number | null
}

/** What other plugins do with consultations. */
export interface Consultations {
  /** docs/api/consultations.md §3, slots filled; `c` is the consultation's row. */
  readonly shape: Shape
  /** The consultation of a nested path, where the actor reaches it; 404 otherwise, 400 for a malformed uuid. `lock` locks the row. */
  ofPath(db: Queryable, actor: Actor, uuid: string, lock?: boolean): Promise<FoundConsultation>
  /**
   * The consultation of a path as `consultation/{id}/` finds it: where the actor lists it, 404 otherwise. READ-C, whether the actor may open it,
   * is checked by the caller's own rule.
   */
  listed(db: Queryable, actor: Actor, uuid: string): Promise<FoundConsultation & ConsultationLike>
  /** Data of notifications about a consultation; undefined for a deleted one. */
  notificationData(db: Queryable, consultationId: number): Promise<ConsultationNotificationData | undefined>
  /**
   * Ends every open consultation of a patient who moves to another facility, as Referred, and frees the beds (docs/api/shifting-resources.md §5.1,
   * docs/api/patients.md §11). Returns the ids. No events, no discharge summary; `modified_date` stays. `patients.move` calls it by its hook.
   */
  referOpen(tx: Queryable, patientId: number, options?: { readonly firstOnly?: boolean }): Promise<readonly number[]>
  /** Sets the category (stored key: `Stable`) of the patient's last consultation, `modified_date` stays; nothing without one. */
  setCategory(tx: Tx, patientId: number, category: string): Promise<void>
  /** Stores which types of consent have a current file (docs/api/consultations.md §12). */
  setConsents(tx: Tx, consultationId: number, types: readonly number[]): Promise<void>
}

export type ConsultationHooks = {
  /** The live bed of this uuid: its id, or nothing. */
  'bed-named': (db: Queryable, payload: { uuid: string }) => Promise<number | undefined>
  /** The live location of this uuid: its id, or nothing. */
  'location-named': (db: Queryable, payload: { uuid: string }) => Promise<number | undefined>
  /** A patient is admitted to this bed: the id of the assignment, which becomes the consultation's `current_bed`. Throws 400 for a bed that is taken or of another facility. */
  'bed-assigned': (
    tx: Queryable,
    payload: { consultationId: number; facilityId: number; bedId: number; at: string }
  ) => Promise<number | undefined>
  /** These consultations ended: their beds are free from `at` on. */
  'consultations-closed': (tx: Queryable, payload: { consultationIds: readonly number[]; at: string }) => Promise<void>
  /** A user ends a consultation (docs/api/consultations.md §5); its row is written already. Not called where a move of the patient ends it. */
  'consultation-discharging': (tx: Tx, payload: { consultationId: number }) => Promise<void>
  /** Whether this asset belongs to the bed the consultation has now. */
  'device-at-bed': (db: Queryable, payload: { assetId: number; consultationId: number }) => Promise<boolean>
  /** These consents are no longer current; neither are their files. */
  'consents-archived': (tx: Queryable, payload: { consents: readonly string[]; by: number; at: string }) => Promise<void>
}

const consultation = { consultationId: Type.Integer(), consultation: Type.String({ format: 'uuid' }), by: Type.Integer() }
const round = { ...consultation, roundId: Type.Integer(), round: Type.String({ format: 'uuid' }) }

/** Consultations and what is recorded in them: diagnoses, symptoms, daily rounds, the change log, consents; ICD-11. */
export const consultations = defineContract({
  name: 'consultations',
  version: 1,
  services: type<{ consultations: Consultations }>(),
  events: {
    'consultation-created': Type.Object(consultation),
    'consultation-updated': Type.Object(consultation),
    /** A user was assigned to the consultation. */
    'consultation-assigned': Type.Object({ ...consultation, assignedTo: Type.Integer() }),
    'consultation-discharged': Type.Object(consultation),
    'round-created': Type.Object(round),
    'round-updated': Type.Object(round)
  },
  hooks: hooks<ConsultationHooks>(
    'bed-named',
    'location-named',
    'bed-assigned',
    'consultations-closed',
    'consultation-discharging',
    'device-at-bed',
    'consents-archived'
  ),
  slots: {
    /** A consultation's row as `c`. */
    consultation: {
      alias: 'c',
      fields: {
        current_bed: 'null',
        transferred_from_location: 'null',
        transferred_from_location_object: 'null',
        discharge_prescription: "'[]'::json",
        discharge_prn_prescription: "'[]'::json"
      }
    },
    /** A consent's row as `k`. */
    consent: { alias: 'k', fields: { files: 'null' } }
  },
  relations: {
    consultation: relation(
      'facility_patientconsultation',
      `id external_id deleted patient_no examination_details history_of_present_illness treatment_plan consultation_notes
        course_in_facility investigation procedure suggestion route_to_facility referred_to_external admitted encounter_date
        discharge_date discharge_notes death_datetime death_confirmed_doctor height weight operation special_instruction
        assigned_to_id facility_id patient_id referred_to_id treating_physician_id new_discharge_reason`
    ),
    diagnosis: relation(
      'facility_consultationdiagnosis',
      `id external_id created_date modified_date deleted verification_status is_principal consultation_id diagnosis_id`
    ),
    icd11: relation('facility_icd11diagnosis', 'id label'),
    symptom: relation(
      'facility_encountersymptom',
      `id external_id created_date modified_date deleted symptom other_symptom onset_date clinical_impression_status
        consultation_id`
    ),
    dailyRound: relation(
      'facility_dailyround',
      `id external_id deleted temperature physical_examination_info patient_category other_details taken_at rounds_type
        glasgow_total_calculated bp pulse resp ventilator_spo2 pain blood_sugar_level consultation_id`
    ),
    consent: relation('facility_patientconsent', 'id external_id deleted type archived consultation_id')
  }
})

export const {
  consultation: CONSULTATION,
  diagnosis: DIAGNOSIS,
  icd11: ICD11,
  symptom: SYMPTOM,
  dailyRound: DAILY_ROUND,
  consent: CONSENT
} = consultations.relations
