import {
  fakeClock,
  testKernel,
  type Requester,
  type TestContext,
  type TestKernel,
  type TestUser
} from '../../platform/testing/index.ts'
import { FEATURES } from './deployment.ts'

const NOW = new Date('2024-06-12T09:30:00Z')
const BORN = '1990-05-17'

/** Who works in a district, and what they have there. */
export interface District {
  readonly people: Readonly<Record<string, Requester>>
  /** Uuids by the kind of what they name, and keys of users by name of what names them. */
  readonly own: Readonly<Record<string, string>>
}

/** The demo district with something of every kind in it, and a district beside it; nobody of one has business in the other. */
export interface TwoDistricts {
  readonly kernel: TestKernel
  readonly root: Requester
  readonly near: District
  /** Makes the district beside it: later, so that what was there before is all the first one's. */
  beside(): Promise<District>
}

export async function twoDistricts(t: TestContext): Promise<TwoDistricts> {
  const kernel = await testKernel(t, {
    plugins: FEATURES,
    clock: fakeClock(NOW),
    config: {
      security: { rateLimit: false },
      plugins: { 'auth-permissions': { passwordHash: { memoryKiB: 64, passes: 1, lanes: 1 } } }
    }
  })
  await kernel.ports.database?.transaction(async tx => {
    for (const { name, plugin } of kernel.plugins) await plugin.demo?.(tx, kernel.scopes.get(name) ?? {})
  })
  const root = await kernel.as()
  await kernel.sql(`update users_user set email = 'root@example.org', phone_number = '+919811100000' where id = $1`, [
    root.user?.id
  ])
  const [place] = await kernel.sql<{ state_id: number; district_id: number; id: number; uuid: string }>(
    `select state_id, district_id, id, external_id as uuid from facility_facility where name = 'Puzhakkara District Hospital'`
  )
  if (!place) throw new Error('the demo district has no hospital')
  const near = await furnish(kernel, root, 'Near', { ...place })
  return {
    kernel,
    root,
    near,
    async beside() {
      const [district] = await kernel.sql<{ id: number }>(
        `insert into users_district (name, state_id) values ('Beside', $1) returning id`,
        [place.state_id]
      )
      const at = { state_id: place.state_id, district_id: district?.id ?? 0 }
      const made = await answered(
        root.post('/api/v1/facility/', {
          name: 'Besides Hospital',
          facility_type: 'Private Hospital',
          address: 'Beside',
          phone_number: '+914846660001',
          pincode: 680001,
          ...{ state: at.state_id, district: at.district_id, local_body: await localBody(kernel, at.district_id) }
        })
      )
      const [row] = await kernel.sql<{ id: number }>('select id from facility_facility where external_id = $1', [made.id])
      return furnish(kernel, root, 'Beside', { ...at, id: row?.id ?? 0, uuid: made.id })
    }
  }
}

async function localBody(kernel: TestKernel, district: number): Promise<number> {
  const [row] = await kernel.sql<{ id: number }>(
    `insert into users_localbody (name, body_type, district_id) values ('Beside Town', 1, $1) returning id`,
    [district]
  )
  return row?.id ?? 0
}

interface At {
  readonly state_id: number
  readonly district_id: number
  readonly id: number
  readonly uuid: string
}

