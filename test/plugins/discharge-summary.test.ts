import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { defineContract, definePlugin, type Storage } from 'care-kernel'
import { defineGateway } from 'care-kernel/gateway'
import { dischargeSummary } from 'care-kernel/contracts/discharge-summary'
import { patients } from 'care-kernel/contracts/patients'
import type { Requester, TestContext, TestOptions } from 'care-kernel/testing'
import { Type } from 'typebox'
import { commands } from '../../plugins/discharge-summary/commands.ts'
import type { Document } from '../../plugins/discharge-summary/blocks.ts'
import { cut, duration, float, sentence, textOf, timesIn } from '../../plugins/discharge-summary/format.ts'
import type { SummaryScope } from '../../plugins/discharge-summary/services.ts'
import { at, clinic as plainClinic, ICD, type Clinic } from './clinic.ts'

/** What stands between the pages of a PDF and their text; without poppler only what the template is given is looked at. */
const canRead = spawnSync('pdftotext', ['-v']).error === undefined
/** What a summary says of the consultation below, looked at by a person. */
const GOLDEN = new URL('../../../test/plugins/discharge-summary.json', import.meta.url)
const folder = mkdtempSync(join(tmpdir(), 'care-summary-'))

const clinic = (t: TestContext, options: Omit<TestOptions, 'plugins'> = {}, more: Parameters<typeof plainClinic>[1] = []) =>
  plainClinic(t, ['files', 'discharge-summary', ...more], options)

const GENERATED = { detail: 'Discharge Summary will be generated shortly' }
const MAILED = { detail: 'Discharge Summary will be emailed shortly' }
const underWay = (percent: number) => ({
  detail: `Discharge Summary is already being generated, current progress ${percent}%`
})
const generate = (by: Requester, id: string) => by.post(at(id, 'generate_discharge_summary/'), {})
const preview = (by: Requester, id: string) => by.get(at(id, 'preview_discharge_summary/'))
const mail = (by: Requester, id: string, body?: object) => by.post(at(id, 'email_discharge_summary/'), body)
const status = async (by: Requester, id: string) => (await by.get(at(id, 'discharge_summary_status/'))).body
const discharge = (by: Requester, id: string, more: object = {}) =>
  by.post(at(id, 'discharge_patient/'), {
    new_discharge_reason: 1,
    discharge_date: '2024-06-09T12:00:00+05:30',
    discharge_notes: 'Rest for a week.',
    ...more
  })

interface Shown {
  readonly id: string
  readonly name: string
  readonly read_signed_url: string
}

/** The bytes of the newest summary, by the address that the API gives. */
async function fetched({ kernel, doctor }: Pick<Clinic, 'kernel' | 'doctor'>, id: string): Promise<Buffer> {
  const { read_signed_url: url } = (await preview(doctor, id)).body as Shown
  const { pathname, search } = new URL(url)
  const { rawPayload, statusCode } = await kernel.app.inject({ url: pathname + search })
  if (statusCode !== 200) throw new Error(String(statusCode))
  return rawPayload
}

/** The words of a PDF, lines as they are laid out. */
function wordsOf(pdf: Uint8Array): string {
  const file = join(folder, 'read.pdf')
  writeFileSync(file, pdf)
  return execFileSync('pdftotext', ['-layout', file, '-'], { encoding: 'utf8', maxBuffer: 1e8 })
}

async function idOf({ one }: Clinic, uuid: string): Promise<number> {
  return (await one<{ id: number }>('select id from facility_patientconsultation where external_id = $1', [uuid])).id
}

const scopeOf = ({ kernel }: Pick<Clinic, 'kernel'>) => kernel.scopes.get('discharge-summary') as unknown as SummaryScope

async function documentOf(world: Clinic, uuid: string): Promise<Document> {
  const { database, summaries } = scopeOf(world)
  const written = await summaries.compose(database, await idOf(world, uuid), new Date('2024-06-09T06:30:00Z'))
  if (!written) throw new Error('there is nothing to write')
  return written.document
}

/** Every text of a document. */
const textsOf = (value: unknown): string[] =>
  typeof value === 'string' ? [value] : typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : []

