import { all, any, not, predicate, type Rule } from 'care-kernel/access'
import {
  assetUser,
  atLeast,
  baseRead,
  anyActor,
  ofDistrict,
  ofState,
  owner,
  RANK,
  readOnly,
  superuser,
  verified,
  type FacilityLike,
  type Placed
} from 'care-kernel/contracts/auth-permissions'

/** The values of a patient's facility that rules test. */
export interface PatientFacility extends FacilityLike {
  readonly external_id: string
  readonly name: string
}

/** The values of a patient that rules test. */
export interface PatientLike extends Placed {
  readonly created_by_id: number | null
  readonly assigned_to_id: number | null
  readonly facility: PatientFacility | null
  /** Of the last consultation; null where there is none. */
  readonly last_consultation: { readonly assigned_to_id: number | null } | null
  /** Where the patient was ever consulted. */
  readonly consultation_facility_ids: readonly number[]
}

const atFacility = predicate<PatientLike>('member of its facility', (actor, { facility }) =>
  Boolean(facility && actor.facilityIds.includes(facility.id))
)
const atHome = predicate<PatientLike>('its facility is the home facility', (actor, { facility }) =>
  Boolean(facility && facility.id === actor.homeFacilityId)
)
const consultedHere = predicate<PatientLike>(
  'member of a facility of its consultations',
  (actor, { consultation_facility_ids: ids }) => ids.some(id => actor.facilityIds.includes(id))
)
/** As in the original, the assignment to the patient counts only where there is a consultation. */
const assigned = predicate<PatientLike>(
  'assigned to the patient or the last consultation',
  (actor, { last_consultation: last, assigned_to_id: id }) => last !== null && [last.assigned_to_id, id].includes(actor.id)
)
const placed = (name: string, of: typeof ofDistrict) =>
  predicate<PatientLike>(
    name,
    (actor, patient) => of.test(actor, patient) || (patient.facility !== null && of.test(actor, patient.facility))
  )
const districtOfEither = placed('type ≥ 25 of the district of the patient or its facility', ofDistrict)
const stateOfEither = placed('type ≥ 35 of the state of the patient or its facility', ofState)

/** READ of docs/api/patients.md §3, for patients inside the actor's row access. */
export const patientRead = all<PatientLike>(
  atLeast(RANK.nurseReadOnly),
  any<PatientLike>(superuser, owner, atFacility, consultedHere, assigned, districtOfEither, stateOfEither)
)
/** UPDATE of docs/api/patients.md §3: membership does not suffice, the home facility does. */
export const patientUpdate = all<PatientLike>(
  not(assetUser),
  not(readOnly),
  atLeast(RANK.nurseReadOnly),
  any<PatientLike>(superuser, owner, atHome, assigned, districtOfEither, stateOfEither)
)

const writer = all(not(assetUser), not(readOnly), any(superuser, all(verified, atLeast(RANK.nurse))))

/** Rules of patients, and their notes (docs/api/patients.md §3, §14). */
export const patientRules = {
  'patient.list': { summary: 'See patients', allow: baseRead },
  'patient.search': { summary: 'Search all patients', allow: baseRead },
  'patient.read': { summary: 'See all about a patient', allow: baseRead, object: patientRead },
  'patient.write': { summary: 'Register patients', allow: writer },
  'patient.update': { summary: 'Change a patient', allow: writer, object: patientUpdate },
  'patient.transfer': { summary: 'Move a patient to another facility', allow: writer },
  'patient.note.read': { summary: 'See notes on patients', allow: baseRead },
  'patient.note.edits': { summary: 'See what notes on patients said before', allow: anyActor },
  'patient.note.write': { summary: 'Write notes on patients', allow: all(not(readOnly), atLeast(RANK.nurse)) }
} as const satisfies Readonly<Record<string, Rule>>
