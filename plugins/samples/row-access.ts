import type { Actor } from 'care-kernel'
import { rowAccess } from 'care-kernel/access'
import { Disjunction, type Branch, type Params } from 'care-kernel/data'
import { allOf, atLeast, casesByPlace, anyActor, RANK } from 'care-kernel/contracts/auth-permissions'
import { CONSULTATION } from 'care-kernel/contracts/consultations'
import { FACILITY } from 'care-kernel/contracts/facilities'
import { PATIENT } from 'care-kernel/contracts/patients'
import { DISTRICT } from 'care-kernel/contracts/places'

const patientsAt = (facilities: string) => `(select p.id from ${PATIENT} p where p.facility_id = any(${facilities}))`

/** Samples tested at the actor's facilities, and those of patients who are there now. */
function atOwn({ facilityIds }: Actor, params: Params): readonly Required<Branch>[] {
  const own = params.add(facilityIds, 'bigint[]')
  const tested = `s.testing_facility_id = any(${own})`
  const elsewhere = `(${tested}) is not true`
  return [
    { where: tested, each: { of: `unnest(${own}) m(id)`, where: 's.testing_facility_id = m.id' } },
    {
      where: `(s.patient_id = any(array${patientsAt(own)}) and ${elsewhere})`,
      each: { of: `${patientsAt(own)} m`, where: `s.patient_id = m.id and ${elsewhere}` }
    }
  ]
}

/** Samples taken in the actor's state or district; for members of facilities, also those of `atOwn`. */
const inPlaceOrAtOwn =
  (column: 'state_id' | 'district_id', place: 'stateId' | 'districtId') =>
  (actor: Actor, params: Params): string | Disjunction => {
    const id = actor[place]
    const taken =
      id === null
        ? 'false'
        : `exists (select from ${CONSULTATION} c join ${FACILITY} f on f.id = c.facility_id
            where c.id = s.consultation_id and f.${column} = ${params.add(id)})`
    if (actor.facilityIds.length === 0) return taken
    const elsewhere = atOwn(actor, params).map(({ where, each }) => ({
      where: `(${where} and not ${taken})`,
      each: { ...each, where: `${each.where} and not ${taken}` }
    }))
    return new Disjunction({ where: taken }, ...elsewhere)
  }

const OWN = "tested at the actor's facilities, and those of patients there"

/** Samples an actor sees (`docs/api/consultations.md §15`); `s` is the sample. */
export const sampleAccess = rowAccess({
  name: 'sample',
  summary: 'Samples an actor sees',
  cases: {
    all: allOf('samples'),
    'own state': {
      when: atLeast(RANK.stateLabAdmin),
      rows: `samples taken in the actor's state, those ${OWN}`,
      sql: inPlaceOrAtOwn('state_id', 'stateId')
    },
    'own district': {
      when: atLeast(RANK.districtLabAdmin),
      rows: `samples taken in the actor's district, those ${OWN}`,
      sql: inPlaceOrAtOwn('district_id', 'districtId')
    },
    'own facilities': {
      when: anyActor,
      rows: `samples ${OWN}`,
      sql: (actor, params) => new Disjunction(...atOwn(actor, params))
    }
  }
})

const inOwn = (column: string, place: 'localBodyId' | 'wardId') => (actor: Actor, params: Params) =>
  actor[place] === null ? 'false' : `${column} = ${params.add(actor[place])}`

/** External results an actor sees: those of the actor's place (`docs/api/consultations.md §16`); `x` is the result. */
export const externalResultAccess = rowAccess({
  name: 'external-result',
  summary: 'External results an actor sees',
  cases: {
    all: allOf('external results'),
    ...casesByPlace({
      rows: 'external results',
      state: (id, params) => `x.district_id in (select d.id from ${DISTRICT} d where d.state_id = ${params.add(id)})`,
      district: (id, params) => `x.district_id = ${params.add(id)}`
    }),
    'own local body': {
      when: atLeast(RANK.localBodyAdmin),
      rows: "external results in the actor's local body",
      sql: inOwn('x.local_body_id', 'localBodyId')
    },
    'own ward': { when: atLeast(RANK.wardAdmin), rows: "external results in the actor's ward", sql: inOwn('x.ward_id', 'wardId') }
  }
})

export const sampleRowAccess = [sampleAccess, externalResultAccess] as const
