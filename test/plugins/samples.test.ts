import t from 'tap'
import type { Requester, TestContext } from 'care-kernel/testing'
import { dischargeSummary } from 'care-kernel/contracts/discharge-summary'
import type { SummaryScope } from '../../plugins/discharge-summary/services.ts'
import { clinic as plainClinic } from './clinic.ts'
import { demoDistrict } from './demo-district.ts'
import { addRow } from './rows.ts'

interface Sample {
  readonly id: string
  readonly status: string
  readonly result: string
  readonly [field: string]: unknown
}
interface Page<Row> {
  readonly count: number
  readonly results: readonly Row[]
}

const SAMPLES = '/api/v1/test_sample/'
const EXTERNAL = '/api/v1/external_result/'
const at = (id: string, rest = '') => `${SAMPLES}${id}/${rest}`
const UNKNOWN = '00000000-0000-4000-8000-000000000000'
const NOT_FOUND = ['object with this id not found']

async function clinic(t: TestContext, more: readonly string[] = []) {
  const world = await plainClinic(t, ['samples', ...more])
  const take = async (body: object, by: Requester = world.doctor) => {
    const { status, body: made, text } = await by.post(SAMPLES, body)
    if (status !== 201) throw new Error(text)
    return made as Sample
  }
  const set = (id: string, columns: Readonly<Record<string, unknown>>) =>
    world.kernel.sql(
      `update facility_patientsample set ${Object.keys(columns)
        .map((name, index) => `${name} = $${index + 2}`)
        .join(', ')} where external_id = $1`,
      [id, ...Object.values(columns)]
    )
  const seenBy = async (by: Requester, query = '') =>
    ((await by.get(`${SAMPLES}${query}`)).body as Page<Sample>).results.map(({ id }) => id)
  return { ...world, take, set, seenBy }
}

// `docs/api/consultations.md §15`.
const WAYS: Readonly<Record<string, readonly string[]>> = {
  REQUEST_SUBMITTED: ['APPROVED', 'DENIED'],
  APPROVED: ['SENT_TO_COLLECTON_CENTRE', 'RECEIVED_AND_FORWARED', 'RECEIVED_AT_LAB', 'COMPLETED'],
  DENIED: ['REQUEST_SUBMITTED'],
  SENT_TO_COLLECTON_CENTRE: ['RECEIVED_AND_FORWARED', 'RECEIVED_AT_LAB', 'COMPLETED'],
  RECEIVED_AND_FORWARED: ['RECEIVED_AT_LAB', 'COMPLETED'],
  RECEIVED_AT_LAB: ['COMPLETED'],
  COMPLETED: ['COMPLETED']
}
const STATUSES = Object.keys(WAYS)

t.test('status machine: every status from every status', async t => {
  const { doctor, begin, take, set } = await clinic(t)
  const { patient } = await begin()
  const { id } = await take({ patient, sample_type: 'Biopsy' })
  for (const [from, allowed] of Object.entries(WAYS))
    for (const [number, to] of STATUSES.entries()) {
      await set(id, { status: STATUSES.indexOf(from) + 1, result: 3, date_of_sample: null, date_of_result: null })
      const { status, body } = await doctor.patch(at(id), { status: to, ...(to === 'COMPLETED' ? { result: 'NEGATIVE' } : {}) })
      const what = `${from} → ${to} (${number + 1})`
      if (allowed.includes(to)) t.match([status, body], [200, { status: to }], what)
      else t.match([status, Object.keys(body as object)], [400, ['status']], what)
    }
})

