import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { defineContract, definePlugin } from 'care-kernel'
import { actorOf, invalid } from 'care-kernel/rest'
import { consultations } from 'care-kernel/contracts/consultations'
import { patients } from 'care-kernel/contracts/patients'
import { commands } from '../../plugins/consultations/commands.ts'
import { at, clinic, ICD, type Clinic } from './clinic.ts'
import { demoDistrict } from './demo-district.ts'

interface Event {
  readonly event_type: { readonly name: string }
  readonly value: Record<string, unknown>
  readonly is_latest: boolean
  readonly change_type: string
  readonly caused_by: { readonly id: number }
}
const results = <T>(body: unknown) => (body as { results: T[] }).results
const events = async ({ doctor }: Clinic, id: string, query = '') =>
  results<Event>((await doctor.get(at(id, `events/?limit=100${query}`))).body)

t.test('a consultation begins: it, its parts, its events and the patient in one transaction', async t => {
  const world = await clinic(t)
  const { kernel, doctor, begin, body, patient } = world
  const { id, patient: of } = await begin({
    action: 'PENDING',
    review_interval: 60,
    is_kasp: true,
    bed_number: '12',
    previous_consultation: 7,
    has_consents: [1],
    create_symptoms: [
      { symptom: 9, other_symptom: 'Itching', onset_date: '2024-05-01' },
      { symptom: 2, onset_date: '2024-05-01', cure_date: '2024-05-03' }
    ]
  })
  const { body: made } = await doctor.get(at(id))
  t.match(made, {
    category: 'Mild',
    suggestion: 'HI',
    suggestion_text: 'HOME ISOLATION',
    patient: of,
    bed_number: null,
    previous_consultation: null,
    has_consents: [],
    height: 172.5,
    current_bed: null,
    transferred_from_location_object: null,
    discharge_prescription: [],
    diagnoses: [{ diagnosis_object: { label: '1A00 Cholera', chapter: 'Infection and parasites ' }, is_principal: true }],
    symptoms: [{ clinical_impression_status: 'in-progress' }, { clinical_impression_status: 'completed' }],
    kasp_enabled_date: String
  })
  const { body: seen } = await doctor.get(`/api/v1/patient/${of}/`)
  t.match(
    seen,
    { action: 20, is_active: true, review_time: String, last_consultation: made as object },
    'the same object in the patient'
  )
  const told = await events(world, id)
  t.same(
    told.map(({ event_type: { name } }) => name).sort(),
    [
      'CATEGORY',
      'DIAGNOSIS',
      'EXAMINATION',
      'HEIGHT',
      'PATIENT_NO',
      'ROUTE_TO_FACILITY',
      'SUGGESTION',
      'SYMPTOMS',
      'SYMPTOMS',
      'TREATING_PHYSICIAN',
      'WEIGHT'
    ],
    'one per type that says something; medico-legal case is false, notes are empty'
  )
  t.match(told.find(({ event_type: { name } }) => name === 'DIAGNOSIS')?.value, {
    diagnosis__label: '1A00 Cholera',
    verification_status: 'Confirmed',
    is_principal: true
  })

  const again = await doctor.post('/api/v1/consultation/', body(of))
  t.same([again.status, again.body], [400, { consultation: 'Exists please Edit Existing Consultation' }])
  const fresh = await patient()
  const before = await kernel.sql('select count(*)::int as n from facility_patientconsultation')
  await kernel.sql(`create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;`)
  await kernel.sql(
    'create trigger refuse before insert on facility_patientconsultationevent for each row execute function refuse()'
  )
  t.equal((await doctor.post('/api/v1/consultation/', body(fresh))).status, 500)
  await kernel.sql('drop trigger refuse on facility_patientconsultationevent')
  t.same(await kernel.sql('select count(*)::int as n from facility_patientconsultation'), before, 'whole or not at all')
  t.match((await doctor.get(`/api/v1/patient/${fresh}/`)).body, { last_consultation: null, action: 10 })
})

t.test('of two hundred at once one consultation is open', async t => {
  const { kernel, doctor, patient, body } = await clinic(t)
  const of = await patient()
  const answers = await Promise.all(
    Array.from({ length: 200 }, () => doctor.post('/api/v1/consultation/', body(of)).then(({ status }) => status))
  )
  t.equal(answers.filter(status => status === 201).length, 1)
  t.equal(answers.filter(status => status === 400).length, 199, 'the others are told, none fails')
  t.same(
    await kernel.sql(
      `select count(*)::int as open, count(distinct p.last_consultation_id)::int as last from facility_patientconsultation c
      join facility_patientregistration p on p.id = c.patient_id where c.discharge_date is null`
    ),
    [{ open: 1, last: 1 }]
  )
})

