import type { Tx } from 'care-kernel'
import { demoDistrict, demoUuid, type DemoDistrict } from 'care-kernel/contracts/facilities'
import { EXTERNAL_RESULTS, LABORATORY, SAMPLES, type DemoSample } from './demo-data.ts'
import { PatientExternalTest, PatientSample, PatientSampleFlow } from './models.ts'
import type { SampleScope } from './scope.ts'
import { AWAITING, STATUS } from './statuses.ts'

interface DemoConsultation {
  readonly id: number
  readonly patient_id: number
  readonly facility_id: number
  /** ISO text. */
  readonly began: string
}

/** The newest stays first, one of a patient each. */
const CONSULTATIONS = `select c.id, c.patient_id, c.facility_id, c.encounter_date as began from facility_patientconsultation c
  join facility_patientregistration p on p.last_consultation_id = c.id join facility_facility f on f.id = c.facility_id
  where f.external_id::text like 'fac11111-%' and not c.deleted and not p.deleted order by c.id desc limit $1`
/** The first ward of every local body of a district. */
const WARDS = `select distinct on (l.id) w.id, l.id as local_body_id from users_localbody l join users_ward w on w.local_body_id = l.id
  where l.district_id = $1 order by l.id, w.id`

/** The way a sample goes, as far as it got. */
const WAY = [STATUS.submitted, STATUS.approved, STATUS.sent, STATUS.received, STATUS.completed] as const
const wayTo = (status: number): readonly number[] =>
  status === STATUS.denied ? [STATUS.submitted, STATUS.denied] : WAY.filter(step => step <= status)

/** Samples in every status, each of a patient of the demo district, and what a laboratory reported; nothing without patients. */
export async function demo(tx: Tx, { clock, model }: SampleScope): Promise<void> {
  const district = await demoDistrict(tx, clock)
  if (!district) return
  const { rows: consultations } = await tx.query<DemoConsultation>(CONSULTATIONS, [SAMPLES.length])
  const now = clock.now().getTime()
  /** Between the beginning of a stay and now. */
  const when = ({ began }: DemoConsultation, part: number) =>
    new Date(now - Math.round((now - Date.parse(began)) * (0.9 - 0.9 * part))).toISOString()
  const planned = consultations.flatMap((consultation, at) => {
    const sample = SAMPLES[at]
    return sample ? [{ consultation, sample, at }] : []
  })
  const made = await model(PatientSample).bulkCreate(
    planned.map(({ consultation, sample, at }) => sampleOf(district, consultation, sample, at, part => when(consultation, part))),
    { transaction: tx.sequelize, returning: ['id'] }
  )
  await model(PatientSampleFlow).bulkCreate(
    planned.flatMap(({ consultation, sample, at }, index) => {
      const way = wayTo(sample.status)
      return way.map((status, nth) => {
        const date = when(consultation, nth / way.length)
        return {
          external_id: demoUuid('5a211111', at * 10 + nth + 1),
          patient_sample_id: made[index]?.get('id') as number,
          status,
          notes: nth === 0 ? 'Taken on the ward' : (sample.note ?? 'Says the laboratory’s list'),
          created_by_id: district.person('demo-dist-admin'),
          created_date: date,
          modified_date: date
        }
      })
    }),
    { transaction: tx.sequelize }
  )
  const { district_id: districtId } = district.facility(LABORATORY)
  const { rows: wards } = await tx.query<{ id: number; local_body_id: number }>(WARDS, [districtId])
  await model(PatientExternalTest).bulkCreate(
    wards.length === 0
      ? []
      : EXTERNAL_RESULTS.map((result, at) => {
          const ward = wards[at % wards.length]
          const days = 6 - at
          return {
            ...result,
            external_id: demoUuid('e7111111', at + 1),
            district_id: districtId,
            local_body_id: ward?.local_body_id ?? 0,
            ward_id: ward?.id ?? null,
            sample_collection_date: district.daysAgo(days + 1).slice(0, 10),
            result_date: district.daysAgo(days).slice(0, 10),
            created_date: district.daysAgo(days),
            modified_date: district.daysAgo(days)
          }
        }),
    { transaction: tx.sequelize }
  )
}

function sampleOf(
  district: DemoDistrict,
  { id, patient_id: patientId, facility_id: facilityId }: DemoConsultation,
  { status, result = AWAITING, note, ...sample }: DemoSample,
  at: number,
  when: (part: number) => string
) {
  const admin = district.person('demo-dist-admin')
  const taken = when(0)
  return {
    ...sample,
    external_id: demoUuid('5a111111', at + 1),
    patient_id: patientId,
    consultation_id: id,
    testing_facility_id: sample.icmr_label ? district.facility(LABORATORY).id : facilityId,
    status,
    result,
    doctor_name: 'Duty doctor',
    date_of_sample: status >= STATUS.sent ? taken : null,
    date_of_result: status === STATUS.completed ? when(0.8) : null,
    created_by_id: admin,
    last_edited_by_id: admin,
    created_date: taken,
    modified_date: taken
  }
}