t.test('changes of status: columns written, changes refused', async t => {
  const { doctor, begin, take, set, kernel } = await clinic(t)
  const { patient } = await begin()
  const { id } = await take({ patient })
  const change = async (stored: object, body: object) => {
    await set(id, { status: 2, result: 3, date_of_sample: null, date_of_result: null, ...stored })
    const { status, body: answer } = await doctor.patch(at(id), body)
    return [status, answer] as const
  }
  t.match(await change({}, {}), [400, { status: ['is required'] }], 'FIX')
  t.match(await change({}, { notes: 'x' }), [400, { status: ['is required'] }])
  t.match(await change({}, { status: 'NOPE' }), [400, { status: ['"None" is not a valid choice.'] }])
  t.match(await change({}, { status: 'SENT_TO_COLLECTON_CENTRE' }), [200, { date_of_sample: /^20/, date_of_result: null }])
  t.match(await change({}, { status: 4, date_of_sample: '2024-05-01T10:00:00Z' }), [
    200,
    { date_of_sample: '2024-05-01T15:30:00+05:30' }
  ])
  t.match(await change({ date_of_sample: '2024-05-01T10:00:00Z' }, { status: 'RECEIVED_AT_LAB' }), [
    200,
    { date_of_sample: '2024-05-01T15:30:00+05:30' }
  ])
  t.match(await change({ status: 3, result: 4 }, { status: 'REQUEST_SUBMITTED' }), [200, { result: 'AWAITING' }])
  t.match(await change({}, { result: 'POSITIVE' }), [200, { status: 'COMPLETED', result: 'POSITIVE', date_of_result: /^20/ }])
  t.match(await change({}, { status: 'COMPLETED', result: 'INVALID' }), [200, { status: 'COMPLETED', result: 'INVALID' }])
  t.match(
    await change({}, { result: 'INVALID' }),
    [400, { status: ['is required'] }],
    'only a result that says something ends a test'
  )
  t.match(await change({}, { result: 'NEGATIVE', date_of_result: '2024-06-02T00:00:00+05:30' }), [
    200,
    { date_of_result: '2024-06-02T00:00:00+05:30' }
  ])
  t.match(await change({}, { status: 'RECEIVED_AT_LAB', result: 'NEGATIVE' }), [
    400,
    { result: ["Result can't be updated unless test is complete"] }
  ])
  t.match(await change({}, { status: 'COMPLETED' }), [400, { result: ['is required as the test is complete'] }])
  t.match(await change({ status: 7, result: 1 }, { status: 'COMPLETED', result: 'NEGATIVE' }), [
    400,
    { result: ['cannot change result for completed test.'] }
  ])
  t.match(await change({}, { status: 'RECEIVED_AT_LAB', date_of_result: '2024-06-05' }), [
    400,
    { date_of_result: ['cannot be provided without result'] }
  ])
  const other = await begin()
  const [, moved] = await change(
    {},
    { status: 'RECEIVED_AT_LAB', patient: other.patient, consultation: other.id, icmr_label: 'L-2' }
  )
  t.match(moved, { patient, icmr_label: 'L-2' }, 'a sample stays with its patient')
  const { flow } = (await doctor.get(at(id))).body as { flow: { status: string; notes: string }[] }
  t.match(flow[0], { status: 'RECEIVED_AT_LAB', notes: `updated by ${doctor.user.username}`, created_by: doctor.user.id })
  t.match(flow.at(-1), { status: 'REQUEST_SUBMITTED', notes: 'created' })

  await set(id, { status: 1, result: 3 })
  const both = await Promise.all([1, 2, 3, 4].map(() => doctor.patch(at(id), { status: 'APPROVED' })))
  t.same(both.map(({ status }) => status).sort(), [200, 400, 400, 400], 'of concurrent changes one succeeds')
  t.same(
    await kernel.sql(`select count(*)::int as count from facility_patientsampleflow w join facility_patientsample s on s.id = w.patient_sample_id
      where s.external_id = '${id}' and w.status = 2`),
    [{ count: 1 }]
  )
})