t.test('moving a patient and discharging at once ends the consultation once, and nobody waits in a circle', async t => {
  const world = await clinic(t)
  const { kernel, doctor, begin, beside, south, staff } = world
  const other = await staff(15, beside, south)
  const { id, patient } = await begin()
  await kernel.sql('update facility_patientregistration set allow_transfer = true')
  const [moved, ...ended] = await Promise.all([
    other.post(`/api/v1/patient/${patient}/transfer/`, { facility: beside.external_id }),
    ...Array.from({ length: 10 }, () =>
      doctor.post(at(id, 'discharge_patient/'), { new_discharge_reason: 1, discharge_date: '2024-06-10T10:00:00+05:30' })
    )
  ])
  t.equal(moved.status, 200)
  t.ok(ended.filter(({ status }) => status === 200).length <= 1)
  t.ok(
    // Ended already, or no longer at a hospital of the doctor's.
    ended.every(({ status }) => [200, 400, 403, 404].includes(status)),
    ended.map(({ status }) => status).join(' ')
  )
  const [row] = await kernel.sql<{ discharged: boolean }>(
    'select discharge_date is not null as discharged from facility_patientconsultation where external_id = $1',
    [id]
  )
  t.ok(row?.discharged)
})

t.test('who sees and changes what', async t => {
  const world = await clinic(t)
  const { kernel, as, begin, staff, north, south, state, beside, doctor, patient, body } = world
  const { id } = await begin()
  const admin = (type: number, district: number) => as({ user_type: type, district_id: district, state_id: state })
  const people = {
    nurse: await staff(14),
    staff: await staff(10),
    readOnly: await staff(13),
    elsewhere: await staff(15, beside, south),
    district: await admin(30, north),
    otherDistrict: await admin(30, south),
    labAdmin: await admin(25, north),
    otherState: await as({
      user_type: 40,
      state_id: (await kernel.sql<{ id: number }>("insert into users_state (name) values ('Other') returning id"))[0]?.id ?? 0
    }),
    state: await admin(40, south),
    nowhere: await as({ user_type: 15 }),
    unverified: await as({ user_type: 15, verified: false })
  }
  const paths = {
    detail: at(id),
    symptoms: at(id, 'symptoms/'),
    diagnoses: at(id, 'diagnoses/'),
    events: at(id, 'events/'),
    consents: at(id, 'consents/'),
    rounds: at(id, 'daily_rounds/')
  }
  const expected: Record<keyof typeof people, readonly number[]> = {
    nurse: [200, 200, 200, 200, 200, 200],
    staff: [200, 200, 200, 200, 200, 403],
    readOnly: [200, 200, 200, 200, 200, 200],
    elsewhere: [404, 404, 404, 404, 404, 403],
    district: [200, 200, 200, 200, 200, 200],
    otherDistrict: [404, 404, 404, 404, 404, 403],
    labAdmin: [200, 200, 200, 200, 200, 200],
    otherState: [404, 404, 404, 404, 404, 403],
    state: [200, 200, 200, 200, 200, 200],
    nowhere: [404, 404, 404, 404, 404, 403],
    unverified: [403, 403, 403, 404, 403, 403]
  }
  for (const [who, person] of Object.entries(people)) {
    const statuses = []
    for (const path of Object.values(paths)) statuses.push((await person.get(path)).status)
    t.same(statuses, expected[who as keyof typeof people], who)
    const { status, body: page } = await person.get('/api/v1/consultation/')
    if (status === 200)
      t.equal((page as { count: number }).count, expected[who as keyof typeof people][0] === 200 ? 1 : 0, `list of ${who}`)
  }
  t.equal((await kernel.get(paths.detail)).status, 401)
  t.equal((await kernel.get(paths.events)).status, 403)

  for (const [who, status] of [
    ['nurse', 200],
    ['staff', 403],
    ['readOnly', 403],
    ['elsewhere', 404],
    ['district', 200],
    ['otherDistrict', 404]
  ] as const) {
    t.equal((await people[who].patch(at(id), { weight: 71 })).status, status, `change by ${who}`)
    t.equal((await people[who].delete(at(id))).status, status === 403 ? 403 : 405, `no removal by ${who}`)
  }
  t.same((await people.elsewhere.post('/api/v1/consultation/', body(await patient()))).body, {
    facility: 'Consultation creates are only allowed in home facility'
  })

  t.equal((await people.nurse.patch(at(id), { assigned_to: people.nowhere.user.id })).status, 200)
  t.equal((await people.nowhere.get(at(id))).status, 200, 'whoever is asked to look after the patient sees it')
  t.match((await people.nowhere.get('/api/v1/consultation/')).body, { count: 1 })

  await doctor.post(at(id, 'discharge_patient/'), { new_discharge_reason: 1, discharge_date: '2024-06-10T10:00:00+05:30' })
  const linked = await as({ user_type: 15 })
  await kernel.sql('insert into facility_facilityuser (created_by_id, facility_id, user_id) values ($1, $2, $1)', [
    linked.user.id,
    world.home.id
  ])
  t.match(
    (await linked.get('/api/v1/consultation/')).body,
    { count: 0 },
    'after the discharge those at home there see it still, members do not'
  )
  t.match((await people.nurse.get('/api/v1/consultation/')).body, { count: 1 })
})