t.test('asked for, made by a worker, read by its address', async t => {
  const world = await clinic(t)
  const { kernel, doctor, begin } = world
  const { id } = await begin({ suggestion: 'A', patient_no: 'IP-7' })
  t.same(await status(doctor, id), { state: 'none', progress: 0, reason: null, job: null, asked_at: null })

  const asked = await generate(doctor, id)
  t.match(asked, { status: 202, body: GENERATED, headers: { location: /^\/api\/kernel\/jobs\/.{36}\/status\/$/ } })
  t.match(await generate(doctor, id), { status: 406, body: underWay(1) })
  t.match(await preview(doctor, id), { status: 406, body: underWay(1) })
  t.match(await mail(doctor, id), { status: 406, body: underWay(1) })
  t.match(await status(doctor, id), { state: 'waiting', progress: 1, asked_at: /T/ })

  await kernel.settle()
  t.match(await status(doctor, id), { state: 'ready', progress: 100, reason: null })
  const job = String(asked.headers.location)
  t.match((await doctor.get(job)).body, { state: 'done', progress: 100, result: { file: /^.{36}$/ } }, 'told to who asked')
  const shown = await preview(doctor, id)
  t.match(shown.body, {
    name: /^discharge_summary-Asha-\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}\+00:00$/,
    uploaded_by: null,
    upload_completed: true,
    is_archived: false,
    extension: '.pdf',
    read_signed_url: /\/DISCHARGE_SUMMARY\/[0-9a-f-]{36}\.pdf\?/
  })
  t.notMatch((shown.body as Shown).read_signed_url, /Asha/, 'the address says nothing about anybody')
  const pdf = await fetched(world, id)
  t.match(pdf.toString('latin1'), /^%PDF-1\.7[^]*%%EOF\s*$/)
  t.match(pdf.toString('latin1'), /pdfaid/, 'a document for archives: all fonts are in it')
  if (canRead)
    t.match(wordsOf(pdf), /House[^]*Patient Discharge Summary[^]*Asha[^]*IP-7[^]*1A00 Cholera \(confirmed\)[^]*Page 1 of 1/)
  t.equal(await kernel.sql('select from kernel_file_content').then(rows => rows.length), 0, 'nothing was uploaded')
  t.equal((await doctor.get(`/api/v1/files/?file_type=DISCHARGE_SUMMARY&associating_id=${id}`)).status, 200)

  t.equal((await generate(doctor, id)).status, 202, 'again, for somebody who is still here')
  t.match((await preview(doctor, id)).body, { id: (shown.body as Shown).id }, 'meanwhile there is the one before')
  await kernel.clock.advance('1s')
  await kernel.settle()
  t.not(((await preview(doctor, id)).body as Shown).id, (shown.body as Shown).id)
  t.equal((await kernel.sql('select from facility_fileupload where file_type = 5')).length, 2, 'older ones stay')
})

t.test('two ask at once: one document is made', async t => {
  const { kernel, doctor, begin } = await clinic(t)
  const { id } = await begin()
  const answers = await Promise.all(Array.from({ length: 6 }, (_, n) => (n % 2 ? generate(doctor, id) : preview(doctor, id))))
  t.same(answers.map(({ status: code }) => code).sort(), [202, 406, 406, 406, 406, 406])
  await kernel.settle()
  t.equal((await kernel.sql('select from facility_fileupload')).length, 1)
})