/** People of every kind at a facility, and through the API one object of every kind that the demo does not have. */
async function furnish(kernel: TestKernel, root: Requester, name: string, at: At): Promise<District> {
  const place = { state_id: at.state_id, district_id: at.district_id }
  const member = async (user: TestUser): Promise<Requester> => {
    const made = await kernel.as({ ...place, home_facility_id: at.id, ...user })
    await kernel.sql('insert into facility_facilityuser (facility_id, user_id, created_by_id) values ($1, $2, $2)', [
      at.id,
      made.user?.id
    ])
    return made
  }
  const people = {
    doctor: await member({ user_type: 15 }),
    nurse: await member({ user_type: 14 }),
    staff: await member({ user_type: 10 }),
    'read-only staff': await member({ user_type: 9 }),
    'read-only nurse': await member({ user_type: 13 }),
    volunteer: await member({ user_type: 5 }),
    'local body admin': await kernel.as({ ...place, user_type: 23 }),
    'lab admin': await kernel.as({ ...place, user_type: 25 }),
    'read-only admin': await kernel.as({ ...place, user_type: 29 }),
    admin: await kernel.as({ ...place, user_type: 30 })
  }
  const { doctor, nurse } = people
  const text = (what: string) => `${name}: ${what} of theirs`
  const post = (url: string, body: object, by: Requester = doctor) => answered(by.post(url, body))
  const patient = await post('/api/v1/patient/', {
    facility: at.uuid,
    name: text('a patient'),
    gender: 2,
    blood_group: 'O+',
    is_antenatal: false,
    date_of_birth: BORN,
    phone_number: name === 'Near' ? '+919876511111' : '+919876522222',
    emergency_phone_number: name === 'Near' ? '+919876511112' : '+919876522223',
    address: text('an address'),
    medical_history: [{ disease: 'OTHER', details: text('an illness') }],
    meta_info: { occupation: 'TEACHER' },
    ...{ state: at.state_id, district: at.district_id }
  })
  const consultation = await post('/api/v1/consultation/', {
    patient: patient.id,
    suggestion: 'HI',
    route_to_facility: 10,
    category: 'Stable',
    patient_no: `${name}-1`,
    treating_physician: doctor.user?.id,
    encounter_date: '2024-06-01T10:00:00+05:30',
    history_of_present_illness: text('a history'),
    create_diagnoses: [{ diagnosis: await diagnosis(kernel), is_principal: true, verification_status: 'confirmed' }],
    create_symptoms: [{ symptom: 9, other_symptom: text('a symptom'), onset_date: '2024-05-28' }]
  })
  const of = `/api/v1/consultation/${consultation.id}`
  const round = await post(`${of}/daily_rounds/`, {
    rounds_type: 'NORMAL',
    taken_at: '2024-06-02T10:00:00+05:30',
    patient_category: 'Stable',
    other_details: text('a round')
  })
  const consent = await post(`${of}/consents/`, { type: 1 }, nurse)
  const note = await post(`/api/v1/patient/${patient.id}/notes/`, { note: text('a note'), thread: 10 })
  const file = await post('/api/v1/files/', {
    file_type: 'CONSULTATION',
    associating_id: consultation.id,
    name: text('a file'),
    original_name: 'scan.pdf',
    mime_type: 'application/pdf'
  })
  const shift = await post('/api/v1/shift/', {
    patient: patient.id,
    origin_facility: at.uuid,
    status: 'PENDING',
    assigned_facility_external: text('a destination'),
    reason: text('a reason'),
    refering_facility_contact_name: text('a contact')
  })
  await post(`/api/v1/shift/${shift.id}/comment/`, { comment: text('a comment on a shift') })
  const resource = await post('/api/v1/resource/', {
    status: 'PENDING',
    category: 'OXYGEN',
    sub_category: 110,
    title: text('a title'),
    reason: text('a need'),
    origin_facility: at.uuid,
    approving_facility: at.uuid
  })
  await post(`/api/v1/resource/${resource.id}/comment/`, { comment: text('a comment on a request') })
  const sample = await post('/api/v1/test_sample/', {
    patient: patient.id,
    icmr_label: text('a label'),
    doctor_name: text('a doctor'),
    diagnosis: text('a finding'),
    notes: text('a remark')
  })
  const [reported] = await kernel.sql<{ id: number }>(
    `insert into facility_patientexternaltest (external_id, created_date, modified_date, deleted, srf_id, name, age, age_in, gender, address, mobile_number, is_repeat,
      patient_status, lab_name, test_type, sample_type, result, patient_created, district_id, local_body_id)
    select gen_random_uuid(), now(), now(), false, $1, $2, 30, 'years', 'm', $3, $4, false, 'well', 'lab', 'RTPCR', 'swab', $6, false, $5, l.id
    from users_localbody l where l.district_id = $5 order by l.id limit 1 returning id`,
    [
      text('a request'),
      text('a person'),
      text('a street'),
      name === 'Near' ? '9876533331' : '9876533332',
      at.district_id,
      text('a result')
    ]
  )
  const facility = `/api/v1/facility/${at.uuid}`
  await post(`${facility}/patient_stats/`, { entry_date: '2024-06-03', num_patients_visited: 3 })
  const hub = await answered(
    root.post('/api/v1/facility/', {
      name: text('a hub'),
      facility_type: 'Private Hospital',
      address: text('another address'),
      phone_number: name === 'Near' ? '+914842345670' : '+914842345671',
      pincode: 680002,
      state: at.state_id,
      district: at.district_id,
      local_body: (await kernel.sql<{ id: number }>('select id from users_localbody where district_id = $1', [at.district_id]))[0]
        ?.id
    })
  )
  await post(`${facility}/spokes/`, { spoke: hub.id }, root)
  const [skill] = await kernel.sql<{ id: string }>('select external_id as id from users_skill order by id limit 1')
  await post(`/api/v1/users/${doctor.user?.username}/skill/`, { skill: skill?.id })
  if (name === 'Beside') {
    await post(`${facility}/capacity/`, { room_type: 100, total_capacity: 5, current_capacity: 1 })
    await post(`${facility}/hospital_doctor/`, { area: 1, count: 5 })
  }
  await kernel.settle()
  await kernel.sql(
    `update users_user set first_name = $1 || id, last_name = 'of ' || $1 || id, email = $1 || id || '@example.org', phone_number = $2 || lpad(id::text, 5, '0')
    where email = 'test@example.org' and district_id = $3`,
    [name, name === 'Near' ? '+9198111' : '+9198222', at.district_id]
  )
  const [event] = await kernel.sql<{ id: number }>(
    'select e.id from facility_patientconsultationevent e join facility_patientconsultation c on c.id = e.consultation_id where c.external_id = $1 limit 1',
    [consultation.id]
  )
  const [notification] = await kernel.sql<{ id: string }>(
    'select n.external_id as id from facility_notification n join users_user u on u.id = n.intended_for_id where u.email like $1 limit 1',
    [`${name}%@example.org`]
  )
  return {
    people,
    own: {
      patient: patient.id,
      consultation: consultation.id,
      round: round.id,
      consent: consent.id,
      note: note.id,
      file: file.id,
      shift: shift.id,
      resource: resource.id,
      test_sample: sample.id,
      external_result: String(reported?.id ?? ''),
      facility: at.uuid,
      hub: hub.id,
      event: String(event?.id ?? ''),
      user: doctor.user?.username ?? '',
      notification: notification?.id ?? '',
      skill: skill?.id ?? ''
    }
  }
}

async function diagnosis(kernel: TestKernel): Promise<number> {
  const [found] = await kernel.sql<{ id: number }>(`select id from facility_icd11diagnosis order by id limit 1`)
  if (found) return found.id
  await kernel.sql(
    `insert into facility_icd11diagnosis (id, icd11_id, label, class_kind, is_leaf, average_depth, is_adopted_child, breadth_value, meta_hidden, meta_chapter, meta_chapter_short)
    values (257068234, 'a', '1A00 Cholera', 'category', true, 2, false, 0, false, '01 Infections', 'Infection and parasites ')`
  )
  return 257_068_234
}

async function answered(sent: Promise<{ status: number; text: string; body: unknown }>): Promise<{ readonly id: string }> {
  const { status, text, body } = await sent
  if (status !== 201) throw new Error(`${status} ${text}`)
  return body as { id: string }
}