t.test('creating a sample', async t => {
  const { doctor, staff, begin, patient, take, home, beside, south } = await clinic(t)
  const nurse = await staff(14)
  const first = await begin()
  const second = await begin()
  t.match(
    await take({ patient: first.patient, notes: 'urgent', sample_type: '2', icmr_category: 'Cat 1', result: 'POSITIVE' }, nurse),
    {
      patient: first.patient,
      consultation: first.id,
      facility: home.external_id,
      testing_facility: home.external_id,
      sample_type: 'TS/NPS/NS',
      icmr_category: 'Cat 1',
      status: 'REQUEST_SUBMITTED',
      result: 'AWAITING',
      doctor_name: 'NO DOCTOR SPECIFIED',
      flow: [{ status: 'REQUEST_SUBMITTED', notes: 'urgent', deleted: false }],
      patient_object: { id: first.patient }
    }
  )
  t.match(await take({ consultation: first.id, testing_facility: beside.external_id }), {
    patient: first.patient,
    testing_facility: beside.external_id
  })
  const refused = async (body: object, by: Requester = doctor) => (await by.post(SAMPLES, body)).body
  t.same(await refused({}), { non_field_errors: ['Either of patient or consultation is required'] })
  t.same(await refused({ patient: await patient() }), { patient: ['Invalid id/ No consultation done'] })
  t.same(await refused({ patient: first.patient, consultation: second.id }), { consultation: NOT_FOUND })
  t.same(await refused({ patient: UNKNOWN }), { patient: NOT_FOUND })
  t.same(await refused({ patient: 'x', sample_type: 12, doctor_name: '' }), {
    sample_type: ['"12" is not a valid choice.'],
    patient: ['invalid uuid'],
    doctor_name: ['This field may not be blank.']
  })
  const stranger = await staff(15, beside, south)
  t.same(await refused({ patient: first.patient }, stranger), { patient: NOT_FOUND }, 'like a missing patient (FIX)')
  t.same(await refused({ consultation: first.id }, stranger), { consultation: NOT_FOUND })
  for (const type of [10, 13]) t.equal((await (await staff(type)).post(SAMPLES, { patient: first.patient })).status, 403)
})

t.test('row access of samples', async t => {
  const { doctor, staff, as, begin, take, seenBy, beside, north, south, state, kernel } = await clinic(t)
  const { patient } = await begin()
  const own = await take({ patient })
  const sent = await take({ patient, testing_facility: beside.external_id })
  const both = [sent.id, own.id]
  const laboratory = await staff(15, beside, south)
  t.same(await seenBy(doctor), both)
  t.same(await seenBy(laboratory), [sent.id], 'what is tested there')
  t.same(await seenBy(await as({ user_type: 30, district_id: north, state_id: state })), both, 'taken in the district')
  t.same(await seenBy(await as({ user_type: 30, district_id: south, state_id: state })), [])
  t.same(await seenBy(await as({ user_type: 35, state_id: state })), both)
  t.same(await seenBy(await staff(30, beside, south)), [sent.id], 'an administrator who is a member of a laboratory')
  t.same(await seenBy(await kernel.as()), both)
  t.equal((await laboratory.get(at(own.id))).status, 404)
  t.equal((await laboratory.get(at(own.id, 'icmr_sample/'))).status, 404)
  t.equal((await laboratory.patch(at(own.id), { status: 'APPROVED' })).status, 404)
  t.equal((await laboratory.patch(at(sent.id), { status: 'APPROVED' })).status, 200)

  const nested = `/api/v1/patient/${patient}/test_sample/`
  const nurse = await staff(14)
  t.equal((await nurse.get(SAMPLES)).status, 403, 'not all of them')
  t.equal(((await nurse.get(nested)).body as Page<Sample>).count, 2, 'but those of one patient')
  t.equal((await nurse.patch(at(own.id), { status: 'APPROVED' })).status, 403)
  t.equal((await (await staff(10)).get(nested)).status, 403)
  t.equal((await doctor.get(`/api/v1/patient/${UNKNOWN}/test_sample/${own.id}/`)).status, 404)
  t.equal((await doctor.get(`/api/v1/patient/x/test_sample/`)).status, 400)
  t.equal((await doctor.get(`${nested}${own.id}/`)).status, 200)

  for (const [query, found] of [
    ['?status=1', [own.id]],
    ['?status=2', [sent.id]],
    ['?result=1', []],
    ['?sample_type=0', both],
    ['?patient_name=ash', both],
    ['?district_name=nort', both],
    [`?district=${south}`, []],
    ['?status=&result=', both]
  ] as const)
    t.same(await seenBy(doctor, query), found, query)
  t.match((await doctor.get(`${SAMPLES}?status=9&facility=x`)).body, {
    status: ['Select a valid choice. 9 is not one of the available choices.'],
    facility: ['Enter a valid UUID.']
  })

  const costs = async () => [
    await kernel.statements(() => doctor.get(SAMPLES)),
    await kernel.statements(() => doctor.get(nested))
  ]
  await costs()
  t.same(await costs(), [1, 1], 'a list is one statement')
  await kernel.sql(
    `insert into facility_patientsample select (x).* from (select jsonb_populate_record(s, jsonb_build_object('id', 1000 + n, 'external_id', gen_random_uuid())) x
      from facility_patientsample s cross join generate_series(1, 50) n where s.external_id = $1) _`,
    [own.id]
  )
  t.same(await costs(), [1, 1], 'at any number of rows')
})