t.test('the discharge asks for one, in its own transaction', async t => {
  const world = await clinic(t)
  const { kernel, doctor, begin } = world
  const { id } = await begin({ suggestion: 'A', patient_no: 'IP-7' })
  await generate(doctor, id)
  await kernel.settle()
  const before = ((await preview(doctor, id)).body as Shown).id
  t.equal((await discharge(doctor, id)).status, 200)
  t.match(await generate(doctor, id), {
    status: 406,
    body: { detail: 'Cannot generate a new discharge summary for already discharged patient' }
  })
  t.match(await status(doctor, id), { state: 'waiting', progress: 0 })
  t.match(await mail(doctor, id, { email: 'asha@example.org' }), { status: 202, body: MAILED }, 'what is at 0 % can be mailed')
  t.match(await mail(doctor, id, { email: 'brother@example.org' }), { status: 406 })
  await kernel.settle()
  const after = ((await preview(doctor, id)).body as Shown).id
  t.not(after, before)
  t.equal(
    (await kernel.sql('select from facility_fileupload')).length,
    2,
    'one before, one by the discharge and the mail together'
  )
  t.equal(kernel.mail.length, 1)
  const [{ to, subject, html, attachments = [] } = { to: [], subject: '' }] = kernel.mail
  t.same([to, subject, html], [['asha@example.org'], 'Patient Discharge Summary', 'Please find the attached file'])
  t.match(attachments, [{ filename: /^discharge_summary-Asha-.*\.pdf$/, contentType: 'application/pdf' }])
  t.same(Buffer.from(attachments[0]?.content ?? []), await fetched(world, id), 'the one that knows of the discharge')
  if (canRead) t.match(wordsOf(attachments[0]?.content ?? Buffer.from('')), /Recovered[^]*Rest for a week\./)

  const failing = await begin()
  t.equal((await discharge(doctor, failing.id, { discharge_date: '2019-01-01T00:00:00Z' })).status, 400)
  t.match(await status(doctor, failing.id), { state: 'none' }, 'a discharge that was refused asked for nothing')
})

t.test('a discharge while a summary is made makes another one', async t => {
  const world = await clinic(t)
  const { kernel, doctor, begin } = world
  const { id } = await begin()
  await generate(doctor, id)
  const { typesetter } = scopeOf(world)
  const typeset = typesetter.typeset.bind(typesetter)
  const answers: unknown[] = []
  Object.assign(typesetter, {
    typeset: async (...args: Parameters<typeof typeset>) => {
      Object.assign(typesetter, { typeset })
      answers.push((await generate(doctor, id)).body, await status(doctor, id), (await discharge(doctor, id)).status)
      return typeset(...args)
    }
  })
  await kernel.settle()
  t.match(answers, [underWay(10), { state: 'running', progress: 10 }, 200])
  t.equal((await kernel.sql('select from facility_fileupload')).length, 2)
  if (canRead) t.match(wordsOf(await fetched(world, id)), /Rest for a week/, 'the newest knows of the discharge')
})

t.test('mailed', async t => {
  const { kernel, doctor, begin } = await clinic(t)
  const { id } = await begin()
  t.match(await mail(doctor, id, { email: 'nobody' }), { status: 400, body: { email: ['Enter a valid email address.'] } })
  t.match(await mail(doctor, id, { email: '' }), { status: 400, body: { email: ['This field may not be blank.'] } })
  t.match(await status(doctor, id), { state: 'none' })
  t.match(await mail(doctor, id), { status: 202, body: MAILED }, 'as the front end asks: without a body')
  await kernel.settle()
  t.match(kernel.mail, [{ to: ['test@example.org'] }], "there was none: it was made, and went to the caller's own address")
  t.match(await mail(doctor, id, { email: 'asha@example.org' }), { status: 202, headers: { location: /status/ } })
  await kernel.settle()
  t.equal((await kernel.sql('select from facility_fileupload')).length, 1, 'what is there is mailed')
  t.match(kernel.mail, [{}, { to: ['asha@example.org'] }])
  t.same(await kernel.sql('select mail_to from kernel_discharge_summary'), [{ mail_to: [] }], 'no address is kept')
  await kernel.sql("update users_user set email = ''")
  t.match(await mail(doctor, id), { status: 400, body: { email: ['This field is required.'] } })
})

t.test('a template that does not compile: the job fails where everybody sees it, and can be asked for again', async t => {
  const template = join(folder, 'broken.typ')
  writeFileSync(template, '#let doc = json(bytes(sys.inputs.document))\n#doc.no-such-thing')
  const { kernel, doctor, begin } = await clinic(t, { config: { plugins: { 'discharge-summary': { template } } } })
  const { id } = await begin()
  const asked = await mail(doctor, id, { email: 'asha@example.org' })
  await kernel.settle()
  t.match(await status(doctor, id), { state: 'failed', progress: 10, reason: 'failed' })
  t.match((await doctor.get(String(asked.headers.location))).body, { state: 'parked' })
  t.equal((await kernel.sql('select from facility_fileupload')).length, 0, 'no empty file')
  t.match(await preview(doctor, id), { status: 202, body: GENERATED }, 'asking again is trying again')
  await kernel.settle()
  t.match(await status(doctor, id), { state: 'failed' })
  writeFileSync(template, '#json(bytes(sys.inputs.document)).patient.at(0).at(1)')
  t.match(await generate(doctor, id), { status: 202 })
  await kernel.settle()
  t.match(await status(doctor, id), { state: 'ready' })
  t.match(await preview(doctor, id), { status: 200 })
  t.equal(kernel.mail.length, 0, 'what somebody wanted mailed before it failed is not mailed with a later one')
})

