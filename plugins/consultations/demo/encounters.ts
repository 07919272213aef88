import type { Tx } from 'care-kernel'
import { RANK, USER } from 'care-kernel/contracts/auth-permissions'
import { CAPACITY, MEMBER } from 'care-kernel/contracts/facilities'
import { demoDistrict, demoUuid } from 'care-kernel/toolkits/facilities'
import { PATIENT } from 'care-kernel/contracts/patients'
import { watchedValues, type ChangeLog, type Save } from '../change-log.ts'
import { ILLNESSES, type Illness } from './illnesses.ts'
import { BEFORE, LATELY, courseNamed, WITHOUT_BEDS, type Course } from './courses.ts'
import { addRounds, type Followed } from './rounds.ts'
import { REASON } from '../enumerations.ts'
import { ConsultationDiagnosis, EncounterSymptom, PatientConsultation } from '../models.ts'
import type { ConsultationScope } from '../services.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Patients registered within these days may still be admitted. */
const LATELY_DAYS = 14
/** Destination of referrals out of the district. */
const REFERRED_TO = 'Malayoram Medical College Hospital'

interface DemoPatient {
  readonly id: number
  readonly age: number
  readonly came: string
  readonly facility_id: number
  readonly beds: boolean
  readonly doctors: readonly number[]
  readonly nurses: readonly number[]
}

const PATIENTS = `select p.id, extract(year from age($1::timestamptz, p.date_of_birth))::integer as age, p.created_date as came, p.facility_id,
    exists (select from ${CAPACITY} c where c.facility_id = p.facility_id and c.total_capacity > 10) as beds,
    array(select u.id::integer from ${MEMBER} m join ${USER} u on u.id = m.user_id where m.facility_id = p.facility_id and u.user_type = ${RANK.doctor} order by u.id) as doctors,
    array(select u.id::integer from ${MEMBER} m join ${USER} u on u.id = m.user_id where m.facility_id = p.facility_id and u.user_type = ${RANK.nurse} order by u.id) as nurses
  from ${PATIENT} p where p.external_id::text like '9a711111-%' order by p.id`

/** Raw SQL: a set. What the patients' rows say once their last consultations are there: as fixtures are loaded, without history. */
const LAST = `update ${PATIENT} p set last_consultation_id = c.id, is_active = c.discharge_date is null,
    death_datetime = c.death_datetime, review_time = case when c.review_interval > 0 then $2::timestamptz + c.review_interval * interval '1 minute' end
  from (select distinct on (patient_id) * from facility_patientconsultation where id = any($1::bigint[]) order by patient_id, encounter_date desc, id desc) c
  where c.patient_id = p.id`

// Raw SQL: a set.
const END = `update facility_patientconsultation c set discharge_date = e.at, new_discharge_reason = e.ends, discharge_notes = e.notes,
    death_datetime = case when e.ends = ${REASON.expired} then e.at end, death_confirmed_doctor = case when e.ends = ${REASON.expired} then 'Dr Anju Vellaram' end
  from jsonb_to_recordset($1::jsonb) e(id bigint, at timestamptz, ends smallint, notes text) where c.id = e.id`

/** A consultation to be inserted; times in milliseconds. */
interface Planned {
  readonly number: number
  readonly patient: DemoPatient
  readonly illness: Illness
  readonly course: Course
  readonly from: number
  readonly until: number | null
}