t.test('CSV of samples', async t => {
  const { doctor, begin, take, kernel } = await clinic(t)
  const { patient } = await begin()
  await take({ patient, sample_type_other: '=1+1', date_of_sample: '2024-06-01T10:00:00Z' })
  await kernel.sql(
    `update facility_patientregistration set year_of_birth = 1990, date_of_birth = null, death_datetime = '2020-05-01'`
  )
  const { text, headers } = await doctor.get(`${SAMPLES}?csv=true`)
  t.equal(headers['content-disposition'], 'attachment; filename=patientsample_export.csv;')
  t.equal(
    text,
    `\ufeffPatient Name,Patient Phone Number,Testing Facility,Type,Other Type,Status,Result,Date of Sample,Date of Result,Patient Age\r
Asha,+919876543210,House,UNKNOWN,'=1+1,REQUEST_SUBMITTED,AWAITING,2024-06-01T10:00:00+00:00,,30\r\n`
  )
  t.equal((await doctor.get(`${SAMPLES}?csv&status=7`)).text.split('\r\n').length, 2)
})

t.test('ICMR form', async t => {
  const { doctor, begin, take, kernel, patient: register, body } = await clinic(t)
  const { id: consultation, patient } = await begin({
    create_symptoms: [
      { symptom: 9, other_symptom: 'Itching', onset_date: '2024-05-29' },
      { symptom: 4, onset_date: '2024-05-28' },
      { symptom: 2, onset_date: '2024-05-27' }
    ]
  })
  await kernel.sql(`update facility_encountersymptom set clinical_impression_status = 'entered-in-error' where symptom = 2`)
  const relative = await register()
  await kernel.sql(`update facility_patientregistration set name = 'Uncle' where external_id = $1`, [relative])
  const person = (set: string) => kernel.sql(`update facility_patientregistration set ${set} where external_id = $1`, [patient])
  await person(
    `date_of_birth = '1990-05-17', death_datetime = '2024-07-20', countries_travelled = '["Oman"]', date_of_return = '2024-05-25', is_medical_worker = true, passport_no = 'P1'`
  )
  const { id } = await take({
    patient,
    sample_type: 'BA/ETA',
    icmr_category: 'Cat 4',
    icmr_label: 'L-1',
    date_of_sample: '2024-06-01T10:00:00Z',
    diagnosis: 'Pneumonia',
    has_ari: true,
    doctor_name: 'Dr X'
  })
  const form = async () => (await doctor.get(at(id, 'icmr_sample/'))).body as Record<string, Record<string, unknown>>
  t.match(await form(), {
    id,
    personal_details: {
      name: 'Asha',
      gender: 'Female',
      age_years: 34,
      age_months: 2,
      date_of_birth: '1990-05-17',
      email: '',
      passport_no: 'P1',
      district_name: 'North',
      state_name: 'Kerala',
      local_body_name: ''
    },
    specimen_details: { sample_type: 'BA/ETA', label: '', is_repeated_sample: false, icmr_category: 'Cat 4', icmr_label: 'L-1' },
    patient_category: {
      symptomatic_international_traveller: true,
      symptomatic_contact_of_confirmed_case: false,
      symptomatic_healthcare_worker: true,
      hospitalized_sari_patient: false,
      asymptomatic_family_member_of_confirmed_case: false,
      asymptomatic_healthcare_worker_without_protection: false
    },
    exposure_history: {
      has_travel_to_foreign_last_14_days: true,
      places_of_travel: ['Oman'],
      travel_start_date: null,
      travel_end_date: '2024-05-25',
      contact_with_confirmed_case: false,
      contact_case_name: '',
      was_quarantined: null,
      quarantined_type: null,
      healthcare_worker: true
    },
    medical_conditions: {
      date_of_onset_of_symptoms: '2024-05-28',
      symptoms: ['Cough', 'Itching'],
      has_sari: false,
      has_ari: true,
      medical_conditions_list: [],
      hospitalization_date: '2024-06-01',
      diagnosis: 'Pneumonia',
      hospital_name: 'House',
      doctor_name: 'Dr X'
    }
  })
  t.equal((await doctor.get(`/api/v1/patient/${patient}/test_sample/${id}/icmr_sample/`)).status, 200)

  await kernel.sql(`update facility_encountersymptom set clinical_impression_status = 'entered-in-error'`)
  await kernel.sql(`update facility_patientconsultation set admitted = true where external_id = $1`, [consultation])
  await person(
    `date_of_return = '2024-05-01', date_of_birth = null, year_of_birth = 1990, "has_SARI" = true, contact_with_confirmed_carrier = true`
  )
  const key = (uuid: string) => `(select id from facility_patientregistration where external_id = '${uuid}')`
  await kernel.sql(
    `insert into facility_patientcontactdetails (patient_id, patient_in_contact_id, relation_with_patient, mode_of_contact, is_primary, condition_of_contact_is_symptomatic, deleted)
    values (${key(patient)}, ${key(relative)}, 1, 4, true, false, false)`
  )
  await kernel.sql(
    `insert into facility_disease (patient_id, disease, details, deleted) values (${key(patient)}, 1, '', false), (${key(patient)}, 2, '', false)`
  )
  await take({ patient })
  t.match(await form(), {
    personal_details: { age_years: 34, age_months: 6 },
    specimen_details: { is_repeated_sample: true },
    patient_category: {
      symptomatic_international_traveller: false,
      symptomatic_contact_of_confirmed_case: false,
      symptomatic_healthcare_worker: false,
      hospitalized_sari_patient: true,
      asymptomatic_family_member_of_confirmed_case: true,
      asymptomatic_healthcare_worker_without_protection: true
    },
    exposure_history: {
      has_travel_to_foreign_last_14_days: false,
      contact_with_confirmed_case: true,
      contact_case_name: 'Uncle'
    },
    medical_conditions: { date_of_onset_of_symptoms: null, symptoms: [], medical_conditions_list: ['Diabetes'] }
  })
  await person(`countries_travelled = null, date_of_return = null, year_of_birth = null`)
  t.match(await form(), {
    personal_details: { age_years: null, age_months: null },
    exposure_history: { has_travel_to_foreign_last_14_days: false, places_of_travel: null, travel_end_date: null }
  })
  t.equal((await doctor.post('/api/v1/consultation/', body(relative))).status, 201)
})