t.test('the command that tries a template, with a logo and files beside it', async t => {
  const home = mkdtempSync(join(tmpdir(), 'care-template-'))
  const [logo, template, out] = [join(home, 'mark.svg'), join(home, 'own.typ'), join(home, 'out.pdf')]
  writeFileSync(
    logo,
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9" fill="#123456"/></svg>'
  )
  const lines: string[] = []
  const terminal = { print: (line: string) => void lines.push(line) } as never
  const tried = async (settings: object) => {
    const world = await clinic(t, { config: { plugins: { 'discharge-summary': settings } } })
    lines.length = 0
    return commands['discharge-summary sample']?.run(scopeOf(world), [out], {}, terminal)
  }
  t.equal(await tried({}), 0)
  t.match(lines[0], /out\.pdf: 1 page, \d+ bytes/)
  const plain = readFileSync(out)
  t.equal(await tried({ logo }), 0)
  t.not(readFileSync(out).length, plain.length, 'the logo is in it')
  writeFileSync(join(home, 'beside.txt'), 'from beside')
  writeFileSync(template, '#let doc = json(bytes(sys.inputs.document))\n#doc.title #read("beside.txt") #image(doc.logo)')
  t.equal(await tried({ logo, template }), 0)
  if (canRead) t.match(wordsOf(readFileSync(out)), /Patient Discharge Summary from beside/)
  writeFileSync(template, '#read("/../../../../../../etc/passwd")')
  t.equal(await tried({ template }), 1)
  writeFileSync(template, '#let x = 1\n#nothing-there')
  t.equal(await tried({ template }), 1)
  t.match(lines, [/nothing-there/], 'it says what is wrong')
})

t.test('the Typst worker: dies, is aborted, is replaced', async t => {
  const world = await clinic(t)
  const { typesetter } = scopeOf(world)
  const document = await documentOf(world, (await world.begin()).id)
  const children = () =>
    readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
  const before = children()
  await typesetter.typeset(document, new Date())
  const [worker = 0] = children().filter(pid => !before.includes(pid))
  t.notSame(worker, 0)
  t.notMatch(readFileSync(`/proc/${worker}/environ`, 'utf8'), /DATABASE_URL|PATH/, 'without the environment of this process')
  process.kill(worker, 'SIGKILL')
  const [killed] = await Promise.allSettled([typesetter.typeset(document, new Date())])
  t.equal((await typesetter.typeset(document, new Date())).pages, 1, 'another worker is started')
  t.ok(killed?.status === 'fulfilled' || /ended/.test(String(killed?.reason)), 'the waiting request is rejected')
  const given = new AbortController()
  const waiting = typesetter.typeset(document, new Date(), given.signal)
  setTimeout(() => given.abort(), 1)
  await waiting.then(
    () => t.comment('it was faster'),
    error => t.match(String(error), /too long|aborted/)
  )
  t.equal((await typesetter.typeset(document, new Date())).pages, 1)
  typesetter.stop()
  for (let n = 0; n < 50 && children().length > before.length; n++) await new Promise(resolve => setTimeout(resolve, 20))
  t.same(children(), before, 'no process is left')
})

