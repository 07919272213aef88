import type { Tx } from 'care-kernel'
import { CONSULTATION } from 'care-kernel/contracts/consultations'
import { FACILITY } from 'care-kernel/contracts/facilities'
import { demoDistrict, demoUuid, type DemoDistrict } from 'care-kernel/toolkits/facilities'
import { PATIENT } from 'care-kernel/contracts/patients'
import { LOCAL_BODY, WARD } from 'care-kernel/contracts/places'
import { EXTERNAL_RESULTS, LABORATORY, SAMPLES } from './data.ts'
import { PatientExternalTest, PatientSample, PatientSampleFlow } from '../models.ts'
import type { SampleScope } from '../services.ts'
import { AWAITING, STATUS } from '../statuses.ts'

interface DemoConsultation {
  readonly id: number
  readonly patient_id: number
  readonly facility_id: number
  /** ISO text. */
  readonly began: string
}

/** Newest first, one consultation per patient. */
const CONSULTATIONS = `select c.id, c.patient_id, c.facility_id, c.encounter_date as began from ${CONSULTATION} c
  join ${PATIENT} p on p.last_consultation_id = c.id join ${FACILITY} f on f.id = c.facility_id
  where f.external_id::text like 'fac11111-%' and not c.deleted and not p.deleted order by c.id desc limit $1`
/** The first ward of every local body of a district. */
const WARDS = `select distinct on (l.id) w.id, l.id as local_body_id from ${LOCAL_BODY} l join ${WARD} w on w.local_body_id = l.id
  where l.district_id = $1 order by l.id, w.id`

/** The flow of a sample up to its status. */
const FLOW = [STATUS.submitted, STATUS.approved, STATUS.sent, STATUS.received, STATUS.completed] as const
const flowTo = (status: number): readonly number[] =>
  status === STATUS.denied ? [STATUS.submitted, STATUS.denied] : FLOW.filter(step => step <= status)

/** Samples in every status, one per patient of the demo district, and external results. */
export async function demo(tx: Tx, scope: SampleScope): Promise<void> {
  const district = await demoDistrict(tx, scope.clock)
  if (!district) return
  await demoSamples(tx, scope, district)
  await demoResults(tx, scope, district)
}

async function demoSamples(tx: Tx, { clock, repository }: SampleScope, district: DemoDistrict): Promise<void> {
  const admin = district.person('demo-dist-admin')
  const now = clock.now().getTime()
  const { rows } = await tx.query<DemoConsultation>(CONSULTATIONS, [SAMPLES.length])
  const planned = rows.flatMap((consultation, at) => {
    const sample = SAMPLES[at]
    if (!sample) return []
    const began = Date.parse(consultation.began)
    /** Between the beginning of the consultation (0) and now (1). */
    const when = (part: number) => new Date(now - Math.round((now - began) * 0.9 * (1 - part))).toISOString()
    return [{ consultation, sample, at, when }]
  })
  const made = await repository(PatientSample).insertMany(
    tx,
    planned.map(({ consultation, sample: { status, result = AWAITING, note, ...sample }, at, when }) => ({
      ...sample,
      external_id: demoUuid('5a111111', at + 1),
      patient_id: consultation.patient_id,
      consultation_id: consultation.id,
      testing_facility_id: sample.icmr_label ? district.facility(LABORATORY).id : consultation.facility_id,
      status,
      result,
      doctor_name: 'Duty doctor',
      date_of_sample: status >= STATUS.sent ? when(0) : null,
      date_of_result: status === STATUS.completed ? when(0.8) : null,
      created_by_id: admin,
      last_edited_by_id: admin,
      created_date: when(0),
      modified_date: when(0)
    }))
  )
  await repository(PatientSampleFlow).insertMany(
    tx,
    planned.flatMap(({ sample, at, when }, index) =>
      flowTo(sample.status).map((status, nth, flow) => ({
        external_id: demoUuid('5a211111', at * 10 + nth + 1),
        patient_sample_id: made[index]?.id ?? 0,
        status,
        notes: nth === 0 ? 'Taken on the ward' : (sample.note ?? 'Says the laboratory’s list'),
        created_by_id: admin,
        created_date: when(nth / flow.length),
        modified_date: when(nth / flow.length)
      }))
    )
  )
}

async function demoResults(tx: Tx, { repository }: SampleScope, district: DemoDistrict): Promise<void> {
  const { district_id: districtId } = district.facility(LABORATORY)
  const { rows: wards } = await tx.query<{ id: number; local_body_id: number }>(WARDS, [districtId])
  const results = EXTERNAL_RESULTS.flatMap((result, at) => {
    const ward = wards[at % wards.length]
    if (!ward) return []
    const [taken, known] = [district.daysAgo(7 - at), district.daysAgo(6 - at)]
    return [
      {
        ...result,
        external_id: demoUuid('e7111111', at + 1),
        district_id: districtId,
        local_body_id: ward.local_body_id,
        ward_id: ward.id,
        sample_collection_date: taken.slice(0, 10),
        result_date: known.slice(0, 10),
        created_date: known,
        modified_date: known
      }
    ]
  })
  await repository(PatientExternalTest).insertMany(tx, results)
}