t.test('samples in files, discharge summaries and figures', async t => {
  const { doctor, staff, begin, take, kernel, beside, south, one } = await clinic(t, ['files', 'discharge-summary', 'summaries'])
  const { id: consultation, patient } = await begin()
  const { id } = await take({ patient, icmr_label: 'L-7', sample_type: 'AMR' })
  const other = await take({ patient, testing_facility: beside.external_id })
  const laboratory = await staff(15, beside, south)
  const add = (by: Requester, of: string) =>
    by.post('/api/v1/files/', {
      file_type: 'SAMPLE_MANAGEMENT',
      associating_id: of,
      name: 'report',
      original_name: 'report.pdf',
      mime_type: 'application/pdf'
    })
  t.equal((await add(doctor, id)).status, 201)
  t.equal((await add(laboratory, other.id.toUpperCase().replaceAll('-', ''))).status, 201, 'the laboratory adds what it found')
  t.match(await add(laboratory, id), { status: 400, body: { permission: 'denied' } })
  t.match(await add(doctor, UNKNOWN), { status: 400, body: { permission: 'denied' } })
  const { id: key } = await one<{ id: number }>('select id from facility_patientsample where external_id = $1', [id])
  t.match((await doctor.get(`/api/v1/files/?file_type=SAMPLE_MANAGEMENT&associating_id=${id},${other.id}`)).body, { count: 2 })
  t.match(
    await one('select count(*)::int as count from facility_fileupload where file_type = 3 and associating_id = $1', [
      String(key)
    ]),
    { count: 1 },
    'kept by the key, as in the original'
  )
  t.equal((await laboratory.get(`/api/v1/files/?file_type=SAMPLE_MANAGEMENT&associating_id=${id},${other.id}`)).status, 400)

  const { database, summaries } = kernel.scopes.get(dischargeSummary.name) as unknown as SummaryScope
  const { id: number } = await one<{ id: number }>('select id from facility_patientconsultation where external_id = $1', [
    consultation
  ])
  const written = await summaries.compose(database, number, new Date())
  const text = JSON.stringify(written?.document)
  t.match(text, /Lab Reports/)
  t.match(text, /"AMR","L-7","AWAITING"/)
})

