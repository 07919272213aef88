import type { Actor } from 'care-kernel'
import { rowAccess, rowCondition, rowDisjunction } from 'care-kernel/access'
import { Disjunction } from 'care-kernel/data'
import type { Where } from 'care-kernel/rest'
import { allOf, assetUser, casesByPlace, anyActor } from 'care-kernel/contracts/auth-permissions'
import { FACILITY } from 'care-kernel/contracts/facilities'
import { PATIENT } from 'care-kernel/contracts/patients'

/** SQL: the patient of `c` is at a facility of these, whatever the array holds. */
const patientAt = (facilities: string, more = '') =>
  `exists (select from ${PATIENT} p where p.id = c.patient_id${more} and p.facility_id = any(${facilities}))`
const facilitiesIn = (column: 'state_id' | 'district_id', id: string) =>
  `array(select f.id from ${FACILITY} f where f.${column} = ${id})`

/**
 * Consultations an actor lists and opens (docs/api/consultations.md §4): of active patients at one's facilities, of one's home facility,
 * and, for assigned people, theirs (FIX-C4).
 */
const consultationAccess = rowAccess({
  name: 'consultation',
  summary: 'Consultations an actor sees',
  cases: {
    all: allOf('consultations'),
    device: { when: assetUser, rows: 'none', sql: () => 'false' },
    ...casesByPlace({
      rows: 'consultations of patients whose facility is',
      state: (id, params) => patientAt(facilitiesIn('state_id', params.add(id))),
      district: (id, params) => patientAt(facilitiesIn('district_id', params.add(id)))
    }),
    'own facilities': {
      when: anyActor,
      rows: "consultations at the actor's home facility, of active patients at the actor's facilities, and those assigned to the actor themselves or by their patient",
      sql({ id, facilityIds, homeFacilityId }, params) {
        const [user, facilities] = [params.add(id), params.add(facilityIds, 'bigint[]')]
        const home = `c.facility_id = ${params.add(homeFacilityId, 'bigint')}`
        const here = patientAt(facilities, ' and p.is_active')
        const assigned = `c.assigned_to_id = ${user}`
        const patientAssigned = `c.patient_id = any(array(select p.id from ${PATIENT} p where p.assigned_to_id = ${user}))`
        const elsewhere = `(${home}) is not true`
        return new Disjunction(
          { where: home },
          {
            where: `(${here} and ${elsewhere})`,
            each: {
              of: `(select p.id from ${PATIENT} p where p.is_active and p.facility_id = any(${facilities})) m`,
              where: `c.patient_id = m.id and ${elsewhere}`
            }
          },
          { where: `(${assigned} and ${elsewhere} and not ${here})` },
          { where: `(${patientAssigned} and ${elsewhere} and not ${here} and (${assigned}) is not true)` }
        )
      }
    }
  }
})

const inPlace = (column: 'state_id' | 'district_id', id: string) =>
  `exists (select from ${FACILITY} f where f.${column} = ${id} and f.id in (c.facility_id, (select p.facility_id from ${PATIENT} p where p.id = c.patient_id)))`

/** `consultation_scope` of docs/api/patients.md §1.1: consultations whose parts an actor reaches; `c` is the one of the path. */
const consultationPartAccess = rowAccess({
  name: 'consultation.part',
  summary: 'Consultations whose rounds, diagnoses, symptoms and other parts an actor reaches',
  cases: {
    all: allOf('consultations'),
    device: {
      when: assetUser,
      rows: 'consultations at the facility of the asset',
      sql: ({ assetFacilityId: id }, params) => (id === null ? 'false' : `c.facility_id = ${params.add(id)}`)
    },
    ...casesByPlace({
      rows: 'consultations whose facility, or whose patient, is',
      state: (id, params) => inPlace('state_id', params.add(id)),
      district: (id, params) => inPlace('district_id', params.add(id))
    }),
    'own facilities': {
      when: anyActor,
      rows: "consultations at the actor's facilities or of patients there, and those assigned to the actor themselves or by their patient",
      sql({ id, facilityIds }, params) {
        const [user, facilities] = [params.add(id), params.add(facilityIds, 'bigint[]')]
        return `(c.facility_id = any(${facilities}) or c.assigned_to_id = ${user} or exists (select from ${PATIENT} p
        where p.id = c.patient_id and (p.facility_id = any(${facilities}) or p.assigned_to_id = ${user})))`
      }
    }
  }
})

/** All that this plugin declares. */
export const consultationRowAccess = [consultationAccess, consultationPartAccess] as const

/** Condition of the consultations an actor lists. */
export const listedFor =
  (actor: Actor): Where =>
  params => [rowDisjunction(consultationAccess, actor, params)]

/** Condition of the consultations whose parts an actor reaches. */
export const reachedBy =
  (actor: Actor): Where =>
  params => [rowCondition(consultationPartAccess, actor, params)]
