import type { Tx } from 'care-kernel'
import { demoDistrict, demoUuid, type DemoDistrict } from 'care-kernel/toolkits/facilities'
import { LOCAL_BODY, WARD } from 'care-kernel/contracts/places'
import {
  AGES,
  AGES_OF_MOTHERS_AND_CHILDREN,
  BLOOD_GROUPS,
  FAMILIES,
  HISTORIES_OF_THE_OLD,
  HISTORIES_OF_THE_YOUNG,
  HOMES,
  MEN,
  OCCUPATIONS_BY_AGE,
  REGISTERED_AT,
  WOMEN,
  WOMEN_AND_CHILDREN,
  type MedicalHistory
} from './data.ts'
import { VACCINES } from '../enumerations.ts'
import { Disease, HISTORY_COLUMNS, Patient, PatientMetaInfo } from '../models.ts'
import type { PatientScope } from '../services.ts'

const PATIENTS = 200
const MALE = 1
const FEMALE = 2
/** The newer half registers within `RECENT_DAYS`, the older half within `DAYS`. */
const RECENT_DAYS = 14
const DAYS = 120

const COPIED = HISTORY_COLUMNS.map(name => `"${name}"`).join(', ')
// Raw SQL: a set, copied as it is stored.
const APPEND_HISTORY = `insert into facility_historicalpatientregistration (${COPIED}, history_date, history_type, history_user_id)
  select ${COPIED}, created_date, '+', created_by_id from facility_patientregistration where id = any($1::bigint[]) order by id`

interface Home {
  readonly ward_id: number
  readonly ward: string
  readonly local_body_id: number
  readonly local_body: string
}

/** The nth element of the repeated list. */
function nth<T>(list: readonly T[], at: number): T {
  const found = list[at % list.length]
  if (found === undefined) throw new Error('an empty list has no elements')
  return found
}

/** Patients of the demo facilities with addresses and medical histories; nothing without those facilities. */
export async function demo(tx: Tx, { clock, config, repository }: PatientScope): Promise<void> {
  const district = await demoDistrict(tx, clock)
  if (!district) return
  const { district_id, state_id } = district.facility(Object.keys(REGISTERED_AT)[0] ?? '')
  const { rows: homes } = await tx.query<Home>(
    `select w.id as ward_id, w.name as ward, l.id as local_body_id, l.name as local_body from ${LOCAL_BODY} l join ${WARD} w on w.local_body_id = l.id
    where l.district_id = $1 and l.name = any($2) order by array_position($2, l.name), w.number, w.id`,
    [district_id, Object.keys(HOMES)]
  )
  const people = peopleOf(district, clock.now())
  const infos = await repository(PatientMetaInfo).insertMany(
    tx,
    people.map(({ metaInfo }) => metaInfo)
  )
  const made = await repository(Patient).insertMany(
    tx,
    people.map(({ columns }, at) => ({
      ...columns,
      ...(homes.length === 0 ? {} : addressOf(nth(homes, at * 7), at)),
      district_id,
      state_id,
      meta_info_id: infos[at]?.id ?? null,
      allow_transfer: config.allowTransfer
    }))
  )
  const ids = made.map(({ id }) => id)
  await repository(Disease).insertMany(
    tx,
    people.flatMap(({ history: { diseases } }, at) =>
      Object.entries(diseases).map(([disease, details]) => ({ patient_id: ids[at] ?? 0, disease: Number(disease), details }))
    )
  )
  await tx.query(APPEND_HISTORY, [ids])
}

