import type { Tx } from 'care-kernel'
import { demoDistrict, demoUuid, type DemoDistrict } from 'care-kernel/toolkits/facilities'
import { PATIENT } from 'care-kernel/contracts/patients'
import { AMBULANCES, DESK, SHIFTS, type DemoShift } from './data.ts'
import { ShiftingRequest, ShiftingRequestComment } from '../models.ts'
import type { ShiftScope } from '../services.ts'
import { STATUS } from '../statuses.ts'

const EXPIRED = 90
/** First status with an ambulance. */
const WITH_AMBULANCE = 60

interface DemoPatient {
  readonly id: number
  readonly facility_id: number
  readonly is_active: boolean
  readonly dead: boolean
}

/** Newest patients first: those are still in hospital. */
const PATIENTS = `select p.id, p.facility_id, p.is_active, p.death_datetime is not null as dead
  from ${PATIENT} p where p.facility_id = any($1::bigint[]) and not p.deleted order by p.id desc`

/** Shifts in every status between the demo facilities, one per patient; skips shifts without a suitable patient. */
export async function demo(tx: Tx, { clock, repository }: ShiftScope): Promise<void> {
  const district = await demoDistrict(tx, clock)
  if (!district) return
  const whereNow = ({ status, from, to }: DemoShift) =>
    district.facility(status === STATUS.completed && to !== null ? to : from).id
  const { rows: patients } = await tx.query<DemoPatient>(PATIENTS, [[...new Set(SHIFTS.map(whereNow))]])
  const taken = new Set<number>()
  /** An unused patient at the facility: a dead one for PATIENT EXPIRED, otherwise an active one if possible. */
  const patientOf = (shift: DemoShift): number[] => {
    const free = patients.filter(({ id, facility_id }) => facility_id === whereNow(shift) && !taken.has(id))
    const fits = ({ dead, is_active }: DemoPatient) => (shift.status === EXPIRED ? dead : is_active && !dead)
    const { id } = free.find(fits) ?? free[0] ?? {}
    if (id === undefined) return []
    taken.add(id)
    return [id]
  }
  const planned = SHIFTS.flatMap((shift, at) => patientOf(shift).map(patientId => ({ shift, at, patientId })))
  const made = await repository(ShiftingRequest).insertMany(
    tx,
    planned.map(({ shift, at, patientId }) => ({ ...columnsOf(district, shift, at), patient_id: patientId }))
  )
  await repository(ShiftingRequestComment).insertMany(
    tx,
    planned.flatMap(({ shift: { comments = [] }, at }, index) =>
      comments.map((comment, nth) => {
        const date = district.daysAgo(daysOf(at) / (nth + 2))
        return {
          request_id: made[index]?.id ?? 0,
          comment,
          created_by_id: district.person('demo-dist-admin'),
          created_date: date,
          modified_date: date
        }
      })
    )
  )
}

/** Age of the nth request in days. */
const daysOf = (at: number): number => (SHIFTS.length - at) * 0.3

function columnsOf(
  district: DemoDistrict,
  { status, from, to, external, emergency, reason, breathlessness = 15 }: DemoShift,
  at: number
) {
  const origin = district.facility(from)
  const admin = district.person('demo-dist-admin')
  const by = origin.staff['demo-doctor'] ?? admin
  const edited = status === STATUS.pending ? by : admin
  const days = daysOf(at)
  return {
    external_id: demoUuid('5f111111', at + 1),
    created_date: district.daysAgo(days),
    modified_date: district.daysAgo(status === STATUS.pending ? days : days / 4),
    status,
    origin_facility_id: origin.id,
    shifting_approving_facility_id: district.facility(DESK).id,
    assigned_facility_id: to === null ? null : district.facility(to).id,
    assigned_facility_type: to === null ? null : district.facility(to).type,
    assigned_facility_external: external ?? (to === null ? '' : null),
    emergency: emergency ?? false,
    is_up_shift: true,
    is_kasp: at % 3 === 0,
    reason,
    preferred_vehicle_choice: emergency ? 10 : 30,
    vehicle_preference: emergency ? 'With oxygen and a technician' : '',
    breathlessness_level: breathlessness,
    refering_facility_contact_name: 'Duty doctor',
    refering_facility_contact_number: '+919000300010',
    is_assigned_to_user: status !== STATUS.pending,
    assigned_to_id: status === STATUS.pending ? null : admin,
    ...(status >= WITH_AMBULANCE && status <= STATUS.completed ? AMBULANCES[at % AMBULANCES.length] : {}),
    created_by_id: by,
    last_edited_by_id: edited
  }
}