const RESULT = {
  district: 'North',
  local_body_type: 'Municipality',
  local_body: 'aluv',
  ward: 4,
  srf_id: 'KL-1',
  name: 'Ext One',
  age: 30,
  age_in: 'years',
  gender: 'm',
  address: 'x',
  mobile_number: '9876543210',
  is_repeat: false,
  patient_status: 'well',
  lab_name: 'lab',
  test_type: 'RTPCR',
  sample_type: 'swab',
  result: 'positive'
}

async function laboratory(t: TestContext) {
  const world = await clinic(t)
  const { kernel, as, north, south, state } = world
  const place = async (table: string, values: object) => (await addRow(kernel, table, { ...values })).id
  const aluva = await place('users_localbody', {
    name: 'Aluva Municipality',
    body_type: 10,
    localbody_code: 'M1',
    district_id: north
  })
  const ward = await place('users_ward', { name: 'Mana', number: 4, local_body_id: aluva })
  const far = await place('users_localbody', { name: 'Aluvanchery', body_type: 10, localbody_code: 'M2', district_id: south })
  const admin = await as({ user_type: 25, district_id: north, state_id: state })
  const upload = (tests: unknown, by: Requester = admin) => by.post(`${EXTERNAL}bulk_upsert/`, { sample_tests: tests })
  const list = async (by: Requester = admin, query = '') =>
    (await by.get(`${EXTERNAL}${query}`)).body as Page<Sample & { id: number }>
  return { ...world, aluva, ward, far, admin, upload, list }
}