/** The nth patient of all, oldest registration first. */
function peopleOf(district: DemoDistrict, now: Date) {
  const counts: Record<number, number> = {}
  return registrations().map((facilityName, at) => {
    const facility = district.facility(facilityName)
    const forMothers = facilityName === WOMEN_AND_CHILDREN
    const age = nth(forMothers ? AGES_OF_MOTHERS_AND_CHILDREN : AGES, at * 5)
    const gender = (forMothers && age >= 18) || (at * 3) % 7 < 3 ? FEMALE : MALE
    const nthOfGender = counts[gender] ?? 0
    counts[gender] = nthOfGender + 1
    const half = PATIENTS / 2
    const registered =
      at < half ? DAYS - (at * (DAYS - RECENT_DAYS)) / half : RECENT_DAYS - ((at - half) * (RECENT_DAYS - 0.1)) / half
    const date = district.daysAgo(registered)
    const by = facility.staff['demo-staff'] ?? facility.staff['demo-nurse'] ?? district.person('demo-dist-admin')
    const born = birthday(now, age, at)
    const history: MedicalHistory = nth(age < 45 ? HISTORIES_OF_THE_YOUNG : HISTORIES_OF_THE_OLD, at)
    const doses = age < 15 ? 0 : at % 4 === 3 ? 1 : 2
    const antenatal = forMothers && gender === FEMALE && age >= 18 && at % 3 > 0
    return {
      history,
      metaInfo: {
        occupation: nth(OCCUPATIONS_BY_AGE[age < 18 ? 'child' : age < 65 ? 'adult' : 'old'], at),
        socioeconomic_status: nth([20, 30, 20, 10, 30, 40], at),
        domestic_healthcare_support: nth([10, 10, 0, 10, 20], at),
        head_of_household: age > 40 && at % 2 === 0
      },
      columns: {
        external_id: demoUuid('9a711111', at + 1),
        created_date: date,
        modified_date: date,
        date_of_receipt_of_information: date,
        name: `${nth(gender === FEMALE ? WOMEN : MEN, nthOfGender)} ${nth(FAMILIES, nthOfGender * 11 + gender * 5)}`,
        gender,
        phone_number: `+9190001${String(10_000 + at)}`,
        emergency_phone_number: `+9190002${String(10_000 + at)}`,
        date_of_birth: born,
        year_of_birth: Number(born.slice(0, 4)),
        nationality: 'India',
        blood_group: nth(BLOOD_GROUPS, at),
        ration_card_category: nth(['BPL', 'APL', 'APL', 'NO_CARD'], at),
        allergies: history.allergies ?? '',
        ongoing_medication: history.medication ?? '',
        is_antenatal: antenatal,
        last_menstruation_start_date: antenatal ? district.daysAgo(90 + (at % 9) * 18).slice(0, 10) : null,
        is_vaccinated: doses > 0,
        number_of_doses: doses,
        vaccine_name: doses > 0 ? nth(VACCINES.slice(0, 2), at) : null,
        facility_id: facility.id,
        created_by_id: by,
        last_edited_id: by
      }
    }
  })
}

/** The facility of each patient: at any time each facility has its share, to rounding. */
function registrations(): string[] {
  const total = Object.values(REGISTERED_AT).reduce((all, share) => all + share, 0)
  const given: Record<string, number> = {}
  return Array.from({ length: PATIENTS }, (_, at) => {
    const due = (name: string, share: number) => ((at + 1) * share) / total - (given[name] ?? 0)
    const [[name] = ['']] = Object.entries(REGISTERED_AT).sort((one, other) => due(...other) - due(...one))
    given[name] = (given[name] ?? 0) + 1
    return name
  })
}

/** A date of birth that gives this age today. */
function birthday(now: Date, age: number, at: number): string {
  return new Date(Date.UTC(now.getUTCFullYear() - age, now.getUTCMonth(), now.getUTCDate() - 3 - ((at * 53) % 350)))
    .toISOString()
    .slice(0, 10)
}

function addressOf({ ward_id, ward, local_body_id, local_body }: Home, at: number) {
  const { pincode = null, roads = {} } = HOMES[local_body] ?? {}
  const address = `House ${String(((at * 37) % 400) + 1)}, ${roads[ward] ?? ward}, ${local_body}`
  return { ward_id, local_body_id, pincode, address, permanent_address: address, village: local_body }
}
