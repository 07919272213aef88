import type { Actor } from 'care-kernel'
import { all, any, not, predicate, type RowScope, type Rule } from 'care-kernel/access'
import { Disjunction, type Branch, type Params } from 'care-kernel/data'
import { atLeast, everybody, RANK, readOnly, superuser } from 'care-kernel/contracts/auth-permissions'

const hospital = predicate('staff or nurse', ({ userType }) => userType >= RANK.staffReadOnly && userType <= RANK.nurse)
const outsideHospitals = not(hospital)

/** Rules of samples and of external results (contract consultations §2, §15, §16). */
export const sampleRules = {
  'sample.list': { summary: 'See the samples of all patients', allow: atLeast(RANK.doctor) },
  'sample.read': { summary: 'See samples', allow: any(superuser, atLeast(RANK.nurseReadOnly)) },
  'sample.take': { summary: 'Take samples', allow: any(superuser, all(not(readOnly), atLeast(RANK.nurse))) },
  'sample.update': { summary: 'Say how a sample gets on', allow: any(superuser, all(not(readOnly), atLeast(RANK.doctor))) },
  'external-result.read': { summary: 'See and correct what laboratories reported', allow: outsideHospitals },
  'external-result.upload': {
    summary: 'Upload what laboratories reported',
    allow: outsideHospitals,
    object: any(superuser, atLeast(RANK.districtLabAdmin))
  },
  'external-result.delete': {
    summary: 'Delete what laboratories reported',
    allow: all(outsideHospitals, atLeast(RANK.districtLabAdmin))
  }
} as const satisfies Readonly<Record<string, Rule>>

const patientsAt = (facilities: string) =>
  `(select p.id from facility_patientregistration p where p.facility_id = any(${facilities}))`

/** Samples tested at one's facilities, and those of patients who are there now. */
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

/** All that were taken in one's place, and the same for those who are of facilities, too. */
const inPlaceOrAtOwn =
  (column: 'state_id' | 'district_id', place: 'stateId' | 'districtId') =>
  (actor: Actor, params: Params): string | Disjunction => {
    const id = actor[place]
    const taken =
      id === null
        ? 'false'
        : `exists (select from facility_patientconsultation c join facility_facility f on f.id = c.facility_id
            where c.id = s.consultation_id and f.${column} = ${params.add(id)})`
    if (actor.facilityIds.length === 0) return taken
    const elsewhere = atOwn(actor, params).map(({ where, each }) => ({
      where: `(${where} and not ${taken})`,
      each: { ...each, where: `${each.where} and not ${taken}` }
    }))
    return new Disjunction({ where: taken }, ...elsewhere)
  }

/** Samples an actor sees (contract consultations §15); `s` is the sample. */
export const sampleScope: RowScope = [
  [superuser, () => 'true'],
  [atLeast(RANK.stateLabAdmin), inPlaceOrAtOwn('state_id', 'stateId')],
  [atLeast(RANK.districtLabAdmin), inPlaceOrAtOwn('district_id', 'districtId')],
  [everybody, (actor, params) => new Disjunction(...atOwn(actor, params))]
]

const inPlace = (column: string, id: number | null, params: Params) => (id === null ? 'false' : `${column} = ${params.add(id)}`)

/** External results an actor sees: those of one's place (contract consultations §16); `x` is the result. */
export const externalScope: RowScope = [
  [superuser, () => 'true'],
  [
    atLeast(RANK.stateLabAdmin),
    ({ stateId }, params) =>
      stateId === null
        ? 'false'
        : `x.district_id in (select d.id from users_district d where d.state_id = ${params.add(stateId)})`
  ],
  [atLeast(RANK.districtLabAdmin), ({ districtId }, params) => inPlace('x.district_id', districtId, params)],
  [atLeast(RANK.localBodyAdmin), ({ localBodyId }, params) => inPlace('x.local_body_id', localBodyId, params)],
  [atLeast(RANK.wardAdmin), ({ wardId }, params) => inPlace('x.ward_id', wardId, params)],
  [everybody, () => 'false']
]
