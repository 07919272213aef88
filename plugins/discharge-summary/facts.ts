import type { Queryable, SlotsOf } from 'care-kernel'
import { labelSql } from 'care-kernel/rest'
import { GENDERS, USER } from 'care-kernel/contracts/auth-permissions'
import {
  CATEGORIES,
  CONSULTATION,
  DAILY_ROUND,
  DIAGNOSIS,
  DISCHARGE_REASONS,
  ICD11,
  OTHER_SYMPTOM,
  ROUNDS_TYPES,
  ROUTES_TO_FACILITY,
  SYMPTOM,
  SYMPTOMS
} from 'care-kernel/contracts/consultations'
import { FACILITY } from 'care-kernel/contracts/facilities'
import { FILE, FILE_TYPE } from 'care-kernel/contracts/files'
import { DISEASE, DISEASES, NO_DISEASE, PATIENT } from 'care-kernel/contracts/patients'
import { AGE_TEXT } from 'care-kernel/toolkits/patients'
import { DISTRICT, STATE } from 'care-kernel/contracts/places'
import type { dischargeSummary } from './contract.ts'

/** A prescription, as the slot `prescriptions` gives it. */
export interface Prescription {
  readonly prescription_type: string | null
  readonly dosage_type: string | null
  readonly medicine: string | null
  readonly base_dosage: string | null
  readonly target_dosage: string | null
  readonly route: string | null
  readonly frequency: string | null
  readonly days: number | null
  readonly indicator?: string | null
}

/** A value of an investigation, as the slot `investigations` gives it. */
export interface Investigation {
  readonly group: string | null
  readonly name: string | null
  readonly value: number | null
  readonly notes: string | null
  readonly unit: string | null
  readonly min: number | null
  readonly max: number | null
  readonly date: string | null
}

/** One vital sign over a stay; numbers in its unit. */
export interface Vital {
  readonly sign: string
  readonly first: number
  readonly lowest: number
  readonly highest: number
  readonly last: number
}

export interface Round {
  readonly taken_at: string
  readonly kind: string | null
  readonly category: string | null
  readonly temperature: number | null
  readonly pulse: number | null
  readonly resp: number | null
  readonly spo2: number | null
  readonly systolic: number | null
  readonly diastolic: number | null
  readonly examination: string | null
  readonly details: string | null
}

/** The stored values a summary is composed of. Times are ISO texts. */
export interface Facts {
  readonly consultation: string
  readonly suggestion: string
  readonly patient_no: string | null
  readonly route: string | null
  readonly encounter_date: string
  readonly discharge_date: string | null
  readonly discharge_reason: string | null
  readonly recovered: boolean
  readonly discharge_notes: string | null
  readonly height: number | null
  readonly weight: number | null
  readonly history: string | null
  readonly examination: string | null
  readonly plan: string | null
  readonly notes: string | null
  readonly course: string | null
  readonly operation: string | null
  readonly instruction: string | null
  /** Free JSON of clients. */
  readonly investigation: unknown
  readonly procedure: unknown
  readonly beds: readonly number[]
  readonly physician: string | null
  /** The consultation's facility where the patient's is another. */
  readonly treated_at: string | null
  readonly referred_to: string | null
  readonly death_datetime: string | null
  readonly death_confirmed_doctor: string | null
  readonly facility: {
    readonly name: string
    readonly address: string | null
    readonly pincode: number | null
    readonly district: string | null
    readonly state: string | null
    readonly phone: string | null
  } | null
  readonly patient: {
    readonly name: string
    readonly gender: string | null
    readonly age: string | null
    readonly blood_group: string | null
    readonly phone: string | null
    readonly ration_card: string | null
    readonly address: string | null
    readonly allergies: string | null
    readonly ongoing_medication: string | null
    readonly positive: boolean
    readonly date_of_result: string | null
    readonly vaccinated: boolean
  }
  readonly diseases: readonly { readonly disease: string | null; readonly details: string | null; readonly none: boolean }[]
  readonly diagnoses: readonly { readonly label: string; readonly status: string; readonly principal: boolean }[]
  readonly symptoms: readonly string[]
  readonly vitals: readonly Vital[]
  /** The last `ROUNDS_LISTED`, oldest first. */
  readonly rounds: readonly Round[]
  readonly rounds_in_all: number
  readonly prescriptions: readonly Prescription[]
  readonly samples: readonly {
    readonly requested_on: string | null
    readonly sample_type: string | null
    readonly label: string | null
    readonly result: string | null
  }[]
  readonly investigations: readonly Investigation[]
  readonly uploads: readonly { readonly name: string; readonly at: string | null }[]
}