/** Consultations of most patients of the demo district; nothing where there are none. */
export async function demoEncounters(tx: Tx, scope: ConsultationScope): Promise<void> {
  const { changeLog, clock, repository } = scope
  const district = await demoDistrict(tx, clock)
  if (!district) return
  const now = clock.now().getTime()
  const { rows: patients } = await tx.query<DemoPatient>(PATIENTS, [new Date(now).toISOString()])
  const { rows: titles } = await tx.query<{ title: string; id: number }>(
    `select substr(label, strpos(label, ' ') + 1) as title, id from facility_icd11diagnosis`
  )
  const diagnosisOf = new Map(titles.map(({ title, id }) => [title, id]))
  const fallback = district.person('demo-dist-admin')
  const referredTo = district.facility(REFERRED_TO).id
  const planned = plan(patients, now)
  const doctorOf = ({ patient: { doctors }, illness }: Planned) => (illness.surgical ? doctors.at(-1) : doctors[0])

  const made = await repository(PatientConsultation).insertMany(
    tx,
    planned.map(one => ({
      ...columnsOf(one, doctorOf(one) ?? null, fallback),
      ...(one.course.suggestion === 'R' ? { referred_to_id: referredTo } : {})
    }))
  )
  const ids = made.map(({ id }) => id)
  const parts = planned.map((one, at) => ({ ...one, id: ids[at] ?? 0, by: doctorOf(one) ?? fallback, date: iso(one.from) }))
  // Raw SQL: a set.
  await tx.query(
    `update facility_patientconsultation c set previous_consultation_id = (select max(b.id) from facility_patientconsultation b where b.patient_id = c.patient_id and b.id < c.id)
    where c.id = any($1::bigint[])`,
    [parts.filter(({ course: { again } }) => again).map(({ id }) => id)]
  )
  const diagnoses = parts.flatMap(({ id, by, date, illness, number }) =>
    illness.diagnoses.flatMap((title, at) => {
      const diagnosis = diagnosisOf.get(title)
      const status = at > 0 || number % 4 > 0 ? 'confirmed' : number % 8 > 0 ? 'provisional' : 'unconfirmed'
      return diagnosis === undefined
        ? []
        : [
            {
              consultation_id: id,
              diagnosis_id: diagnosis,
              verification_status: status,
              is_principal: at === 0,
              created_by_id: by,
              created_date: date,
              modified_date: date
            }
          ]
    })
  )
  const symptoms = parts.flatMap(({ id, by, date, illness, course, from, until, number }) =>
    illness.symptoms.map((symptom, at) => {
      const cured = until !== null && course.ends === 1
      return {
        consultation_id: id,
        symptom,
        onset_date: iso(from - (1 + ((number + at) % 4)) * DAY_MS),
        cure_date: cured ? iso(until) : null,
        clinical_impression_status: cured ? 'completed' : 'in-progress',
        created_by_id: by,
        created_date: date,
        modified_date: date
      }
    })
  )
  const addedDiagnoses = await repository(ConsultationDiagnosis).insertMany(tx, diagnoses)
  const addedSymptoms = await repository(EncounterSymptom).insertMany(tx, symptoms)
  await changeLog.recordAll(
    tx,
    'PatientConsultation',
    parts.map(({ id, by, date }) => ({ id, consultationId: id, by, at: date }))
  )
  await changeLog.recordAll(tx, 'ConsultationDiagnosis', savesOf(diagnoses, addedDiagnoses))
  await changeLog.recordAll(tx, 'EncounterSymptom', savesOf(symptoms, addedSymptoms))
  await end(tx, changeLog, parts)
  await addRounds(
    tx,
    scope,
    parts
      .filter(({ course }) => course.roundsEvery !== undefined)
      .map(({ patient, until, by, ...one }): Followed => ({
        ...one,
        until: until ?? now - HOUR_MS / 4,
        doctor: by,
        nurse: patient.nurses[0] ?? by
      }))
  )
  await tx.query(LAST, [ids, iso(now)])
}

/** Saves of new rows; `keys` are in their order. */
const savesOf = (
  rows: readonly { readonly consultation_id: number; readonly created_by_id: number; readonly created_date: string }[],
  keys: readonly { readonly id: number }[]
): Save[] =>
  rows.map(({ consultation_id: consultationId, created_by_id: by, created_date: at }, index) => ({
    id: keys[index]?.id ?? 0,
    consultationId,
    by,
    at
  }))

/** The consultations of all patients, in the order of their begin. */
function plan(patients: readonly DemoPatient[], now: number): Planned[] {
  const counts = { lately: 0, before: 0 }
  const planned = patients.flatMap((patient, at): Omit<Planned, 'number'>[] => {
    const came = Date.parse(patient.came)
    const lately = now - came <= LATELY_DAYS * DAY_MS
    const name = lately ? LATELY[counts.lately++ % LATELY.length] : BEFORE[counts.before++ % BEFORE.length]
    if (name === null || name === undefined) return []
    const wanted = courseNamed(name)
    const course = patient.beds || wanted.suggestion !== 'A' ? wanted : courseNamed(WITHOUT_BEDS)
    const illness = illnessFor(patient, course, at)
    const from = came + HOUR_MS / 4
    if (!course.again) {
      // Open admissions are no older than the illness lasts.
      const begins =
        course.ends === undefined && course.suggestion === 'A'
          ? Math.max(from, now - illness.days * DAY_MS + ((at * 5) % 17) * HOUR_MS)
          : from
      return [{ patient, illness, course, from: begins, until: endOf(begins, illness, course, now) }]
    }
    const first = courseNamed('recovered')
    const again = now - (1 + (at % 5)) * DAY_MS - HOUR_MS
    return [
      { patient, illness, course: first, from, until: endOf(from, illness, first, now) },
      { patient, illness, course, from: again, until: null }
    ]
  })
  return planned.sort((one, other) => one.from - other.from).map((one, at) => ({ ...one, number: at + 1 }))
}