t.test('a store that is away: tried again, then failed, then made', async t => {
  let away = true
  const kept = new Map<string, Uint8Array>()
  const store = defineGateway({
    port: 'storage',
    name: 'files-test',
    summary: 'Away, or not',
    config: Type.Object({}),
    shared: true,
    constants: () => ({ publicAddress: 'http://store' }),
    open: async (): Promise<Storage> => ({
      publicAddress: 'http://store',
      put: async (_bucket, key, content) => {
        if (away) throw new Error('away')
        kept.set(key, content)
      },
      get: async (_bucket, key) => kept.get(key),
      delete: async () => undefined,
      stat: async () => undefined,
      signedUrl: (_bucket, key) => `http://store/${key}`,
      check: async () => undefined,
      close: async () => undefined
    })
  })
  const world = await clinic(t, { config: { gateways: { storage: { use: 'files-test' } } }, gateways: { 'files-test': store } })
  const { kernel, doctor, begin } = world
  const { id } = await begin()
  await generate(doctor, id)
  await kernel.settle()
  t.match(await status(doctor, id), { state: 'waiting' }, 'it will be tried again')
  t.equal((await generate(doctor, id)).status, 406)
  away = false
  await kernel.clock.advance('1m')
  t.match(await status(doctor, id), { state: 'ready' })
  away = true
  await generate(doctor, id)
  await kernel.clock.advance('10m')
  t.match(await status(doctor, id), { state: 'failed', reason: 'failed' })
  t.match(await preview(doctor, id), { status: 200 }, 'the one before is there')
  away = false
  await generate(doctor, id)
  await kernel.settle()
  t.match(await status(doctor, id), { state: 'ready' })
  t.equal(kept.size, 2)
})

t.test('who may', async t => {
  const { kernel, as, staff, doctor, begin, beside, south, north, state } = await clinic(t)
  const { id } = await begin()
  const ask = async (by: Requester) =>
    Promise.all([
      generate(by, id),
      preview(by, id),
      mail(by, id, { email: 'stranger@example.org' }),
      by.get(at(id, 'discharge_summary_status/'))
    ]).then(answers => answers.map(({ status: code }) => code))
  const other = await staff(15, beside, south)
  t.same(await ask(other), [404, 404, 404, 404], 'a doctor of another district')
  t.same(await ask(await as({ user_type: 30, district_id: south, state_id: state })), [404, 404, 404, 404], 'its administrator')
  const reader = await as({ user_type: 29, district_id: north, state_id: state })
  t.same(await ask(reader), [403, 202, 403, 200], 'a read-only administrator of the district: looks only')
  await kernel.settle()
  t.same(await ask(await staff(9)), [403, 200, 403, 200], 'read-only staff of the hospital')
  t.same(await ask(await as({ user_type: 15, verified: false })), [403, 403, 403, 403], 'not verified')
  t.same(await ask(kernel), [401, 401, 401, 401], 'nobody')
  await kernel.settle()
  t.equal(kernel.mail.length, 0, 'nobody mailed anything')
  t.equal((await kernel.sql('select from facility_fileupload')).length, 1)
  t.same((await generate(doctor, '00000000-0000-4000-8000-000000000000')).status, 404)

  const moved = await begin()
  await kernel.sql('update facility_patientregistration set facility_id = $1 where external_id = $2', [beside.id, moved.patient])
  t.same(
    (await generate(doctor, moved.id)).status,
    403,
    'listed as of one’s home, but not to be opened: the patient is elsewhere'
  )
})

/** Stands for the plugins that will own beds, prescriptions, samples and investigations. */
const wards = definePlugin({
  contract: defineContract({ name: 'wards', version: 1 }),
  version: '1.0.0',
  kernel: '^1.0.0',
  summary: 'What a summary prints of others',
  extends: [patients, dischargeSummary],
  fills: {
    'patients/joined': {
      consultation_beds: `(select 1::bigint as id, c.id as consultation_id, null::timestamptz as end_date, ''::text as bed_name, t.type as bed_type, null::uuid as location
        from facility_patientconsultation c cross join (values (7), (2), (7), (3)) t (type))`
    },
    'discharge-summary/consultation': {
      prescriptions: `(select json_agg(x) from (values
        ('REGULAR', 'PRN', 'Paracetamol - DOLO', '500 mg', null, 'ORAL', null, null::integer),
        ('REGULAR', 'TITRATED', 'Ringer lactate', '100 ml', '500 ml', 'IV', 'Q4H', 2),
        ('REGULAR', 'REGULAR', 'Doxycycline', '100 mg', null, 'ORAL', 'BD', 1),
        ('DISCHARGE', 'REGULAR', 'Zinc', '20 mg', null, 'ORAL', 'OD', 14)) x (prescription_type, dosage_type, medicine, base_dosage, target_dosage, route, frequency, days))`,
      samples: `(select json_build_array(json_build_object('requested_on', c.encounter_date, 'sample_type', 'Stool', 'label', 'K-1', 'result', 'POSITIVE')))`,
      investigations: `(select json_agg(x) from (values
        ('Blood', 'Haemoglobin', 11.5, null, 'g/dL', 12.0, 16.5, c.encounter_date),
        (null, 'Culture', null::float8, 'no growth', null, null::float8, null::float8, c.encounter_date),
        ('Blood', 'Bands', 0.0, 'none seen', '%', 0.0, 6.0, c.encounter_date)) x ("group", name, value, notes, unit, min, max, date))`
    }
  }
})