t.test('lists and single reads cost the same whatever they hold', async t => {
  const { kernel, doctor, begin } = await clinic(t)
  const { id } = await begin()
  const grow = async (rows: number) => {
    for (const [table, order] of [
      ['facility_consultationdiagnosis', 'x'],
      ['facility_encountersymptom', 'x'],
      ['facility_patientconsultation', 'c']
    ] as const) {
      const columns = (
        await kernel.sql<{ name: string }>(
          `select column_name as name from information_schema.columns where table_name = '${table}' and column_name not in ('id', 'external_id', 'diagnosis_id', 'is_principal')`
        )
      ).map(({ name }) => `"${name}"`)
      if (table === 'facility_consultationdiagnosis') {
        await kernel.sql(
          `insert into facility_icd11diagnosis select n, 'e' || n, 'ZZ' || n || ' Entry', 'category', true, 1, false, 0, false, 'X' from generate_series(1, $1::int) n on conflict do nothing`,
          [rows]
        )
        await kernel.sql(
          `insert into ${table} (external_id, diagnosis_id, is_principal, ${columns.join(', ')}) select gen_random_uuid(), n, false, ${columns.join(', ')}
          from (select * from ${table} order by id limit 1) ${order}, generate_series(1, $1::int) n on conflict do nothing`,
          [rows]
        )
      } else
        await kernel.sql(
          `insert into ${table} (external_id, ${columns.join(', ')}) select gen_random_uuid(), ${columns.join(', ')} from (select * from ${table} order by id limit 1) ${order}, generate_series(1, $1::int)`,
          [rows]
        )
    }
  }
  const costs = async () => {
    const all: Record<string, number> = {}
    for (const path of [
      '/api/v1/consultation/?limit=100',
      at(id),
      at(id, 'diagnoses/?limit=100'),
      at(id, 'symptoms/?limit=100&is_cured=false'),
      at(id, 'events/?limit=100'),
      at(id, 'consents/'),
      '/api/v1/event_types/?limit=100',
      '/api/v1/icd/?query=cholera',
      `/api/v1/icd/${String(ICD.cholera)}/`
    ])
      all[path] = await kernel.statements(async () => t.equal((await doctor.get(path)).status, 200, path))
    return all
  }
  await costs()
  const first = await costs()
  t.same(
    Object.values(first),
    [1, 1, 2, 2, 2, 2, 1, 1, 1],
    'a list is one statement, one more finds the consultation of a nested path'
  )
  await grow(13)
  t.same(await costs(), first, 'with 14 rows')
  await grow(86)
  t.same(await costs(), first, 'with 100 rows')
})