/** The nth of the fitting illnesses. */
function illnessFor({ age }: DemoPatient, { suggestion, ends }: Course, at: number): Illness {
  const inBed = suggestion === 'A' || suggestion === 'R' || suggestion === 'DD'
  const fitting = ILLNESSES.filter(
    ({ ages: [from, to], light = false, category, days }) =>
      age >= from && age <= to && (inBed ? days > 2 : light) && (ends !== REASON.expired || category !== 'Stable')
  )
  const found = (fitting.length > 0 ? fitting : ILLNESSES)[(at * 7) % (fitting.length || ILLNESSES.length)]
  if (!found) throw new Error('there are no illnesses')
  return found
}

function endOf(from: number, { days }: Illness, { suggestion, ends }: Course, now: number): number | null {
  if (suggestion === 'OP') return from
  if (ends === undefined) return null
  const stay = suggestion === 'R' || suggestion === 'DD' ? HOUR_MS * 3 : ends === 4 ? DAY_MS : days * DAY_MS
  return Math.min(from + stay, now - HOUR_MS / 2)
}

function columnsOf({ number, patient, illness, course, from, until }: Planned, doctor: number | null, fallback: number) {
  const date = iso(from)
  const admitted = course.suggestion === 'A'
  const by = doctor ?? fallback
  const kasp = admitted && number % 5 === 0
  const grown = patient.age >= 18
  return {
    external_id: demoUuid('c0111111', number),
    created_date: date,
    modified_date: date,
    patient_id: patient.id,
    facility_id: patient.facility_id,
    patient_no: `${admitted ? 'IP' : 'OP'}-${String(1000 + number)}`,
    category: illness.category,
    examination_details: illness.examination,
    history_of_present_illness: illness.history,
    treatment_plan: illness.plan,
    consultation_notes: course.again ? 'Here again with the same complaint' : null,
    suggestion: course.suggestion,
    route_to_facility: number % 6 === 0 && admitted ? 20 : 10,
    referred_from_facility_external: number % 6 === 0 && admitted ? 'A clinic in the next town' : '',
    review_interval: until === null && !admitted ? 1440 : -1,
    is_readmission: course.again ?? false,
    admitted,
    encounter_date: date,
    icu_admission_date: admitted && illness.category === 'Critical' ? date : null,
    bed_number: admitted
      ? `${illness.category === 'Critical' ? 'ICU' : `W${String((number % 4) + 1)}`}-${String((number % 24) + 1)}`
      : null,
    is_kasp: kasp,
    kasp_enabled_date: kasp ? date : null,
    height: grown ? 150 + ((number * 7) % 32) : 55 + patient.age * 6,
    weight: grown ? 48 + ((number * 5) % 41) : 4 + patient.age * 2.8,
    treating_physician_id: doctor,
    created_by_id: by,
    last_edited_by_id: by
  }
}

/** Ends those that have ended, with the events of it. */
async function end(
  tx: Tx,
  changeLog: ChangeLog,
  parts: readonly (Planned & { readonly id: number; readonly by: number })[]
): Promise<void> {
  const ended = parts.flatMap(({ id, by, until, course }) =>
    until === null ? [] : [{ id, by, at: iso(until), ends: course.ends ?? null }]
  )
  const { rows } = await tx.query<{ id: number; before: unknown }>(
    `select c.id, ${watchedValues('PatientConsultation')} as before from facility_patientconsultation c where c.id = any($1::bigint[])`,
    [ended.map(({ id }) => id)]
  )
  const before = new Map(rows.map(row => [row.id, row.before]))
  await tx.query(END, [JSON.stringify(ended.map(one => ({ ...one, notes: NOTES[one.ends ?? 0] ?? '' })))])
  await changeLog.recordAll(
    tx,
    'PatientConsultation',
    ended.map(({ ends, ...one }) => ({ ...one, consultationId: one.id, before: before.get(one.id) }))
  )
}

/** Discharge notes by reason. */
const NOTES: Readonly<Record<number, string>> = {
  1: 'Well at discharge, review in one week with reports',
  2: 'Needs what this hospital does not have',
  3: 'Resuscitated for thirty minutes without success',
  4: 'Wishes to go home, risks explained to patient and family',
  [-1]: 'Left the ward without notice'
}

const iso = (time: number): string => new Date(time).toISOString()