t.test('external results: upload', async t => {
  const { kernel, doctor, as, admin, upload, list, aluva, ward, north, state, patient } = await laboratory(t)
  const ofPatient = await patient()
  await kernel.sql(`update facility_patientregistration set srf_id = 'kl-2' where external_id = $1`, [ofPatient])
  t.equal((await upload([RESULT, { ...RESULT, srf_id: 'KL-2', ward: '4', source: null, result_date: '2024-06-02' }])).status, 202)
  t.match(await list(), {
    count: 2,
    results: [
      { srf_id: 'KL-2', patient_created: true, result_date: '2024-06-02', source: null },
      { srf_id: 'KL-1', patient_created: false, ward, local_body: aluva, district: north, district_object: { name: 'North' } }
    ]
  })
  t.equal((await upload([])).status, 202)
  t.same((await admin.post(`${EXTERNAL}bulk_upsert/`, {})).body, { sample_tests: 'No Data was provided' })
  t.same((await upload('x')).body, { sample_tests: 'Data should be provided as a list' })
  t.same((await upload([1])).body, { sample_tests: 'Data should be provided as a list' })
  t.same((await upload([RESULT, { ...RESULT, district: 'South' }])).body, { Error: 'User must belong to same district' })
  t.same(await upload([RESULT], doctor).then(({ status, body }) => [status, body]), [
    403,
    { detail: 'Permission to Endpoint Denied' }
  ])
  for (const [what, message] of [
    [{ local_body_type: undefined }, { local_body_type: ['local_body_type is not present in data'] }],
    [{ local_body_type: '' }, { local_body_type: ['local_body_type cannot be empty'] }],
    [{ local_body_type: 'castle' }, { local_body_type: ['Invalid Local Body Type'] }],
    [{ local_body_type: 10 }, { local_body_type: ['Invalid Local Body Type'] }],
    [{ local_body: undefined }, { local_body: ['Local Body Not Present in Data'] }],
    [{ local_body: '' }, { local_body: ['Local Body Cannot Be Empty'] }],
    [{ local_body: 'Aluvanch' }, { local_body: ['Local Body Does not Exist'] }],
    [{ local_body: '%' }, { local_body: ['Local Body Does not Exist'] }],
    [{ local_body_type: 'corporation' }, { local_body: ['Local Body Does not Exist'] }],
    [{ ward: 'x' }, { ward: ['Ward must be an integer value'] }],
    [{ ward: null }, { ward: ['Ward must be an integer value'] }],
    [{ ward: 0 }, { ward: ['Invalid pk "0" - object does not exist.'] }],
    [{ ward: 5 }, { ward: ['Ward Does not Exist'] }],
    [{ ward: 1e15 }, { ward: ['Ward Does not Exist'] }],
    [{ age: 'old' }, { age: ['A valid integer is required.'] }],
    [
      { name: undefined, srf_id: '' },
      { srf_id: ['This field may not be blank.'], name: ['This field is required.'] }
    ]
  ] as const)
    t.same((await upload([RESULT, { ...RESULT, ...what }])).body, [message], JSON.stringify(what))
  t.equal((await upload([{ ...RESULT, ward: undefined }])).status, 202)
  t.equal((await list()).count, 3, 'all or nothing')

  const many = Array.from({ length: 1000 }, (_, at) => ({ ...RESULT, srf_id: `M-${at}` }))
  t.equal(
    await kernel.statements(() => upload(many)),
    await kernel.statements(() => upload([RESULT])),
    'at any number of results'
  )

  const nurse = await as({ user_type: 14, district_id: north, state_id: state })
  t.equal((await nurse.get(EXTERNAL)).status, 403)
})