t.test('changing it, and that it has ended', async t => {
  const world = await clinic(t)
  const { doctor, begin, kernel, patient, body, staff } = world
  const { id, patient: of } = await begin({ assigned_to: doctor.user.id })
  const refused = async (change: object, answer: object) => t.same((await doctor.patch(at(id), change)).body, answer)
  await refused(
    { suggestion: 'A', treating_physician: doctor.user.id },
    { patient_no: ['This field is required for admission.'] }
  )
  await refused(
    { suggestion: 'HI' },
    { treating_physician: ["This field is required as the suggestion is not 'Declared Death'"] }
  )
  await refused(
    { treating_physician: (await staff(14)).user.id },
    { non_field_errors: ['Only Doctors can verify a Consultation'] }
  )
  await refused(
    { create_symptoms: [{ symptom: 2, onset_date: '2024-05-01' }] },
    { create_symptoms: ['Bulk create symptoms is not allowed on update'] }
  )
  await refused({ height: -1 }, { height: ['Ensure this value is greater than or equal to 0.'] })
  await refused(
    { suggestion: 'R', treating_physician: doctor.user.id },
    { referred_to: ['This field is required as the suggestion is R.'] }
  )

  const changed = await doctor.patch(at(id), {
    weight: '80.5',
    consultation_notes: 'n',
    review_interval: -1,
    patient: of,
    discharge_date: '2024-06-02'
  })
  t.match(changed.body, { weight: 80.5, consultation_notes: 'n', last_updated_by_telemedicine: true, discharge_date: null })
  t.match((await doctor.get(`/api/v1/patient/${of}/`)).body, { review_time: null })
  const weights = (await events(world, id)).filter(({ event_type: { name } }) => name === 'WEIGHT')
  t.match(weights, [
    { value: { weight: 80.5 }, is_latest: true, change_type: 'UPDATED' },
    { value: { weight: 70 }, is_latest: false, change_type: 'CREATED' }
  ])
  t.equal((await events(world, id, '&is_latest=true')).length, 11, 'only what changed is told again')
  await doctor.patch(at(id), { weight: 80.5 })
  t.equal(
    (await events(world, id)).filter(({ event_type: { name } }) => name === 'WEIGHT').length,
    2,
    'what did not change is not'
  )

  const end = { new_discharge_reason: 3, discharge_date: '2024-06-09T10:00:00+05:30' }
  const discharge = (values: object) => doctor.post(at(id, 'discharge_patient/'), values)
  t.same((await discharge(end)).body, { death_datetime: ['This field is required'] })
  t.same((await discharge({ ...end, death_datetime: '2999-01-01' })).body, {
    death_datetime: ['This field value cannot be in the future.']
  })
  t.same((await discharge({ ...end, death_datetime: '2024-06-02T10:00:00' })).body, {
    death_confirmed_doctor: ['This field is required']
  })
  const ended = await discharge({ ...end, death_datetime: '2024-06-02T10:00:00', death_confirmed_doctor: 'Dr X' })
  t.same([ended.status, ended.text], [200, ''])
  t.match((await doctor.get(at(id))).body, {
    discharge_date: '2024-06-02T10:00:00+05:30',
    death_datetime: '2024-06-02T10:00:00+05:30',
    new_discharge_reason: 3
  })
  t.match((await doctor.get(`/api/v1/patient/${of}/`)).body, {
    is_active: false,
    allow_transfer: true,
    death_datetime: '2024-06-02T10:00:00+05:30'
  })
  t.same(
    (await events(world, id))
      .filter(({ change_type: type }) => type === 'UPDATED')
      .map(({ event_type: { name } }) => name)
      .sort(),
    ['CONSULTATION_NOTES', 'DEATH', 'DISCHARGE', 'WEIGHT']
  )
  t.equal((await discharge({ ...end, new_discharge_reason: 1 })).status, 400, 'it ends once')
  t.same((await doctor.patch(at(id), { weight: 1 })).body, { consultation: ['Discharged Consultation data cannot be updated'] })
  t.match((await doctor.patch(at(id), { medico_legal_case: true, weight: 1 })).body, { medico_legal_case: true, weight: 80.5 })

  const op = await patient()
  const made = await doctor.post('/api/v1/consultation/', body(op, { suggestion: 'OP', patient_no: '' }))
  t.match(made.body, { discharge_date: String, new_discharge_reason: null })
  t.match((await doctor.get(`/api/v1/patient/${op}/`)).body, { is_active: false, allow_transfer: true })
  const admission = { suggestion: 'A', patient_no: 'IP-1' }
  const [first] = await kernel.sql<{ id: number }>(
    `update facility_patientconsultation set suggestion = 'A', discharge_date = '2024-06-10' where external_id = $1 returning id`,
    [(made.body as { id: string }).id]
  )
  t.match((await doctor.post('/api/v1/consultation/', body(op, { ...admission, encounter_date: '2024-07-01T00:00:00Z' }))).body, {
    is_readmission: true,
    previous_consultation: first?.id
  })
})

t.test('diagnoses: one of a kind, one principal, and what is refuted is not', async t => {
  const world = await clinic(t)
  const { doctor, begin } = world
  const { id } = await begin()
  const add = (diagnosis: number, more: object = {}) =>
    doctor.post(at(id, 'diagnoses/'), { diagnosis, verification_status: 'provisional', ...more })
  t.same((await add(ICD.cholera)).body, { diagnosis: ['Diagnosis already exists for consultation'] })
  t.same((await add(1)).body, { diagnosis: ['Invalid pk "1" - object does not exist.'] })
  t.same((await add(ICD.typhoid, { verification_status: 'refuted' })).body, {
    verification_status: ['Verification status not allowed']
  })
  t.match((await add(ICD.typhoid, { is_principal: true })).body, { is_principal: [/already has a principal/] })
  const many = await Promise.all(Array.from({ length: 20 }, () => add(ICD.typhoid)))
  t.equal(many.filter(({ status }) => status === 201).length, 1)
  t.ok(many.every(({ status }) => status === 201 || status === 400))
  const typhoid = (many.find(({ status }) => status === 201)?.body as { id: string }).id
  const cholera = results<{ id: string; diagnosis: number }>((await doctor.get(at(id, 'diagnoses/'))).body).find(
    ({ diagnosis }) => diagnosis === ICD.cholera
  )?.id
  t.same((await doctor.patch(at(id, `diagnoses/${typhoid}/`), { diagnosis: ICD.asthma })).body, {
    diagnosis: ['Diagnosis cannot be changed']
  })
  t.match((await doctor.patch(at(id, `diagnoses/${cholera ?? ''}/`), { verification_status: 'refuted' })).body, {
    verification_status: 'refuted',
    is_principal: false
  })
  t.match((await doctor.patch(at(id, `diagnoses/${cholera ?? ''}/`), { is_principal: true })).body, { is_principal: [/Refuted/] })
  t.match((await doctor.patch(at(id, `diagnoses/${typhoid}/`), { is_principal: true })).body, { is_principal: true })
  t.match(
    (await events(world, id)).filter(({ event_type: { name }, is_latest: latest }) => name === 'DIAGNOSIS' && latest),
    { length: 2 },
    'of each diagnosis one event is the latest'
  )
})

