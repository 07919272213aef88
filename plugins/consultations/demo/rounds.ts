import type { Tx } from 'care-kernel'
import { demoUuid } from 'care-kernel/toolkits/facilities'
import { WELL, type Illness, type Vitals } from './illnesses.ts'
import { REMARKS, type Course } from './courses.ts'
import type { Save } from '../change-log.ts'
import { DailyRound } from '../models.ts'
import type { ConsultationScope } from '../services.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Rounds are kept of the last days only. */
const MOST_ROUNDS = 10
const EXPIRED = 3
const [DOCTORS_LOG, NURSES_LOG, COMMUNITY_LOG, ICU_LOG] = [50, 0, 30, 200] as const
/** How far two rounds of the same state may differ. */
const WOBBLE: Vitals = { temperature: 0.4, pulse: 4, systolic: 6, diastolic: 4, resp: 1, spo2: 0.6 }
/** Further deterioration of dying patients, for all illnesses. */
const FAILING: Vitals = { temperature: -1, pulse: 14, systolic: -24, diastolic: -16, resp: 9, spo2: -14 }
/** Plausible range of each vital sign. */
const LIMITS: Readonly<Record<keyof Vitals, readonly [number, number]>> = {
  temperature: [95, 104.6],
  pulse: [38, 160],
  systolic: [62, 220],
  diastolic: [36, 130],
  resp: [8, 44],
  spo2: [68, 100]
}

/** A consultation whose rounds are made; times in milliseconds. */
export interface Followed {
  readonly id: number
  readonly number: number
  readonly illness: Illness
  readonly course: Course
  readonly from: number
  readonly until: number
  readonly doctor: number
  readonly nurse: number
}

/** Adds the rounds of these consultations with their events, oldest first of each, and names the last of each in its row. */
export async function addRounds(
  tx: Tx,
  { changeLog, repository }: Pick<ConsultationScope, 'changeLog' | 'repository'>,
  followed: readonly Followed[]
): Promise<void> {
  const rounds = followed.flatMap(roundsOf).map((round, at) => ({ ...round, external_id: demoUuid('d0111111', at + 1) }))
  const made = await repository(DailyRound).insertMany(tx, rounds)
  const { rows: saves } = await tx.query<Save>(
    `select r.id, r.consultation_id as "consultationId", r.created_by_id as by, to_jsonb(r.taken_at at time zone 'utc') #>> '{}' || 'Z' as at
    from facility_dailyround r where r.id = any($1::bigint[]) order by r.id`,
    [made.map(({ id }) => id)]
  )
  await changeLog.recordAll(tx, 'DailyRound', saves)
  // Raw SQL: a set.
  await tx.query(
    `update facility_patientconsultation c set last_daily_round_id = r.id, modified_date = r.taken_at, last_edited_by_id = r.created_by_id
    from (select distinct on (consultation_id) id, consultation_id, taken_at, created_by_id from facility_dailyround
      where consultation_id = any($1::bigint[]) order by consultation_id, taken_at desc, id desc) r where r.consultation_id = c.id`,
    [followed.map(({ id }) => id)]
  )
}

function roundsOf(consultation: Followed): Record<string, unknown>[] {
  const { course, from, until } = consultation
  const step = (course.roundsEvery ?? 24) * HOUR_MS
  const count = Math.max(1, Math.floor((until - from - 2 * HOUR_MS) / step) + 1)
  const first = Math.max(0, count - MOST_ROUNDS)
  return Array.from({ length: count - first }, (_, at) =>
    roundOf(consultation, first + at, Math.min(from + 2 * HOUR_MS + (first + at) * step, until))
  )
}

