import type { Tx } from 'care-kernel'
import { USER } from 'care-kernel/contracts/auth-permissions'
import { LOCAL_BODY, WARD } from 'care-kernel/contracts/places'
import { demoUuid } from './district.ts'
import { FacilityCapacity, FacilityHubSpoke, HospitalDoctors } from '../models.ts'
import type { FacilityScope } from '../services.ts'

interface DemoFacility {
  readonly name: string
  readonly type: number
  /** Which local body of the district, and which of its wards. */
  readonly at: readonly [localBody: number, ward: number]
  readonly features?: number[]
  readonly oxygen?: number
  readonly kasp?: boolean
  /** Room type → beds in all, beds taken. */
  readonly beds?: Readonly<Record<number, readonly [total: number, taken: number]>>
  /** Area → doctors. */
  readonly doctors?: Readonly<Record<number, number>>
  /** Position of its hub in this list. */
  readonly hub?: number
  readonly staff?: readonly string[]
}

/** Invented facilities. A facility refers patients to its hub. */
const FACILITIES: readonly DemoFacility[] = [
  {
    name: 'Puzhakkara District Hospital',
    type: 860,
    at: [3, 0],
    features: [1, 2, 3, 4, 5, 6],
    oxygen: 4000,
    kasp: true,
    beds: { 100: [24, 17], 200: [180, 131], 300: [60, 38], 400: [20, 6] },
    doctors: { 1: 9, 3: 3, 8: 2, 16: 5, 26: 4, 32: 3, 12: 4, 48: 110 },
    staff: [
      'demo-doctor',
      'demo-surgeon',
      'demo-nurse',
      'demo-nurse-view',
      'demo-staff',
      'demo-staff-view',
      'demo-pharmacist',
      'demo-dist-admin'
    ]
  },
  {
    name: 'Malayoram Medical College Hospital',
    type: 870,
    at: [3, 2],
    features: [1, 2, 3, 4, 5, 6],
    oxygen: 12000,
    kasp: true,
    beds: { 100: [60, 51], 200: [420, 388], 300: [140, 97], 400: [36, 12] },
    doctors: { 1: 22, 3: 9, 7: 3, 8: 6, 16: 14, 24: 4, 33: 4, 48: 320 },
    staff: ['demo-surgeon']
  },
  {
    name: 'Thekkumkara Taluk Hospital',
    type: 830,
    at: [0, 0],
    features: [2, 3, 5],
    oxygen: 900,
    kasp: true,
    beds: { 100: [6, 4], 200: [72, 49], 300: [18, 9] },
    doctors: { 1: 4, 16: 2, 26: 2, 48: 31 },
    hub: 0,
    staff: ['demo-doctor', 'demo-nurse']
  },
  {
    name: 'Vadakkemala Community Health Centre',
    type: 803,
    at: [1, 0],
    features: [3],
    oxygen: 240,
    beds: { 200: [30, 14], 300: [6, 2] },
    doctors: { 1: 2, 22: 1, 48: 9 },
    hub: 2,
    staff: ['demo-volunteer']
  },
  {
    name: 'Kizhakkethode Community Health Centre',
    type: 803,
    at: [2, 1],
    features: [2, 3],
    oxygen: 200,
    beds: { 200: [24, 11], 400: [4, 0] },
    doctors: { 1: 2, 26: 1, 48: 8 },
    hub: 2
  },
  {
    name: 'Riverside Family Health Centre',
    type: 802,
    at: [0, 2],
    beds: { 200: [8, 3] },
    doctors: { 14: 2, 48: 4 },
    hub: 2,
    staff: ['demo-volunteer']
  },
  { name: 'Hill Top Primary Health Centre', type: 800, at: [1, 3], beds: { 200: [6, 1] }, doctors: { 22: 1, 48: 3 }, hub: 3 },
  { name: 'Market Primary Health Centre', type: 800, at: [2, 0], doctors: { 22: 1, 48: 2 }, hub: 4 },
  {
    name: 'Amma Women and Child Hospital',
    type: 840,
    at: [3, 1],
    features: [2, 4, 5],
    oxygen: 500,
    kasp: true,
    beds: { 100: [8, 5], 200: [64, 40] },
    doctors: { 4: 4, 26: 6, 54: 2, 48: 38 },
    hub: 1
  },
  {
    name: 'Nilavu Private Hospital',
    type: 2,
    at: [3, 3],
    features: [1, 3, 5, 6],
    oxygen: 1500,
    beds: { 100: [14, 13], 200: [90, 71], 300: [22, 20], 500: [10, 4] },
    doctors: { 1: 6, 8: 2, 16: 3, 32: 2, 48: 54 }
  },
  { name: 'Puzhakkara Public Health Laboratory', type: 9, at: [3, 0], doctors: { 35: 2 } },
  { name: 'Puzhakkara Shifting Desk', type: 1300, at: [3, 0], staff: ['demo-dist-admin', 'demo-staff'] },
  { name: 'Puzhakkara War Room', type: 1600, at: [3, 0], staff: ['demo-dist-admin'] }
]

