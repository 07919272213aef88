import type { Actor } from 'care-kernel'
import { all, any, not, predicate, type Rule } from 'care-kernel/access'
import {
  assetUser,
  atLeast,
  anyActor,
  member,
  ofDistrict,
  ofState,
  RANK,
  readOnly,
  superuser,
  verified,
  type FacilityLike
} from 'care-kernel/contracts/auth-permissions'
import { facilityLike } from 'care-kernel/contracts/facilities'
import { PATIENT } from 'care-kernel/contracts/patients'

/** The values of a consultation that rules test: assigned users, and the patient's current facility. */
export interface ConsultationLike {
  readonly assigned_to_id: number | null
  readonly patient_assigned_to_id: number | null
  /** The patient's current facility, not the consultation's. */
  readonly facility: FacilityLike | null
}

const assigned = predicate<ConsultationLike>(
  'assigned to the consultation or the patient',
  ({ id }, { assigned_to_id: own, patient_assigned_to_id: patients }) => own === id || patients === id
)
const where = (name: string, holds: typeof ofDistrict | typeof member) =>
  predicate<ConsultationLike>(name, (actor, { facility }) => facility !== null && holds.test(actor, facility))

/** READ-C and READ-D of docs/api/consultations.md §2. Devices see no consultation as a whole. */
export const consultationRead = any<ConsultationLike>(
  superuser,
  where("member of the patient's facility", member),
  assigned,
  where("type ≥ 25 of the district of the patient's facility", ofDistrict),
  where("type ≥ 35 of the state of the patient's facility", ofState)
)

/** A round to be changed by a device, and whether the device belongs to the bed. */
export interface RoundLike extends ConsultationLike {
  readonly deviceAtBed?: boolean
}

const trusted = any(superuser, verified)
const byPerson = not(assetUser)
const treating = all(not(readOnly), atLeast(RANK.nurse))
const consultationWrite = all(byPerson, any(superuser, all(verified, treating)))
const roundReader = any(assetUser, atLeast(RANK.nurseReadOnly))
const deviceAtBed = predicate<RoundLike>(
  'device of the bed',
  (actor, { deviceAtBed: at }) => actor.assetId !== null && at === true
)

const read = all<ConsultationLike>(byPerson, consultationRead)
const change = all<ConsultationLike>(treating, consultationRead)

/** Rules of consultations and the rows below them (docs/api/consultations.md §2). */
export const consultationRules = {
  'consultation.read': { summary: 'See consultations', allow: any(assetUser, trusted), object: read },
  'consultation.write': { summary: 'Add, change and end consultations', allow: consultationWrite, object: change },
  'consent.read': { summary: 'See consents', allow: any(assetUser, trusted), object: read },
  'consent.write': { summary: 'Record consents', allow: consultationWrite, object: change },
  'diagnosis.read': { summary: 'See diagnoses', allow: trusted },
  'diagnosis.write': { summary: 'Record diagnoses', allow: treating },
  'symptom.read': { summary: 'See symptoms', allow: trusted },
  'symptom.write': { summary: 'Record symptoms', allow: treating },
  'symptom.remove': {
    summary: 'Mark a symptom as entered in error',
    allow: treating,
    object: predicate<{ readonly created_by_id: number | null }>(
      'superuser or creator',
      (actor, { created_by_id: id }) => actor.superuser || (id !== null && id === actor.id)
    )
  },
  'round.read': {
    summary: 'See daily rounds',
    allow: roundReader,
    object: all<RoundLike>(byPerson, atLeast(RANK.nurseReadOnly), consultationRead)
  },
  'round.write': {
    summary: 'Record daily rounds',
    allow: all(roundReader, not(readOnly)),
    object: any<RoundLike>(deviceAtBed, all<RoundLike>(byPerson, atLeast(RANK.nurseReadOnly), not(readOnly), consultationRead))
  },
  'event.read': { summary: 'See what changed in a consultation', allow: anyActor },
  'icd.read': { summary: 'Search ICD-11', allow: anyActor }
} as const satisfies Readonly<Record<string, Rule>>

/** SQL of a `ConsultationLike` over `c`, for rules about one row. */
export const RULE_COLUMNS = `c.assigned_to_id, (select p.assigned_to_id from ${PATIENT} p where p.id = c.patient_id) as patient_assigned_to_id,
  (select ${facilityLike('p.facility_id')} from ${PATIENT} p where p.id = c.patient_id) as facility`

/** Whether an actor may add consultations and rounds at a facility: `home_scope` of docs/api/patients.md §1.1. */
export function isHome(actor: Actor, facility: Omit<FacilityLike, 'created_by_id'> | null): boolean {
  if (actor.superuser) return true
  if (!facility) return false
  if (actor.assetId !== null) return facility.id === actor.assetFacilityId
  if (actor.userType >= RANK.stateLabAdmin) return facility.state_id !== null && facility.state_id === actor.stateId
  if (actor.userType >= RANK.districtLabAdmin) return facility.district_id !== null && facility.district_id === actor.districtId
  return facility.id === actor.homeFacilityId
}