t.test('what it says', async t => {
  const world = await clinic(t, {}, [wards])
  const { kernel, doctor, begin, patient, body, one } = world
  await kernel.sql("update facility_facility set address = $1, phone_number = '+914842361251', pincode = 682011", [
    'Marine Drive'
  ])
  await kernel.sql("update users_user set first_name = 'Ravi', last_name = 'Nair'")
  const { id, patient: whose } = await begin({
    suggestion: 'A',
    patient_no: 'IP-7',
    course_in_facility: 'Fluids, then better.',
    investigation: [
      { type: ['ECG', 'Echo'], repetitive: true, frequency: '6 hourly', notes: 'twice' },
      { type: 'MRI' },
      'nonsense'
    ],
    procedure: [{ procedure: 'Dressing', repetitive: false, time: '2024-06-02T15:41', notes: '' }, { procedure: 'Suture' }],
    create_diagnoses: [
      { diagnosis: ICD.asthma, is_principal: false, verification_status: 'differential' },
      { diagnosis: ICD.typhoid, is_principal: false, verification_status: 'provisional' },
      { diagnosis: ICD.cholera, is_principal: true, verification_status: 'confirmed' }
    ],
    create_symptoms: [
      { symptom: 3, onset_date: '2024-05-28' },
      { symptom: 9, other_symptom: 'Hiccups', onset_date: '2024-05-29' },
      { symptom: 4, onset_date: '2024-06-03' }
    ]
  })
  await kernel.sql(
    `update facility_patientregistration set allergies = 'Penicillin', disease_status = 2, date_of_result = '2024-06-01T20:00:00Z', is_vaccinated = true,
      ration_card_category = 'NO_CARD', address = $1 where external_id = $2`,
    ['12 Palm Grove\nKaloor', whose]
  )
  await kernel.sql(
    `insert into facility_disease (patient_id, disease, details, deleted) select id, v.disease, v.details, v.deleted
      from facility_patientregistration cross join (values (2, 'Insulin', false), (4, null, false), (7, 'gone', true)) v (disease, details, deleted) where external_id = $1`,
    [whose]
  )
  const row = await idOf(world, id)
  for (let n = 0; n < 20; n++)
    await kernel.sql(
      `insert into facility_dailyround (external_id, created_date, modified_date, deleted, consultation_id, taken_at, rounds_type, patient_category, temperature, pulse, bp,
        physical_examination_info, is_parsed_by_ocr, created_by_telemedicine, last_updated_by_telemedicine, infusions, iv_fluids, feeds, output, pain_scale_enhanced, pressure_sore, nursing, medicine_administration, meta)
      values (gen_random_uuid(), now(), now(), $4, $1, $2, $3, 'Moderate', $5, $6, $7, $8, false, false, false, '[]', '[]', '[]', '[]', '[]', '[]', '[]', '[]', '{}')`,
      [
        row,
        new Date(Date.parse('2024-06-02T03:30:00Z') + n * 3_600_000).toISOString(),
        n === 19 ? 300 : 50,
        n === 10,
        n === 10 ? 110 : 103 - n / 4,
        n === 0 ? null : 100 - n,
        n === 3 ? '{}' : JSON.stringify({ systolic: 90 + n, diastolic: 60 }),
        `seen ${n}`
      ]
    )
  await kernel.sql(
    `insert into facility_fileupload (external_id, created_date, modified_date, deleted, name, internal_name, associating_id, file_type, file_category, upload_completed, is_archived, archive_reason)
      select gen_random_uuid(), now(), '2024-06-03T06:30:00Z', false, v.name, 'x', $1, 2, 'UNSPECIFIED', v.complete, v.archived, ''
      from (values ('ECG strip', true, false), ('on its way', false, false), ('wrong one', true, true)) v (name, complete, archived)`,
    [String(row)]
  )
  await discharge(doctor, id)
  const document = await documentOf(world, id)
  const [, , [, age] = ['', '']] = document.patient
  t.match(age, /^\d\d years$/)

  t.same(document, JSON.parse(readFileSync(GOLDEN, 'utf8').replace('AGE', age)))

  await kernel.settle()
  const pdf = await fetched(world, id)
  if (canRead) {
    const words = wordsOf(pdf).replace(/\s+/g, '')
    for (const text of textsOf(document)) {
      const shown = text.replaceAll(/\s+/g, '')
      if (!['pairs', 'table', 'text', 'list'].includes(text)) t.ok(words.toLowerCase().includes(shown.toLowerCase()), text)
    }
  } else t.comment('pdftotext is not here: what the pages say was not compared with the data')

  const cost = async (uuid: string) => {
    const key = await idOf(world, uuid)
    return kernel.statements(async () => void (await scopeOf(world).summaries.compose(scopeOf(world).database, key, new Date())))
  }
  t.equal(await cost(id), 1, 'one statement, however much there is')
  t.equal(await cost((await begin()).id), 1)

  const dead = await begin({ suggestion: 'DD', treating_physician: doctor.user.id })
  await discharge(doctor, dead.id, {
    new_discharge_reason: 3,
    death_datetime: '2024-06-02T18:30:00Z',
    death_confirmed_doctor: 'Dr. Devi'
  })
  const told = await documentOf(world, dead.id)
  t.equal(told.title, 'Patient Summary')
  t.same(
    told.sections.map(({ title }) => title),
    ['Patient Details', 'Discharge Summary'],
    'no treatment, and no prescription for who did not recover'
  )
  t.match(told.sections[1]?.blocks, [
    {
      pairs: [
        ['Discharge Date', 'June 3, 2024, midnight'],
        ['Discharge Reason', 'Expired'],
        ['Time of death'],
        ['Confirmed by', 'Dr. Devi']
      ]
    }
  ])

  const healthy = await patient()
  await kernel.sql(
    "insert into facility_disease (patient_id, disease, details, deleted) select id, 1, '', false from facility_patientregistration where external_id = $1",
    [healthy]
  )
  const made = await doctor.post(
    '/api/v1/consultation/',
    body(healthy, { suggestion: 'HI', patient_no: '', weight: 0, height: null, create_symptoms: [] })
  )
  const text = textsOf(await documentOf(world, (made.body as { id: string }).id))
  t.notOk(text.includes('Medication History'), 'hidden for somebody with no disease')
  t.ok(text.includes('Asymptomatic'))
  t.notOk(text.join().includes('null') || text.join().includes('None'), 'what is missing is N/A')
  await one('select 1')
})