/** Rounds a summary lists; the vital signs aggregate all rounds. */
export const ROUNDS_LISTED = 12
/** Most files a summary names. */
const UPLOADS_LISTED = 200

const AUTOMATED = 300
const POSITIVE = 2
const RECOVERED = 1
const ACTIVE_STATUSES = ['confirmed', 'provisional', 'unconfirmed', 'differential']

const number = (expression: string) => `case when jsonb_typeof(${expression}) = 'number' then (${expression})::float8 end`
const SIGNS: Readonly<Record<string, string>> = {
  temperature: 'r.temperature::float8',
  pulse: 'r.pulse::float8',
  systolic: number("r.bp->'systolic'"),
  diastolic: number("r.bp->'diastolic'"),
  resp: 'r.resp::float8',
  spo2: 'r.ventilator_spo2::float8',
  glucose: 'r.blood_sugar_level::float8',
  glasgow: 'r.glasgow_total_calculated::float8',
  pain: 'r.pain::float8'
}
const rows = (columns: string, from: string, order = '') =>
  `coalesce((select json_agg(x) from (select ${columns} from ${from}${order && ` order by ${order}`}) x), '[]'::json)`

type Slots = SlotsOf<typeof dischargeSummary>['consultation']

/** SQL of the facts of the consultation whose id is `$1`, one row with the column `facts`; `beds`: the stays in beds (docs/api/patients.md §5). */
export function factsSql({ prescriptions, samples, investigations }: Slots, beds: string): string {
  const rounds = `${DAILY_ROUND} r where r.consultation_id = c.id and not r.deleted and r.taken_at is not null`
  return `select json_build_object(
    'consultation', c.external_id, 'suggestion', c.suggestion, 'patient_no', c.patient_no,
    'route', ${labelSql('c.route_to_facility', ROUTES_TO_FACILITY)}, 'encounter_date', c.encounter_date, 'discharge_date', c.discharge_date,
    'discharge_reason', ${labelSql('c.new_discharge_reason', DISCHARGE_REASONS)}, 'recovered', coalesce(c.new_discharge_reason = ${RECOVERED}, false),
    'discharge_notes', c.discharge_notes, 'height', c.height, 'weight', c.weight, 'history', c.history_of_present_illness,
    'examination', c.examination_details, 'plan', c.treatment_plan, 'notes', c.consultation_notes, 'course', c.course_in_facility,
    'operation', c.operation, 'instruction', c.special_instruction, 'investigation', c.investigation, 'procedure', c.procedure,
    'beds', coalesce((select json_agg(t.bed_type order by t.bed_type) from (select distinct b.bed_type from ${beds} b where b.consultation_id = c.id and b.bed_type is not null) t), '[]'::json),
    'physician', (select nullif(trim(concat_ws(' ', u.first_name, u.last_name)), '') from ${USER} u where u.id = c.treating_physician_id),
    'treated_at', (select f.name from ${FACILITY} f where f.id = c.facility_id and f.id <> p.facility_id),
    'referred_to', coalesce((select f.name from ${FACILITY} f where f.id = c.referred_to_id), nullif(c.referred_to_external, '')),
    'death_datetime', c.death_datetime, 'death_confirmed_doctor', c.death_confirmed_doctor,
    'facility', (select json_build_object('name', f.name, 'address', f.address, 'pincode', f.pincode, 'phone', f.phone_number,
        'district', (select d.name from ${DISTRICT} d where d.id = f.district_id), 'state', (select s.name from ${STATE} s where s.id = f.state_id))
      from ${FACILITY} f where f.id = coalesce(p.facility_id, c.facility_id)),
    'patient', json_build_object('name', p.name, 'gender', ${labelSql('p.gender', GENDERS)}, 'age', ${AGE_TEXT}, 'blood_group', p.blood_group,
      'phone', p.phone_number, 'ration_card', p.ration_card_category, 'address', p.address, 'allergies', p.allergies,
      'ongoing_medication', p.ongoing_medication, 'positive', p.disease_status = ${POSITIVE}, 'date_of_result', p.date_of_result, 'vaccinated', p.is_vaccinated),
    'diseases', ${rows(`${labelSql('y.disease', DISEASES)} as disease, y.details, y.disease = ${NO_DISEASE} as none`, `${DISEASE} y where y.patient_id = p.id and not y.deleted`, 'y.id')},
    'diagnoses', ${rows(
      'i.label, y.verification_status as status, y.is_principal as principal',
      `${DIAGNOSIS} y join ${ICD11} i on i.id = y.diagnosis_id
        where y.consultation_id = c.id and not y.deleted and y.verification_status in (${ACTIVE_STATUSES.map(status => `'${status}'`).join(', ')})`,
      `array_position(array[${ACTIVE_STATUSES.map(status => `'${status}'`).join(', ')}], y.verification_status::text), y.created_date desc nulls last, y.id desc`
    )},
    'symptoms', coalesce((select json_agg(case when y.symptom = ${OTHER_SYMPTOM} then y.other_symptom else ${labelSql('y.symptom', SYMPTOMS)} end order by y.onset_date, y.id)
      from ${SYMPTOM} y where y.consultation_id = c.id and not y.deleted and y.clinical_impression_status <> 'entered-in-error' and y.onset_date < c.encounter_date), '[]'::json),
    'vitals', ${rows(
      `v.sign, min(v.value) as lowest, max(v.value) as highest, (array_agg(v.value order by r.taken_at, r.id))[1] as first, (array_agg(v.value order by r.taken_at desc, r.id desc))[1] as last`,
      `${DAILY_ROUND} r cross join lateral (values ${Object.entries(SIGNS)
        .map(([sign, value]) => `('${sign}', ${value})`)
        .join(', ')}) v (sign, value)
        where r.consultation_id = c.id and not r.deleted and r.taken_at is not null and v.value is not null group by v.sign`
    )},
    'rounds', coalesce((select json_agg(x order by x.taken_at, x.id) from (select r.id, r.taken_at, ${labelSql('r.rounds_type', ROUNDS_TYPES)} as kind,
        ${labelSql('r.patient_category', CATEGORIES)} as category, ${['temperature', 'pulse', 'resp', 'spo2', 'systolic', 'diastolic'].map(sign => `${SIGNS[sign] ?? 'null'} as ${sign}`).join(', ')},
        r.physical_examination_info as examination, r.other_details as details
      from ${rounds} and r.rounds_type <> ${AUTOMATED} order by r.taken_at desc, r.id desc limit ${ROUNDS_LISTED}) x), '[]'::json),
    'rounds_in_all', (select count(*) from ${rounds} and r.rounds_type <> ${AUTOMATED}),
    'prescriptions', ${prescriptions}, 'samples', ${samples}, 'investigations', ${investigations},
    'uploads', ${rows(
      'y.name, y.modified_date as at',
      `${FILE} y where y.file_type = ${FILE_TYPE.consultation} and y.associating_id = c.id::text and y.upload_completed and not y.is_archived and not y.deleted`,
      `y.modified_date, y.id limit ${UPLOADS_LISTED}`
    )}) as facts
  from ${CONSULTATION} c join ${PATIENT} p on p.id = c.patient_id
  where c.id = $1 and not c.deleted`
}

/** The facts of a consultation; undefined when there is none. */
export async function readFacts(db: Queryable, sql: string, consultationId: number): Promise<Facts | undefined> {
  const {
    rows: [row]
  } = await db.query<{ facts: Facts }>(sql, [consultationId])
  return row?.facts
}