/** The nth round of a consultation: the illness goes from where it began to health, or the other course. */
function roundOf(
  { id, number, illness, course, from, doctor, nurse }: Followed,
  nth: number,
  at: number
): Record<string, unknown> {
  const dying = course.ends === EXPIRED
  const passed = Math.min(1, (at - from) / (illness.days * DAY_MS))
  const eased = 1 - (1 - passed) ** 2
  const vitals = vitalsAt(illness, dying ? -eased : eased, number + nth * 3)
  const byDoctor = nth % 2 === 0
  const by = byDoctor ? doctor : nurse
  const atHome = course.suggestion === 'DC'
  const critical = dying ? passed > 0.4 || illness.category === 'Critical' : illness.category === 'Critical' && passed < 0.5
  const remarks = dying ? REMARKS.dying : passed < 0.45 ? REMARKS.ill : REMARKS.mending
  const taken = new Date(at).toISOString()
  const oxygen = oxygenFor(vitals.spo2)
  return {
    consultation_id: id,
    created_by_id: by,
    last_edited_by_id: by,
    created_date: taken,
    modified_date: taken,
    taken_at: taken,
    rounds_type: atHome ? COMMUNITY_LOG : critical ? ICU_LOG : byDoctor ? DOCTORS_LOG : NURSES_LOG,
    patient_category: critical ? 'Critical' : (dying || passed < 0.6) && !atHome ? illness.category : 'Stable',
    temperature: vitals.temperature.toFixed(1),
    pulse: Math.round(vitals.pulse),
    bp: { systolic: Math.round(vitals.systolic), diastolic: Math.round(vitals.diastolic) },
    resp: Math.round(vitals.resp),
    ventilator_spo2: Math.round(vitals.spo2),
    rhythm: illness.diagnoses[0]?.startsWith('Congestive') ? 10 : 5,
    consciousness_level: critical && (dying || illness.symptoms.includes(28)) ? 10 : 5,
    physical_examination_info: nth === 0 ? illness.examination : remarks[(number + nth) % remarks.length],
    other_details: byDoctor ? illness.plan : null,
    pain: Math.max(0, Math.round((illness.surgical ? 6 : 3) * (1 - eased))),
    sleep: passed < 0.45 ? 3 : 2,
    appetite: passed < 0.45 ? 3 : 2,
    nutrition_route: 1,
    ...(oxygen
      ? {
          ventilator_interface: 15,
          ventilator_oxygen_modality: oxygen.modality,
          ventilator_oxygen_modality_oxygen_rate: oxygen.rate
        }
      : {}),
    ...(illness.sugar === undefined
      ? {}
      : { blood_sugar_level: Math.round(illness.sugar + (138 - illness.sugar) * eased + ((number + nth) % 5) * 6) }),
    ...(critical ? comaScale(dying ? 9 - nth : 11 + nth) : {}),
    ...fluids(atHome ? 0 : 1 - eased, (number + nth) % 4)
  }
}

/** `eased` is 0 at first, 1 in health, below 0 for the worse. */
function vitalsAt(illness: Illness, eased: number, seed: number): Vitals {
  const names = Object.keys(WELL) as (keyof Vitals)[]
  return Object.fromEntries(
    names.map((name, index) => {
      const ill = illness.vitals[name] ?? WELL[name]
      const failing = eased < 0 ? FAILING[name] * eased : 0
      const wobble = ((((seed * 7 + index * 5) % 11) - 5) / 5) * WOBBLE[name]
      const [least, most] = LIMITS[name]
      return [name, Math.min(most, Math.max(least, ill + (WELL[name] - ill) * eased - failing + wobble))]
    })
  ) as unknown as Vitals
}

/** Oxygen supply: litres per minute and modality. */
function oxygenFor(spo2: number): { readonly modality: number; readonly rate: number } | undefined {
  if (spo2 >= 94) return undefined
  return spo2 >= 90 ? { modality: 5, rate: 2 } : spo2 >= 86 ? { modality: 10, rate: 6 } : { modality: 15, rate: 12 }
}

/** Glasgow coma scale from 3 to 15 in its three parts. */
function comaScale(total: number) {
  const sum = Math.min(15, Math.max(3, total))
  const glasgow_eye_open = Math.max(1, Math.min(4, Math.round((sum * 4) / 15)))
  const glasgow_verbal_response = Math.max(1, Math.min(5, Math.round((sum * 5) / 15)))
  return {
    glasgow_eye_open,
    glasgow_verbal_response,
    glasgow_motor_response: sum - glasgow_eye_open - glasgow_verbal_response,
    glasgow_total_calculated: sum
  }
}

/** Millilitres of half a day: the iller, the more through a vein. */
function fluids(illness: number, more: number) {
  const drip = Math.round(illness * 10) * 100
  const feed = 400 + more * 50
  const urine = 500 + more * 80
  return {
    iv_fluids: drip > 0 ? [{ name: 'RL', quantity: drip }] : [],
    feeds: [{ name: 'Normal Feed', quantity: feed }],
    output: [{ name: 'Urine', quantity: urine }],
    total_intake_calculated: (drip + feed).toFixed(2),
    total_output_calculated: urine.toFixed(2)
  }
}