t.test('hostile text is text', async t => {
  const world = await clinic(t)
  const { kernel, doctor, begin } = world
  const { id } = await begin({ suggestion: 'A', patient_no: 'IP-7' })
  const evil = [
    '#panic("x")',
    '#import "/etc/passwd"',
    '#read("/etc/passwd")',
    '*bold* _it_ $x^2$ `raw` = Heading',
    '"]) #let x = 1',
    '<label> @ref // /* comment */',
    '\\u{41} \\# & &amp; <b>',
    '{{ data }} ${data} %s',
    '😀 مرحبا हिन्दी മലയാളം',
    '\u202egnp.exe\u202c \u0007bell',
    `${'W'.repeat(3000)}`,
    `${'long '.repeat(3000)}`,
    'a\n\n\n\n\nb\r\nc\td'
  ]
  const all = evil.join('\n')
  const short = '#panic("n") *b* $x$ "]) &amp;'
  await kernel.sql(
    `update facility_patientconsultation set ${['examination_details', 'history_of_present_illness', 'treatment_plan', 'consultation_notes', 'course_in_facility', 'operation', 'special_instruction', 'discharge_notes', 'death_confirmed_doctor', 'referred_to_external'].map(column => `${column} = $1`).join(', ')},
      patient_no = $2, investigation = $3, procedure = $3, death_datetime = now(), suggestion = 'A'`,
    [
      all,
      short,
      JSON.stringify([
        { type: evil, procedure: all, notes: all, repetitive: true, frequency: all },
        { time: all, type: { deep: [all] } },
        [all],
        null,
        7
      ])
    ]
  )
  await kernel.sql('update facility_patientregistration set name = $1, address = $2, allergies = $2, ongoing_medication = $2', [
    evil[10]?.slice(0, 200),
    all
  ])
  await kernel.sql('update facility_facility set name = $1, address = $2', [evil[10]?.slice(0, 200), all])
  await kernel.sql('update users_user set first_name = $1, last_name = $1', [short])
  await kernel.sql('update users_state set name = $1', [short])
  await kernel.sql('update facility_icd11diagnosis set label = $1', [short])
  await kernel.sql(
    'insert into facility_disease (patient_id, disease, details, deleted) select id, 8, $1, false from facility_patientregistration',
    [all]
  )
  await kernel.sql('update facility_encountersymptom set symptom = 9, other_symptom = $1', [all])
  const document = await documentOf(world, id)
  t.notMatch(JSON.stringify(document), /\\u202e|\\u0007/, 'nothing turns the direction of the text or is not seen')
  t.ok(document.running.length < 200, 'the foot of a page has room for it')
  await generate(doctor, id)
  await kernel.settle()
  t.match(await status(doctor, id), { state: 'ready' })
  const pdf = await fetched(world, id)
  if (!canRead) return t.comment('pdftotext is not here')
  const words = wordsOf(pdf)
  for (const text of evil.slice(0, 8)) t.ok(words.replace(/\s+/g, ' ').includes(text), text)
  t.notMatch(words, /root:x:0/)
  const boxes = execFileSync('pdftotext', ['-bbox', join(folder, 'read.pdf'), '-'], { encoding: 'utf8', maxBuffer: 1e9 })
  const beyond = [...boxes.matchAll(/xMax="([\d.]+)" yMax="([\d.]+)"/g)].filter(
    ([, x, y]) => Number(x) > 595.3 - 38 || Number(y) > 835
  )
  t.equal(beyond.length, 0, 'no word leaves its page')
})

