import type { Tx } from 'care-kernel'
import { DISTRICT, LOCAL_BODY, WARD } from 'care-kernel/contracts/places'
import { RANK } from './enumerations.ts'
import { UserSkill } from './models.ts'
import { hashPassword } from './password-hashes.ts'
import type { AuthScope } from './services.ts'

/** The password of all users of the demo district. */
export const DEMO_PASSWORD = 'Care-Kernel-1'

interface DemoUser {
  readonly username: string
  readonly type: number
  readonly name: readonly [string, string]
  readonly gender: 1 | 2 | 3
  readonly born: string
  /** Columns that differ from the defaults of the demo. */
  readonly extra?: Readonly<Record<string, unknown>>
  /** Names of skills. */
  readonly skills?: readonly string[]
}

const doctor = (qualification: string, since: string, registration: string) => ({
  qualification,
  doctor_experience_commenced_on: since,
  doctor_medical_council_registration: registration,
  weekly_working_hours: 42
})

/** Invented users, one of every useful type; user names have at most the 16 characters that the API allows. */
const USERS: readonly DemoUser[] = [
  {
    username: 'demo-root',
    type: RANK.stateAdmin,
    name: ['Uma', 'Rootveld'],
    gender: 2,
    born: '1979-03-11',
    extra: { is_superuser: true, is_staff: true }
  },
  { username: 'demo-state-admin', type: RANK.stateAdmin, name: ['Saira', 'Menonika'], gender: 2, born: '1981-07-02' },
  { username: 'demo-state-view', type: RANK.stateReadOnlyAdmin, name: ['Tomy', 'Kalathara'], gender: 1, born: '1986-10-19' },
  { username: 'demo-state-lab', type: RANK.stateLabAdmin, name: ['Lekha', 'Varsham'], gender: 2, born: '1984-01-27' },
  { username: 'demo-dist-admin', type: RANK.districtAdmin, name: ['Devan', 'Puzhakkal'], gender: 1, born: '1983-05-15' },
  { username: 'demo-dist-view', type: RANK.districtReadOnlyAdmin, name: ['Nila', 'Thoduvayil'], gender: 2, born: '1990-08-08' },
  { username: 'demo-dist-lab', type: RANK.districtLabAdmin, name: ['Rafi', 'Chempakam'], gender: 1, born: '1988-02-14' },
  { username: 'demo-body-admin', type: RANK.localBodyAdmin, name: ['Gauri', 'Karimthara'], gender: 2, born: '1987-11-30' },
  { username: 'demo-ward-admin', type: RANK.wardAdmin, name: ['Basil', 'Mundayil'], gender: 1, born: '1991-04-21' },
  {
    username: 'demo-doctor',
    type: RANK.doctor,
    name: ['Anju', 'Vellaram'],
    gender: 2,
    born: '1985-09-05',
    extra: doctor('MBBS, MD', '2012-06-01', 'MLY-10245'),
    skills: ['General Medicine', 'Physician']
  },
  {
    username: 'demo-surgeon',
    type: RANK.doctor,
    name: ['Imran', 'Kottadan'],
    gender: 1,
    born: '1978-12-12',
    extra: doctor('MBBS, MS', '2005-08-16', 'MLY-07311'),
    skills: ['General Surgeon']
  },
  {
    username: 'demo-nurse',
    type: RANK.nurse,
    name: ['Sheeba', 'Aruvithara'],
    gender: 2,
    born: '1993-06-18',
    extra: { qualification: 'BSc Nursing', weekly_working_hours: 48 }
  },
  { username: 'demo-nurse-view', type: RANK.nurseReadOnly, name: ['Jiji', 'Poovathur'], gender: 3, born: '1996-03-03' },
  { username: 'demo-staff', type: RANK.staff, name: ['Manu', 'Elavumkal'], gender: 1, born: '1994-07-24' },
  { username: 'demo-staff-view', type: RANK.staffReadOnly, name: ['Reena', 'Pallithara'], gender: 2, born: '1997-01-09' },
  { username: 'demo-volunteer', type: RANK.volunteer, name: ['Kiran', 'Thekkemuri'], gender: 1, born: '2001-10-02' },
  { username: 'demo-pharmacist', type: 3, name: ['Asha', 'Maruthara'], gender: 2, born: '1989-05-28' },
  { username: 'demo-driver', type: 2, name: ['Yohan', 'Vazhiyil'], gender: 1, born: '1982-08-13' }
]

/** The part of the scope that `demo` uses. */
export type DemoScope = Pick<AuthScope, 'config' | 'repository' | 'users'>

/** Users of the demo district, in the first district of the database. The plugin facilities adds memberships and home facilities. */
export async function demo(tx: Tx, { users, repository, config }: DemoScope): Promise<void> {
  const {
    rows: [place]
  } = await tx.query<{
    ward_id: number | null
    local_body_id: number | null
    district_id: number
    state_id: number
  }>(`select d.id as district_id, d.state_id, l.id as local_body_id, w.id as ward_id
    from ${DISTRICT} d left join ${LOCAL_BODY} l on l.district_id = d.id left join ${WARD} w on w.local_body_id = l.id order by d.id, l.id, w.id limit 1`)
  const { rows: known } = await tx.query<{ id: number; name: string }>('select id, name from users_skill where not deleted')
  const password = await hashPassword(DEMO_PASSWORD, config.passwordHash)
  for (const [
    at,
    {
      username,
      type,
      name: [first, last],
      gender,
      born,
      extra,
      skills = []
    }
  ] of USERS.entries()) {
    const id = await users.create(tx, {
      username,
      user_type: type,
      gender,
      phone_number: `+9190000000${String(at + 10)}`,
      date_of_birth: born,
      first_name: first,
      last_name: last,
      email: `${username}@demo.example`,
      password,
      verified: true,
      ...placesOf(type, place),
      ...extra
    })
    await repository(UserSkill).insertMany(
      tx,
      known.filter(({ name }) => skills.includes(name)).map(skill => ({ user_id: id, skill_id: skill.id }))
    )
  }
}

/** Administrators have the place that they administer, all other users the ward. */
function placesOf(
  type: number,
  place: { ward_id: number | null; local_body_id: number | null; district_id: number; state_id: number } | undefined
) {
  if (!place) return {}
  const { ward_id, local_body_id, district_id, state_id } = place
  if (type >= RANK.districtLabAdmin) return { state_id, district_id }
  return { state_id, district_id, local_body_id, ...(type === RANK.localBodyAdmin ? {} : { ward_id }) }
}

/** How to log in to the demo. */
export function welcome(): string[] {
  return [
    `Log in as demo-root, demo-state-admin, demo-dist-admin, demo-doctor, demo-nurse, demo-staff … with the password ${DEMO_PASSWORD}`
  ]
}