t.test('symptoms: active once, cured or in error, never gone', async t => {
  const world = await clinic(t)
  const { kernel, doctor, begin, staff } = world
  const { id } = await begin()
  const add = (symptom: number, more: object = {}) =>
    doctor.post(at(id, 'symptoms/'), { symptom, onset_date: '2024-05-01', ...more })
  t.same((await add(4)).body, { symptom: ['An active symptom with the same details already exists'] })
  t.same((await add(9)).body, { other_symptom: ['Other symptom should not be empty when symptom type is OTHERS'] })
  t.same((await add(2, { other_symptom: 'x' })).body, {
    other_symptom: ['Other symptom should be empty when symptom type is not OTHERS']
  })
  t.same((await add(2, { onset_date: '2999-01-01' })).body, { onset_date: ['Onset date cannot be in the future'] })
  t.same((await add(2, { cure_date: '2024-04-01' })).body, { cure_date: ['Cure date should be after onset date'] })
  t.same((await add(99)).body, { symptom: ['"99" is not a valid choice.'] })
  const { body: made } = await add(9, { other_symptom: 'Itching' })
  const { id: key } = made as { id: string }
  t.same((await add(9, { other_symptom: ' itching ' })).body, {
    symptom: ['An active symptom with the same details already exists']
  })
  t.match((await doctor.patch(at(id, `symptoms/${key}/`), { cure_date: '2024-05-03' })).body, {
    clinical_impression_status: 'completed',
    updated_by: { id: doctor.user.id }
  })
  t.match((await doctor.patch(at(id, `symptoms/${key}/`), { symptom: 8 })).body, { symptom: 8, other_symptom: '' })
  t.match((await doctor.get(at(id, 'symptoms/?is_cured=true'))).body, { count: 1 })
  t.equal((await (await staff(14)).delete(at(id, `symptoms/${key}/`))).status, 403, 'only by its creator')
  t.equal((await doctor.delete(at(id, `symptoms/${key}/`))).status, 204)
  t.match((await doctor.get(at(id, `symptoms/${key}/`))).body, { clinical_impression_status: 'entered-in-error' })
  t.match((await events(world, id)).find(({ event_type: { name } }) => name === 'SYMPTOMS')?.value, {
    clinical_impression_status: 'Entered in Error',
    symptom: 'Vomiting'
  })
  t.same(await kernel.sql('select count(*)::int as n from facility_encountersymptom where deleted'), [{ n: 0 }])
})

t.test('consents: one of a kind is current', async t => {
  const { doctor, begin, as, north, state, beside, staff, south } = await clinic(t)
  const { id } = await begin()
  const add = (values: object, by = doctor) => by.post(at(id, 'consents/'), values)
  t.same((await add({ type: 2 })).body, { patient_code_status: ['This field is required for Patient Code Status Consent'] })
  t.same((await add({ type: 1, patient_code_status: 1 })).body, {
    patient_code_status: ['This field is not required for this type of Consent']
  })
  t.same((await add({ type: 2, patient_code_status: 0 })).body, {
    patient_code_status: ['Specify a correct Patient Code Status for the Consent']
  })
  t.same((await add({ type: 1 }, await as({ user_type: 25, district_id: north, state_id: state }))).body, {
    non_field_errors: ['Only Home Facility Staff can create consent for a Consultation']
  })
  t.equal((await add({ type: 1 }, await staff(15, beside, south))).status, 404)
  const made = await Promise.all(Array.from({ length: 10 }, () => add({ type: 1 })))
  t.ok(made.every(({ status }) => status === 201))
  t.match((await doctor.get(at(id, 'consents/?archived=false'))).body, { count: 1 })
  t.match(results((await doctor.get(at(id, 'consents/?archived=true'))).body)[0], {
    archived_by: { id: doctor.user.id },
    archived_date: String,
    files: null
  })
  const { body: second } = await add({ type: 2, patient_code_status: 3 })
  const { id: key } = second as { id: string }
  t.match((await doctor.patch(at(id, `consents/${key}/`), { patient_code_status: 4 })).body, {
    patient_code_status: 4,
    archived: false
  })
  t.match(
    (await doctor.put(at(id, `consents/${key}/`), { type: 1, patient_code_status: null })).body,
    { type: 1 },
    'changed to a kind that is there: the other gives way'
  )
  t.match((await doctor.get(at(id, 'consents/?archived=false'))).body, { count: 1, results: [{ id: key }] })
})

