import { all, any, not, predicate, type RowScope, type Rule } from 'care-kernel/access'
import { Disjunction, type Params } from 'care-kernel/data'
import {
  assetUser,
  atLeast,
  baseRead,
  everybody,
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

/** The facility of a patient as far as rules look at it. */
export interface PatientFacility extends FacilityLike {
  readonly external_id: string
  readonly name: string
}

/** A patient as far as rules look at one. */
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
/** The original asks for the assignment to the patient only where there is a consultation. */
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

/** READ of contract patients §3, for patients inside the actor's scope. */
export const patientRead = all<PatientLike>(
  atLeast(RANK.nurseReadOnly),
  any<PatientLike>(superuser, owner, atFacility, consultedHere, assigned, districtOfEither, stateOfEither)
)
/** UPDATE of contract patients §3: membership alone does not do, the home facility does. */
export const patientUpdate = all<PatientLike>(
  not(assetUser),
  not(readOnly),
  atLeast(RANK.nurseReadOnly),
  any<PatientLike>(superuser, owner, atHome, assigned, districtOfEither, stateOfEither)
)

const writer = all(not(assetUser), not(readOnly), any(superuser, all(verified, atLeast(RANK.nurse))))

/** Rules of patients, and their notes (contract patients §3, §14). */
export const patientRules = {
  'patient.list': { summary: 'See patients', allow: baseRead },
  'patient.search': { summary: 'Search all patients', allow: baseRead },
  'patient.read': { summary: 'See all about a patient', allow: baseRead, object: patientRead },
  'patient.write': { summary: 'Register patients', allow: writer },
  'patient.update': { summary: 'Change a patient', allow: writer, object: patientUpdate },
  'patient.transfer': { summary: 'Move a patient to another facility', allow: writer },
  'patient.note.read': { summary: 'See notes on patients', allow: baseRead },
  'patient.note.edits': { summary: 'See what notes on patients said before', allow: everybody },
  'patient.note.write': { summary: 'Write notes on patients', allow: all(not(readOnly), atLeast(RANK.nurse)) }
} as const satisfies Readonly<Record<string, Rule>>

/** Where the rows are that a scope looks at and other plugins own: from-items, as the slot `relations` has them. */
export interface ScopeRelations {
  readonly consultations: string
  readonly watched_consultations: string
}

/** Where the facility of a row lies, compared with the actor's own place. */
const facilityIn = (column: string, alias: string) =>
  `${alias}.facility_id in (select f.id from facility_facility f where f.${column}`
const inPlace = (alias: string, column: 'state_id' | 'district_id', id: number | null, params: Params) =>
  id === null ? 'false' : `${facilityIn(column, alias)} = ${params.add(id)})`

/**
 * Patients an actor sees (contract patients §3); `alias` is the patient's. Assigned patients count whoever's facility they are at;
 * `retrieving` adds those who were ever consulted at a facility of the actor.
 */
export function patientsOf(
  alias: string,
  { consultations, watched_consultations: watched }: ScopeRelations,
  retrieving = false
): RowScope {
  return [
    [superuser, () => 'true'],
    // FIX-9: whoever lies in a bed the device watches.
    [
      assetUser,
      ({ assetId }, params) =>
        `${alias}.last_consultation_id in (select w.id from ${watched} w where w.asset_id = ${params.add(assetId)})`
    ],
    [atLeast(RANK.stateLabAdmin), ({ stateId }, params) => inPlace(alias, 'state_id', stateId, params)],
    [atLeast(RANK.districtLabAdmin), ({ districtId }, params) => inPlace(alias, 'district_id', districtId, params)],
    [
      everybody,
      ({ id, facilityIds }, params) => {
        const [user, facilities] = [params.add(id), params.add(facilityIds, 'bigint[]')]
        const [at, assigned, lastAssigned] = [
          `${alias}.facility_id = any(${facilities})`,
          `${alias}.assigned_to_id = ${user}`,
          `${alias}.last_consultation_id = any(array(select c.id from ${consultations} c where c.assigned_to_id = ${user}))`
        ]
        const elsewhere = `(${at}) is not true`
        return new Disjunction(
          { where: at, each: { of: `unnest(${facilities}) m(id)`, where: `${alias}.facility_id = m.id` } },
          { where: `(${assigned} and ${elsewhere})` },
          { where: `(${lastAssigned} and ${elsewhere} and (${assigned}) is not true)` },
          ...(retrieving
            ? [
                {
                  where: `exists (select from ${consultations} c where c.patient_id = ${alias}.id and c.facility_id = any(${facilities}) and not c.deleted)`
                }
              ]
            : [])
        )
      }
    ]
  ]
}

/** Notes an actor sees, of the patient `p`: those on patients one sees, and one's own (contract patients §14); `n` is the note. */
export function notesOf(relations: ScopeRelations): RowScope {
  return patientsOf('p', relations).map(([holds, condition], at, cases) => [
    holds,
    at < cases.length - 1
      ? condition
      : (actor, params) => `(${String(condition(actor, params))} or n.created_by_id = ${params.add(actor.id)})`
  ])
}

/**
 * Patients on whom an actor may write notes (contract patients §14 with FIX-1): those of the state or the district, those assigned, for
 * doctors and above those at one's facilities and in the district, for others those at the home facility.
 */
export function notableBy({ consultations }: Pick<ScopeRelations, 'consultations'>): RowScope {
  const [bySuperuser, , byState, byDistrict] = patientsOf('p', { consultations, watched_consultations: '' })
  if (!bySuperuser || !byState || !byDistrict) return []
  return [
    bySuperuser,
    byState,
    byDistrict,
    [
      everybody,
      ({ id, userType, facilityIds, homeFacilityId, districtId }, params) => {
        const user = params.add(id)
        const doctor = userType >= RANK.doctor
        return `(p.assigned_to_id = ${user} or p.last_consultation_id in (select c.id from ${consultations} c where c.assigned_to_id = ${user})
          or ${doctor ? `p.facility_id = any(${params.add(facilityIds, 'bigint[]')}) or ${inPlace('p', 'district_id', districtId, params)}` : `p.facility_id = ${params.add(homeFacilityId, 'bigint')}`})`
      }
    ]
  ]
}