t.test('external results: row access, corrections, CSV', async t => {
  const { kernel, as, admin, upload, list, aluva, ward, far, north, south, state, doctor, patient } = await laboratory(t)
  await upload([{ ...RESULT, name: '@one' }])
  const [{ id } = { id: 0 }] = (await list()).results
  const one = `${EXTERNAL}${id}/`
  for (const [who, user, sees] of [
    ['a doctor', doctor, false],
    ['the ward', await as({ user_type: 21, ward_id: ward }), true],
    ['no ward', await as({ user_type: 21 }), false],
    ['the local body', await as({ user_type: 23, local_body_id: aluva }), true],
    ['another local body', await as({ user_type: 23, local_body_id: far }), false],
    ['another district', await as({ user_type: 30, district_id: south, state_id: state }), false],
    ['the state', await as({ user_type: 35, state_id: state }), true],
    ['no state', await as({ user_type: 35 }), false],
    ['superuser', await kernel.as(), true]
  ] as [string, Requester, boolean][]) {
    t.equal((await list(user)).count, sees ? 1 : 0, who)
    t.equal((await user.get(one)).status, sees ? 200 : 404, who)
  }
  for (const [query, count] of [
    ['?name=ONE', 1],
    ['?name=two', 0],
    ['?srf_id=kl', 1],
    ['?mobile_number=98765', 1],
    [`?wards=${ward},77`, 1],
    ['?wards=77', 0],
    [`?districts=${north}`, 1],
    [`?local_bodies=${aluva}`, 1],
    ['?sample_collection_date_after=2030-01-01', 0],
    ['?ward__id=3', 1]
  ] as const)
    t.equal((await list(admin, query)).count, count, query)

  t.same((await admin.put(one, {})).body, { address: ['This field is required.'] })
  t.same((await admin.patch(one, { local_body: far })).body, { local_body: 'Only supported within same district' })
  t.same((await admin.patch(one, { ward: 99_999_999 })).body, { ward: ['Invalid pk "99999999" - object does not exist.'] })
  const second = (await addRow(kernel, 'users_localbody', { name: 'B', body_type: 1, localbody_code: 'G1', district_id: north }))
    .id
  const other = (await addRow(kernel, 'users_ward', { name: 'W', number: 1, local_body_id: second })).id
  t.same((await admin.patch(one, { ward: other, name: 'x', result: 'negative' })).body, {
    address: 'x',
    ward: other,
    local_body: second,
    patient_created: false
  })
  t.match((await admin.get(one)).body, { name: '@one', result: 'positive' }, 'nothing else is changed')
  t.same((await admin.put(one, { address: 'y' })).body, { address: 'y', ward: other, local_body: second, patient_created: false })
  const { text } = await admin.get(`${EXTERNAL}?csv`)
  t.match(text, `\r\n${id},'@one,30,years,positive,KL-1,m,y,North,B,W,1,9876543210,NO,well,swab,RTPCR,,,lab,,\r\n`)
  t.equal(await kernel.statements(() => admin.get(EXTERNAL)), 1)

  await upload([{ ...RESULT, srf_id: 'kl/9' }])
  const registered = await patient()
  t.equal((await doctor.patch(`/api/v1/patient/${registered}/`, { srf_id: 'KL/9' })).status, 200)
  t.match(await list(admin, '?srf_id=kl/9'), { results: [{ patient_created: true }] }, 'a patient with the number of the request')

  t.equal((await doctor.delete(one)).status, 403)
  t.equal((await admin.delete(one)).status, 204)
  t.equal((await admin.get(one)).status, 404)
  t.equal((await admin.post(EXTERNAL, {})).status, 405)
})

t.test('demo district', async t => {
  const plugins = ['patients', 'consultations', 'samples']
  const { kernel, doctor } = await demoDistrict(t, plugins)
  const SAMPLE_ROWS = `select external_id, status, result, icmr_label from facility_patientsample order by id`
  const samples = await kernel.sql<{ status: number }>(SAMPLE_ROWS)
  t.same(new Set(samples.map(({ status }) => status)), new Set([1, 2, 3, 4, 6, 7]))
  t.ok(((await doctor.get(SAMPLES)).body as Page<Sample>).count > 0)
  t.same(await kernel.sql(`select count(*)::int as count from facility_patientexternaltest`), [{ count: 5 }])
  t.same(await (await demoDistrict(t, plugins)).kernel.sql(SAMPLE_ROWS), samples, 'the same in every deployment')
})