t.test('notes, moves and what is filled into patients', async t => {
  const world = await clinic(t)
  const { kernel, as, doctor, begin, beside } = world
  const { id, patient } = await begin()
  t.equal((await doctor.post(`/api/v1/patient/${patient}/notes/`, { note: 'Slept well', thread: 10 })).status, 201)
  t.match((await events(world, id)).find(({ event_type: { name } }) => name === 'PATIENT_NOTES')?.value, {
    note: 'Slept well',
    user_type: 'Doctor'
  })
  const [{ id: key } = { id: 0 }] = await kernel.sql<{ id: number }>(
    'select id from facility_patientregistration where external_id = $1',
    [patient]
  )
  await kernel.sql(`update facility_patientregistration set allow_transfer = true, facility_id = facility_id where id = $1`, [
    key
  ])
  const root = await as()
  t.equal((await root.post(`/api/v1/patient/${patient}/transfer/`, { facility: beside.external_id })).status, 200)
  t.match((await root.get(at(id))).body, { new_discharge_reason: 2, discharge_date: String }, 'a transfer ends what was open')
})

t.test('event types are the original’s tree', async t => {
  const { doctor, kernel } = await clinic(t)
  const { body: roots } = await doctor.get('/api/v1/event_types/roots/')
  t.same(
    (roots as { name: string }[]).map(({ name }) => name),
    ['CONSULTATION', 'DAILY_ROUND', 'PATIENT_NOTES', 'DIAGNOSIS', 'SYMPTOMS']
  )
  t.match((roots as object[])[0], { children: [{ name: 'ENCOUNTER', children: [{ name: 'PATIENT_NO', children: null }] }] })
  t.same(
    ((await doctor.get('/api/v1/event_types/17/descendants/')).body as { name: string }[]).map(({ name }) => name),
    ['HEIGHT', 'WEIGHT']
  )
  t.match((await doctor.get('/api/v1/event_types/?limit=100')).body, { count: 54 })
  await kernel.sql('update facility_eventtype set is_active = false where id = 8')
  t.equal((await doctor.get('/api/v1/event_types/8/')).status, 404)
})