/** Facilities of the demo district and the memberships of its users; does nothing where the demo users are missing. */
export async function demo(tx: Tx, { facilities, repository, 'auth-permissions': { users } }: FacilityScope): Promise<void> {
  const { rows: people } = await tx.query<{ id: number; username: string; district_id: number }>(
    `select id, username, district_id from ${USER} where username like 'demo-%' order by id`
  )
  const admin = people.find(({ username }) => username === 'demo-dist-admin')
  if (!admin) return
  const { rows: bodies } = await tx.query<{ id: number; wards: number[] }>(
    `select l.id, array(select w.id::integer from ${WARD} w where w.local_body_id = l.id order by w.number, w.id) as wards from ${LOCAL_BODY} l where l.district_id = $1 order by l.id`,
    [admin.district_id]
  )
  const ids: number[] = []
  for (const [
    at,
    {
      name,
      type,
      at: [body, ward],
      features = [],
      oxygen = 0,
      kasp = false,
      beds = {},
      doctors = {},
      hub,
      staff = []
    }
  ] of FACILITIES.entries()) {
    const place = bodies[body % Math.max(1, bodies.length)]
    const { id } = await facilities.create(
      tx,
      admin.id,
      {
        name,
        facility_type: type,
        address: `${String(at + 3)} Demo Road`,
        phone_number: `+91484200${String(1000 + at)}`,
        pincode: 690_001 + at,
        district: admin.district_id,
        local_body: place?.id ?? null,
        ward: place?.wards[ward] ?? null,
        features,
        kasp_empanelled: kasp,
        oxygen_capacity: oxygen,
        expected_oxygen_requirement: Math.round(oxygen / 4),
        type_b_cylinders: Math.round(oxygen / 200),
        type_c_cylinders: Math.round(oxygen / 400),
        type_d_cylinders: Math.round(oxygen / 100),
        latitude: (10.1 + at / 50).toFixed(7),
        longitude: (76.2 + at / 70).toFixed(7)
      },
      { external_id: demoUuid('fac11111', at + 1) }
    )
    ids.push(id)
    for (const [room, [total, current]] of Object.entries(beds))
      await repository(FacilityCapacity).insert(tx, {
        facility_id: id,
        room_type: Number(room),
        total_capacity: total,
        current_capacity: current
      })
    for (const [area, count] of Object.entries(doctors))
      await repository(HospitalDoctors).insert(tx, { facility_id: id, area: Number(area), count })
    const hubId = hub === undefined ? undefined : ids[hub]
    if (hubId !== undefined) await repository(FacilityHubSpoke).insert(tx, { hub_id: hubId, spoke_id: id })
    for (const username of staff) {
      const person = people.find(other => other.username === username)
      if (person) await facilities.addMember(tx, { facilityId: id, userId: person.id, by: admin.id })
    }
  }
  const [home] = ids
  const atHome = new Set(FACILITIES[0]?.staff?.filter(username => username !== 'demo-dist-admin'))
  for (const { id, username } of people) if (home !== undefined && atHome.has(username)) await users.setHomeFacility(tx, id, home)
}
