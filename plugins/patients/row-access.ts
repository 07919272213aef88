import type { Actor } from 'care-kernel'
import { inContext, overrideCases, pickCases, rowAccess, rowDisjunction, type RowAccess } from 'care-kernel/access'
import { Disjunction, type Branch, type Params } from 'care-kernel/data'
import type { Where } from 'care-kernel/rest'
import { allOf, assetUser, casesByPlace, anyActor, RANK, type PlaceCondition } from 'care-kernel/contracts/auth-permissions'
import { FACILITY } from 'care-kernel/contracts/facilities'

/** From-items of rows that other plugins own, of the slot `joined`. */
export interface AccessRows {
  readonly consultations: string
  readonly watched_consultations: string
}

/** Patients as `alias`, in a deployment. */
interface PatientContext {
  readonly alias: string
  readonly joined: AccessRows
}

/** Where the facility of a patient lies. */
const facilityIn =
  (column: 'state_id' | 'district_id'): PlaceCondition<Pick<PatientContext, 'alias'>> =>
  (id, params, { alias }) =>
    `${alias}.facility_id in (select f.id from ${FACILITY} f where f.${column} = ${params.add(id)})`

/** Patients at the actor's facilities, and those assigned to the actor wherever they are. Each branch leaves out what an earlier one has. */
function ownPatients({ id, facilityIds }: Actor, params: Params, { alias, joined: { consultations } }: PatientContext) {
  const [user, facilities] = [params.add(id), params.add(facilityIds, 'bigint[]')]
  const [at, assigned, lastAssigned] = [
    `${alias}.facility_id = any(${facilities})`,
    `${alias}.assigned_to_id = ${user}`,
    `${alias}.last_consultation_id = any(array(select c.id from ${consultations} c where c.assigned_to_id = ${user}))`
  ]
  const elsewhere = `(${at}) is not true`
  const branches: readonly Branch[] = [
    { where: at, each: { of: `unnest(${facilities}) m(id)`, where: `${alias}.facility_id = m.id` } },
    { where: `(${assigned} and ${elsewhere})` },
    { where: `(${lastAssigned} and ${elsewhere} and (${assigned}) is not true)` }
  ]
  return { facilities, branches }
}

/** Patients an actor lists (docs/api/patients.md §3). */
const patientAccess = rowAccess({
  name: 'patient',
  summary: 'Patients an actor sees',
  cases: {
    all: allOf('patients'),
    // FIX-9
    device: {
      when: assetUser,
      rows: 'the patient in the bed that the asset watches',
      sql: ({ assetId }, params, { alias, joined }: PatientContext) =>
        `${alias}.last_consultation_id in (select w.id from ${joined.watched_consultations} w where w.asset_id = ${params.add(assetId)})`
    },
    ...casesByPlace({
      rows: 'patients whose facility is',
      state: facilityIn('state_id'),
      district: facilityIn('district_id')
    }),
    'own facilities': {
      when: anyActor,
      rows: "patients at the actor's facilities, and those assigned to the actor themselves or by their last consultation",
      sql: (actor, params, context: PatientContext) => new Disjunction(...ownPatients(actor, params, context).branches)
    }
  }
})

/** Patients an actor opens: those who were ever consulted at a facility of the actor, too. */
const patientRecordAccess = rowAccess({
  name: 'patient.record',
  summary: 'Patients an actor opens one by one',
  cases: overrideCases(patientAccess, {
    'own facilities': {
      rows: `${patientAccess.cases['own facilities'].rows}, and those ever consulted at the actor's facilities`,
      sql(actor, params, context) {
        const { facilities, branches } = ownPatients(actor, params, context)
        const consulted = `exists (select from ${context.joined.consultations} c where c.patient_id = ${context.alias}.id and c.facility_id = any(${facilities}) and not c.deleted)`
        // No disjunction for lists: this branch overlaps with the others.
        return String(new Disjunction(...branches, { where: consulted }))
      }
    }
  })
})

/** Notes on the patient `p` an actor sees: on patients the actor sees, and the actor's own (docs/api/patients.md §14); `n` is the note. */
const noteAccess = rowAccess({
  name: 'patient.note',
  summary: 'Notes an actor sees',
  cases: overrideCases(patientAccess, {
    'own facilities': {
      rows: `notes on ${patientAccess.cases['own facilities'].rows}; the actor's own notes`,
      sql: (actor, params, context) =>
        `(${String(patientAccess.cases['own facilities'].sql(actor, params, context))} or n.created_by_id = ${params.add(actor.id)})`
    }
  })
})

/** Patients `p` on whom an actor may write notes (docs/api/patients.md §14 with FIX-1). */
const noteWritingAccess = rowAccess({
  name: 'patient.note.write',
  summary: 'Patients on whom an actor may write notes',
  cases: {
    ...pickCases(patientAccess, 'all', 'own state', 'own district'),
    'own facilities': {
      when: anyActor,
      rows: "patients assigned to the actor; for doctors and above those at the actor's facilities and in the district, for others those at the home facility",
      sql(
        { id, userType, facilityIds, homeFacilityId, districtId },
        params,
        { alias, joined: { consultations } }: PatientContext
      ) {
        const user = params.add(id)
        const inDistrict = () => (districtId === null ? 'false' : facilityIn('district_id')(districtId, params, { alias }))
        return `(${alias}.assigned_to_id = ${user} or ${alias}.last_consultation_id in (select c.id from ${consultations} c where c.assigned_to_id = ${user})
          or ${userType >= RANK.doctor ? `${alias}.facility_id = any(${params.add(facilityIds, 'bigint[]')}) or ${inDistrict()}` : `${alias}.facility_id = ${params.add(homeFacilityId, 'bigint')}`})`
      }
    }
  }
})

/** All that this plugin declares. */
export const patientRowAccess = [patientAccess, patientRecordAccess, noteAccess, noteWritingAccess] as const

/** Notes an actor sees, where the patient is `p` and the note `n`. */
export const notesOf = (joined: AccessRows): RowAccess => inContext(noteAccess, { alias: 'p', joined })

/** Patients `p` on whom an actor may write notes. */
export const notableBy = (joined: AccessRows): RowAccess => inContext(noteWritingAccess, { alias: 'p', joined })

/** Makes the condition of docs/api/patients.md §3; `retrieving` is that of a single patient. */
export function visibility(
  joined: AccessRows
): (actor: Actor, options?: { readonly alias?: string; readonly retrieving?: boolean }) => Where {
  const of = (alias: string) => ({
    listed: inContext(patientAccess, { alias, joined }),
    opened: inContext(patientRecordAccess, { alias, joined })
  })
  const usual = of('p')
  return (actor, { alias = 'p', retrieving = false } = {}) => {
    const access = (alias === 'p' ? usual : of(alias))[retrieving ? 'opened' : 'listed']
    return params => [rowDisjunction(access, actor, params)]
  }
}