t.test('ICD-11: search by the beginnings of words, import of WHO’s tabulation', async t => {
  const { doctor, kernel } = await clinic(t)
  const database = kernel.ports.database
  if (!database) throw new Error('no database')
  const folder = mkdtempSync(join(tmpdir(), 'care-icd-'))
  const lines: string[] = []
  const run = async (name: string, text: string) => {
    const file = join(folder, name)
    writeFileSync(file, text)
    lines.length = 0
    return commands['icd11 import']?.run(
      { database },
      [file],
      {},
      {
        print: line => void lines.push(line),
        progress: (_, __, work) => work(() => undefined),
        secret: async () => ''
      }
    )
  }
  const who = (...rows: string[][]) =>
    [['Foundation URI', 'Linearization (release) URI', 'Code', 'BlockId', 'Title', 'ClassKind', 'ChapterNo', 'isLeaf'], ...rows]
      .map(cells => cells.join('\t'))
      .join('\r\n')
  const entity = (id: number) => `http://id.who.int/icd/entity/${String(id)}`
  const release = 'http://id.who.int/icd/release/11/2024-01/mms'
  const table = who(
    [entity(501), `${release}/501`, '', '', 'Diseases of the digestive system', 'chapter', '13', 'False'],
    [entity(502), `${release}/502`, '', 'BlockL1-DA', '- Diseases of anus', 'block', '13', 'False'],
    [entity(503), `${release}/503`, 'ME24', '', '"- - Haemorrhage, ""quoted"""', 'category', '13', 'False'],
    [entity(504), `${release}/504`, 'ME24.A1', '', '- - - Haemorrhage of anus and rectum', 'category', '13', 'True'],
    ['', `${release}/503/unspecified`, 'ME24.Z', '', '- - - Haemorrhage, unspecified', 'category', '13', 'True'],
    [entity(505), `${release}/505`, 'DA60', '', '- - Gastric 100% ulcer', 'category', '13', 'True']
  )
  t.equal(await run('mms.txt', table), 0)
  t.match(lines, ['6 entries added, 0 were there already'])
  t.equal(await run('mms.txt', table), 0)
  t.match(lines, ['0 entries added, 6 were there already'])
  t.match(await kernel.sql('select * from facility_icd11diagnosis where id = 503003'), [
    {
      label: 'ME24.Z Haemorrhage, unspecified',
      parent_id: 503,
      icd11_id: 'http://id.who.int/icd/entity/503/unspecified',
      meta_chapter: '13 Diseases of the digestive system',
      meta_chapter_short: 'Digestive System',
      meta_root_block: 'Diseases of anus',
      meta_root_category: 'ME24 Haemorrhage, "quoted"',
      meta_hidden: false
    }
  ])
  for (const [name, text, message] of [
    ['bad.txt', 'Code,Title\nA,B', /not WHO's tabulation/],
    [
      'half.txt',
      who(
        [entity(601), `${release}/601`, 'XA', '', 'Fine', 'category', '13', 'True'],
        ['', 'x', '', '', 'No entity', 'category', '', '']
      ),
      /line 3: x does not name an entity/
    ],
    ['book.xlsx', 'PK', /separated by tabs/],
    ['icd.json', '[{"label":"x"}]', /entry 1 lacks/]
  ] as const) {
    t.equal(await run(name, text), 1, name)
    t.match(lines.join('\n'), message)
  }
  t.same(await kernel.sql('select 1 from facility_icd11diagnosis where id = 601'), [], 'nothing of a wrong file stays')
  t.equal(
    await run(
      'icd.json',
      JSON.stringify([{ ID: `${entity(701)}/other`, label: 'ZA01 Other', classKind: 'category', isLeaf: true, parentId: null }])
    ),
    0
  )
  t.match(await kernel.sql('select id from facility_icd11diagnosis where id = 701002'), [{ id: 701_002 }])

  const find = async (query: string, more = '') =>
    ((await doctor.get(`/api/v1/icd/?query=${encodeURIComponent(query)}${more}`)).body as { label: string }[]).map(
      ({ label }) => label
    )
  t.same(await find('Haemorrhage rectum'), ['ME24.A1 Haemorrhage of anus and rectum'])
  t.same(await find('rectum haem  of'), ['ME24.A1 Haemorrhage of anus and rectum'])
  t.same(await find('ME24.A1'), ['ME24.A1 Haemorrhage of anus and rectum'])
  t.same(await find('a1'), [], 'a dotted code is one word')
  t.same(await find('morrhage'), [], 'only beginnings')
  t.same(await find('100%'), ['DA60 Gastric 100% ulcer'])
  t.same(await find('Diseases digestive'), [], 'what has no code is not found')
  t.same(await find('CHOL'), ['1A00 Cholera'])
  t.equal((await find('', '&limit=2')).length, 2)
  t.equal((await find('', '&limit=x')).length, 8)
  t.match(
    (await doctor.get('/api/v1/icd/501/')).body,
    { id: 501, chapter: 'Digestive System' },
    'one is there with or without a code'
  )
  t.same((await doctor.get('/api/v1/icd/1/')).body, { detail: 'Not found.' })
})

t.test('other plugins keep the beds, and a shift ends what is open', async t => {
  const bed = '11111111-1111-4111-8111-111111111111'
  const asked: unknown[] = []
  const beds = definePlugin({
    contract: defineContract({ name: 'test-beds', version: 1 }),
    version: '1.0.0',
    kernel: '^1.0.0',
    summary: 'Beds for the test',
    requires: [consultations, patients],
    ports: ['database'],
    fills: { 'consultations/consultation': { current_bed: "json_build_object('id', c.current_bed_id)" } },
    hooks: {
      'consultations/bed-named': async (_tx, { uuid }) => (uuid === bed ? 7 : undefined),
      'consultations/bed-assigned': async (_tx, { bedId }) => {
        asked.push(['assigned', bedId])
        return 70
      },
      'consultations/consultations-closed': async (_tx, { consultationIds }) => {
        asked.push(['closed', consultationIds.length])
      }
    },
    routes(app, { database, patients: { patients: service }, consultations: { consultations: ended } }) {
      app.post<{ Params: { id: string } }>('/shift/:id/', { config: { permission: 'authenticated' } }, async request => {
        await database.transaction(async tx => {
          const patient = await service.byUuid(tx, request.params.id, { lock: true })
          if (!patient) throw invalid({})
          await ended.setCategory(tx, patient.id, 'Critical')
          const facility = { id: patient.facility_id ?? 0, name: 'House' }
          await service.move(tx, actorOf(request), patient, { facility, by: 'shift' })
        })
        return {}
      })
    }
  })
  const { doctor, begin } = await clinic(t, [beds])
  const admission = { suggestion: 'A', patient_no: 'IP-1' }
  await t.rejects(begin({ ...admission, bed: bed.replaceAll('1', '2') }), /object with this id not found/)
  const { id, patient } = await begin({ ...admission, bed })
  t.match((await doctor.get(at(id))).body, { current_bed: { id: 70 } })
  t.equal((await doctor.post(`/shift/${patient}/`)).status, 200)
  t.match((await doctor.get(at(id))).body, {
    category: 'Critical',
    new_discharge_reason: 2,
    discharge_date: String,
    current_bed: { id: null }
  })
  t.same(asked, [
    ['assigned', 7],
    ['closed', 1]
  ])
})

t.test('the demo district has consultations with rounds, the same everywhere', async t => {
  const { kernel, doctor } = await demoDistrict(t, ['patients', 'consultations'])
  const told = `select p.name, c.suggestion, c.category, c.encounter_date, c.discharge_date, c.new_discharge_reason, array(select i.label from facility_consultationdiagnosis x join facility_icd11diagnosis i on i.id = x.diagnosis_id
      where x.consultation_id = c.id order by x.id) as diagnoses, array(select y.symptom from facility_encountersymptom y where y.consultation_id = c.id order by y.id) as symptoms,
      (select json_agg(json_build_array(r.taken_at, r.temperature, r.pulse, r.bp, r.resp, r.ventilator_spo2, r.patient_category) order by r.id) from facility_dailyround r where r.consultation_id = c.id) as rounds
    from facility_patientconsultation c join facility_patientregistration p on p.id = c.patient_id order by c.id`
  const courses = await kernel.sql<{
    suggestion: string
    new_discharge_reason: number | null
    diagnoses: string[]
    symptoms: number[]
    rounds: unknown[] | null
  }>(told)
  t.same([...new Set(courses.map(({ suggestion }) => suggestion))].sort(), ['A', 'DC', 'DD', 'HI', 'OP', 'R'])
  t.same([...new Set(courses.map(({ new_discharge_reason: reason }) => reason))].sort(), [-1, 1, 2, 3, 4, null])
  t.ok(courses.length > 150)
  t.ok(
    courses.every(({ diagnoses, symptoms }) => diagnoses.length > 0 && symptoms.length > 0),
    'the sample of ICD-11 has every diagnosis'
  )
  const followed = courses.filter(({ rounds }) => rounds !== null)
  t.ok(followed.length >= 60 && followed.filter(({ rounds }) => (rounds?.length ?? 0) > 5).length >= 20, 'rounds of several days')
  t.match(
    await kernel.sql(
      `select count(*) filter (where c.encounter_date < p.created_date or c.encounter_date > $1 or c.discharge_date > $1 or c.discharge_date < c.encounter_date) as untimely,
        count(*) filter (where c.id = p.last_consultation_id and p.is_active <> (c.discharge_date is null)) as neither,
        count(*) filter (where c.discharge_date is null and c.id is distinct from p.last_consultation_id) as forgotten,
        count(*) filter (where (c.new_discharge_reason = 3) <> (p.death_datetime is not null) and c.id = p.last_consultation_id) as undead,
        count(*) filter (where exists (select from facility_dailyround r where r.consultation_id = c.id and (r.taken_at < c.encounter_date or r.taken_at > coalesce(c.discharge_date, $1)))) as outside,
        count(*) filter (where c.last_daily_round_id is distinct from (select r.id from facility_dailyround r where r.consultation_id = c.id order by r.taken_at desc limit 1)) as behind
      from facility_patientconsultation c join facility_patientregistration p on p.id = c.patient_id`,
      [kernel.clock.now().toISOString()]
    ),
    [{ untimely: 0, neither: 0, forgotten: 0, undead: 0, outside: 0, behind: 0 }]
  )
  // What a round may record is what the API takes.
  const [spoiled] = await kernel.sql<{ count: number }>(
    `select count(*) as count from facility_dailyround where temperature not between 95 and 106 or ventilator_spo2 not between 60 and 100 or pulse not between 30 and 200
      or (bp ->> 'systolic')::int <= (bp ->> 'diastolic')::int or glasgow_eye_open not between 1 and 4 or glasgow_verbal_response not between 1 and 5 or glasgow_motor_response not between 1 and 6`
  )
  t.equal(spoiled?.count, 0)
  const list = await doctor.get('/api/v1/consultation/?limit=100')
  t.equal(list.status, 200)
  const seen = results<{ id: string; last_daily_round: object | null }>(list.body)
  const id = seen.find(({ last_daily_round: round }) => round !== null)?.id ?? ''
  t.match(await doctor.get(at(id)), {
    status: 200,
    body: { diagnoses: [{ is_principal: true }], last_daily_round: { rounds_type: String } }
  })
  for (const part of ['daily_rounds/', 'diagnoses/', 'symptoms/', 'events/'])
    t.match(await doctor.get(at(id, part)), { status: 200, body: { results: [{}] } }, part)
  t.match(
    await kernel.sql(
      `select count(*) filter (where not exists (select from facility_patientconsultationevent e where e.consultation_id = c.id and e.object_model = 'PatientConsultation' and e.change_type = 'CREATED')) as unbegun,
        count(*) filter (where c.discharge_date is not null and not exists (select from facility_patientconsultationevent e where e.consultation_id = c.id and e.change_type = 'UPDATED' and e.created_date = c.discharge_date and e.value ? 'discharge_date')) as unended,
        (select count(*) from facility_dailyround r where not exists (select from facility_patientconsultationevent e where e.object_model = 'DailyRound' and e.object_id = r.id and e.is_latest and e.taken_at = r.taken_at)) as rounds,
        (select count(*) from facility_consultationdiagnosis x where not exists (select from facility_patientconsultationevent e where e.object_model = 'ConsultationDiagnosis' and e.object_id = x.id)) as diagnoses
      from facility_patientconsultation c`
    ),
    [{ unbegun: 0, unended: 0, rounds: 0, diagnoses: 0 }],
    'the change log tells all of it'
  )
  const again = await demoDistrict(t, ['patients', 'consultations'])
  t.same(await again.kernel.sql(told), courses)
})