t.test('formats', async t => {
  const times = timesIn('Asia/Kolkata')
  t.same(
    [
      '2024-10-01T10:11:12.123456+00:00',
      '2024-01-31T18:30:00Z',
      '2024-05-05T06:30:00Z',
      '2024-09-30T22:30:00+00:00',
      '2024-02-03T04:05'
    ].map(times.dateTime),
    ['Oct. 1, 2024, 3:41 p.m.', 'Feb. 1, 2024, midnight', 'May 5, 2024, noon', 'Oct. 1, 2024, 4 a.m.', 'Feb. 3, 2024, 4:05 a.m.']
  )
  t.same(['2024-10-01T20:00:00Z', '2024-07-09', 'tomorrow', null].map(times.date), [
    'Oct. 2, 2024',
    'July 9, 2024',
    'tomorrow',
    ''
  ])
  t.equal(times.dateTime('2024-99-99T10:00'), '2024-99-99T10:00')
  const start = '2024-10-01T10:00:00Z'
  t.same(
    [null, '2024-10-01T17:30:00Z', '2024-10-02T10:00:00Z', '2024-10-09T09:59:59Z', '2024-09-01T00:00:00Z'].map(end =>
      duration(start, end)
    ),
    ['N/A', '07:30', '1 day', '7 days', 'N/A']
  )
  t.same([80, 72.5, 0.25].map(float), ['80.0', '72.5', '0.25'])
  t.same(['Outpatient/Emergency Room', 'ICU_WITH_OXYGEN_SUPPORT', 'DOCTORS_LOG'].map(sentence), [
    'Outpatient/emergency room',
    'ICU with oxygen support',
    'Doctors log'
  ])
  t.equal(cut('👨‍👩‍👧'.repeat(5), 3), '👨‍👩‍👧👨‍👩‍👧…', 'what a reader counts')
  t.equal(textOf({ a: 1 }), '')
  t.equal(textOf('a'.repeat(20)), 'a'.repeat(20))
  t.equal(textOf('a'.repeat(21)), 'aaaaaa\u200baaaaaa\u200baaaaaa\u200baaa', 'a run that is no word may be broken')
  t.match(textOf(`${'x'.repeat(19_999)}😀 y`), /x \[…\]$/, 'it says that it goes on, and cuts no character in two')
})
