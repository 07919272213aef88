import t from 'tap'
import { Type } from 'typebox'
import webPush from 'web-push'
import { defineContract, definePlugin, Refusal, type Plugin, type Sms, type SmsPort, type Tx } from 'care-kernel'
import { defineGateway } from 'care-kernel/gateway'
import { planCare } from 'care-kernel/platform'
import { rootValues } from '../../platform/testing/defaults.ts'
import { testKernel, type Requester, type TestContext, type TestOptions, type TestUser } from 'care-kernel/testing'
import { WebPush } from '../../plugins/notifications/web-push.ts'
import { betweenFacilities, type Place } from './between-facilities.ts'
import { startPushService } from './push-service.ts'

const URL = '/api/v1/notification/'
const UNKNOWN = '00000000-0000-4000-8000-000000000000'
const VAPID = webPush.generateVAPIDKeys()
const FEATURES = ['patients', 'consultations', 'shifting', 'notifications'] as const

/** Emits `file-added` without the storage of the real plugin. */
const files = definePlugin({
  contract: defineContract({
    name: 'files',
    version: 1,
    events: {
      'file-added': Type.Object({
        fileType: Type.Integer(),
        patientId: Type.Union([Type.Integer(), Type.Null()]),
        consultationId: Type.Union([Type.Integer(), Type.Null()]),
        by: Type.Integer()
      })
    }
  }),
  version: '1.0.0',
  kernel: '^1.0.0',
  summary: 'Emits file-added'
})

interface NotificationBody {
  readonly id: string
  readonly event: string
  readonly event_type: string
  readonly message: string
  readonly caused_by: { readonly id: number }
  readonly caused_objects: Readonly<Record<string, string>>
  readonly read_at: string | null
}

/** Inserts a row into a table whose plugin is not under test; required columns get empty values. */
async function insert(kernel: Sql, table: string, row: Readonly<Record<string, unknown>>): Promise<Place> {
  const uuid = crypto.randomUUID()
  const at = '2024-01-01T00:00:00Z'
  const [made] = await kernel.sql<{ id: number }>(
    `insert into ${table} select x.* from jsonb_populate_record(null::${table}, (
      select jsonb_object_agg(column_name, case when data_type = 'boolean' then 'false' when data_type like '%int%' or data_type = 'numeric' then '0'
        when data_type like 'timestamp%' then to_jsonb(now()) when data_type = 'ARRAY' then '[]' when data_type = 'jsonb' then '{}' else '""' end::jsonb)
      from information_schema.columns where table_name = '${table}' and is_nullable = 'NO' and data_type <> 'uuid')
      || jsonb_build_object('id', nextval(pg_get_serial_sequence('${table}', 'id'))) || $1::jsonb) x returning id`,
    [JSON.stringify({ external_id: uuid, created_date: at, modified_date: at, ...row })]
  )
  return { id: made?.id ?? 0, uuid }
}
interface Sql {
  sql<Row = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]>
}

/** A patient at the origin facility, in a consultation assigned to a doctor of the assigned facility, and users at every facility. */
async function world(
  t: TestContext,
  { keys = true, ...settings }: { keys?: boolean; readonly [name: string]: unknown } = {},
  over: Pick<TestOptions, 'gateways'> & { config?: object; more?: readonly Plugin[] } = {}
) {
  const between = await betweenFacilities(
    t,
    [...FEATURES, ...(over.more ?? [])],
    {
      notifications: {
        ...(keys ? { vapidPublicKey: VAPID.publicKey, vapidPrivateKey: VAPID.privateKey } : {}),
        textMessages: true,
        ...settings
      }
    },
    over
  )
  const { kernel, as, origin, approving, assigned, elsewhere } = between
  const named = async (first_name: string, user: TestUser, ...at: readonly Place[]) =>
    as({ ...user, ...({ first_name, last_name: 'Thomas' } as TestUser) }, ...at)
  const people = {
    actor: await named(' Anu', { user_type: 15 }, origin),
    nurse: await named('Nila', { user_type: 14 }, origin),
    viewer: await named('Vinu', { user_type: 9 }, origin),
    remote: await named('Rafi', { user_type: 15 }, assigned),
    approver: await named('Appu', { user_type: 15 }, approving),
    stranger: await named('Sara', { user_type: 15 }, elsewhere),
    inactive: await named('Ila', { user_type: 15 }, origin, approving),
    deleted: await named('Devan', { user_type: 15 }, origin, approving)
  }
  await kernel.sql('update users_user set is_active = false where id = $1', [people.inactive.user?.id])
  await kernel.sql('update users_user set deleted = true where id = $1', [people.deleted.user?.id])
  const patient = await insert(kernel, 'facility_patientregistration', {
    name: 'Meera {user} $&',
    phone_number: '+919876500001',
    emergency_phone_number: '+914842000000',
    is_active: true,
    facility_id: origin.id
  })
  const consultation = await insert(kernel, 'facility_patientconsultation', {
    patient_id: patient.id,
    facility_id: assigned.id,
    assigned_to_id: people.remote.user?.id,
    suggestion: 'A'
  })
  await kernel.sql('update facility_patientregistration set last_consultation_id = $1', [consultation.id])
  const shift = await insert(kernel, 'facility_shiftingrequest', {
    patient_id: patient.id,
    origin_facility_id: origin.id,
    shifting_approving_facility_id: approving.id,
    assigned_facility_id: assigned.id,
    refering_facility_contact_number: '+919876500003',
    status: 40
  })
  /** Emits an event of a plugin in a transaction. */
  const emitEvent = async (event: string, payload: object) => {
    const [plugin = '', name = ''] = event.split('/')
    const { emit } = kernel.scopes.get(plugin) as { emit(tx: Tx, name: string, payload: object): Promise<void> }
    await kernel.ports.database?.transaction(tx => emit(tx, name, payload))
  }
  const notificationsOf = async (who: Requester, query = '') =>
    ((await who.get(`${URL}?limit=100&${query}`)).body as { results: NotificationBody[] }).results
  const userId = people.actor.user?.id ?? 0
  const round = crypto.randomUUID()
  const of = { consultationId: consultation.id, consultation: consultation.uuid, by: userId }
  const payloads = {
    patient: { patientId: patient.id, patient: patient.uuid, facilityId: origin.id, userId },
    note: {
      noteId: 1,
      patientId: patient.id,
      patient: patient.uuid,
      facilityId: origin.id,
      facility: origin.uuid,
      userId
    },
    consultation: of,
    assignment: { ...of, assignedTo: people.remote.user?.id },
    round: { ...of, roundId: 7, round },
    patientFile: { fileType: 1, patientId: patient.id, consultationId: null, by: userId },
    consultationFile: { fileType: 2, patientId: null, consultationId: consultation.id, by: userId },
    otherFile: { fileType: 7, patientId: null, consultationId: consultation.id, by: userId },
    shift: { shiftId: shift.id, shift: shift.uuid, patientId: patient.id, userId }
  }
  return { ...between, people, patient, consultation, shift, round, emitEvent, notificationsOf, payloads }
}

/** An SMS provider that can be down, slow, or refuse a number. */
function flakySms() {
  const sent: Sms[] = []
  const state: { away: boolean; slowMs: number; refuses?: string; tries: number } = { away: false, slowMs: 0, tries: 0 }
  const port: SmsPort = {
    async send(sms) {
      state.tries++
      if (state.slowMs > 0) await new Promise(resolve => setTimeout(resolve, state.slowMs))
      if (sms.to === state.refuses) throw new Refusal('the provider refuses the message')
      if (state.away) throw new Error('the provider is down')
      sent.push(sms)
      return { id: `receipt-${sent.length}` }
    },
    check: async () => undefined,
    close: async () => undefined
  }
  const gateway = defineGateway({
    port: 'sms',
    name: 'sms-flaky',
    summary: 'SMS that fail on demand',
    config: Type.Object({}),
    shared: true,
    open: async () => port
  })
  return { sent, state, over: { gateways: { 'sms-flaky': gateway }, config: { gateways: { sms: { use: 'sms-flaky' } } } } }
}

t.test('each event notifies its recipients with its text and objects', async t => {
  const { kernel, people, patient, consultation, shift, round, origin, assigned, emitEvent, notificationsOf, payloads } =
    await world(t, {}, { more: [files] })
  const ofPatient = { patient: patient.uuid, facility: origin.uuid }
  const ofConsultation = { consultation: consultation.uuid, ...ofPatient }
  const ofRound = { ...ofConsultation, facility: assigned.uuid, daily_round: round }
  const p = 'Meera {user} $&'
  const u = 'Anu Thomas'
  const around = ['nurse', 'viewer', 'remote']
  // From the table of docs/api/gateways-jobs.md §6.2.
  const table: [string, object, string, string[], string, object][] = [
    ['patients/patient-registered', payloads.patient, 'PATIENT_CREATED', around, `Patient ${p} was created by ${u}`, ofPatient],
    ['patients/patient-updated', payloads.patient, 'PATIENT_UPDATED', around, `Patient ${p} was updated by ${u}`, ofPatient],
    [
      'consultations/consultation-created',
      payloads.consultation,
      'PATIENT_CONSULTATION_CREATED',
      around,
      `Consultation for Patient ${p} was created by ${u}`,
      ofConsultation
    ],
    [
      'consultations/consultation-updated',
      payloads.consultation,
      'PATIENT_CONSULTATION_UPDATED',
      around,
      `Consultation for Patient ${p} was updated by ${u}`,
      ofConsultation
    ],
    [
      'consultations/consultation-assigned',
      payloads.assignment,
      'PATIENT_CONSULTATION_ASSIGNMENT',
      around,
      `Consultation for Patient ${p} was assigned by ${u}`,
      ofConsultation
    ],
    [
      'consultations/round-created',
      payloads.round,
      'PATIENT_CONSULTATION_UPDATE_CREATED',
      around,
      `Consultation for Patient ${p}  at facility Assigned was created by ${u}`,
      ofRound
    ],
    [
      'consultations/round-updated',
      payloads.round,
      'PATIENT_CONSULTATION_UPDATE_UPDATED',
      around,
      `Consultation for Patient ${p}  at facility Assigned was updated by ${u}`,
      ofRound
    ],
    [
      'patients/note-written',
      payloads.note,
      'PATIENT_NOTE_ADDED',
      ['nurse', 'viewer'],
      `Notes for Patient ${p} was added by ${u}`,
      ofPatient
    ],
    [
      'files/file-added',
      payloads.patientFile,
      'PATIENT_FILE_UPLOAD_CREATED',
      around,
      `A file for patient ${p} was uploaded by ${u}`,
      ofPatient
    ],
    // To the facility of the consultation, whose only member is the remote doctor.
    [
      'files/file-added',
      payloads.consultationFile,
      'CONSULTATION_FILE_UPLOAD_CREATED',
      ['remote'],
      `Consultation file for Patient ${p} was uploaded by ${u}`,
      ofConsultation
    ],
    [
      'shifting/destination-approved',
      payloads.shift,
      'SHIFTING_UPDATED',
      ['approver'],
      `Shifting for Patient ${p} was updated by ${u}`,
      { shifting: shift.uuid }
    ]
  ]
  for (const [event, payload, name, who, message, objects] of table) {
    await emitEvent(event, payload)
    await kernel.settle()
    for (const [person, user] of Object.entries(people)) {
      if (person === 'inactive' || person === 'deleted') continue
      const found = await notificationsOf(user, `event=${name}`)
      t.equal(found.length, who.includes(person) ? 1 : 0, `${event}: ${person}`)
      for (const one of found)
        t.match(one, {
          event: name,
          event_type: 'SYSTEM_GENERATED',
          message,
          read_at: null,
          caused_by: { id: people.actor.user?.id }
        })
      for (const { caused_objects: given } of found) t.same(given, objects)
    }
  }
  await emitEvent('files/file-added', payloads.otherFile)
  await kernel.settle()
  t.equal(
    (await notificationsOf(people.remote, 'event=CONSULTATION_FILE_UPLOAD_CREATED')).length,
    1,
    'no notification for other kinds of files'
  )
  const [signal] = await notificationsOf(people.nurse, 'event=PUSH_MESSAGE')
  t.same(JSON.parse(signal?.message ?? ''), {
    facility_id: origin.uuid,
    patient_id: patient.uuid,
    from: 'patient/doctor_notes/create'
  })
  t.same(
    await kernel.sql('select count(*)::int as count from facility_notification where intended_for_id = any($1)', [
      [people.inactive.user?.id, people.deleted.user?.id, people.actor.user?.id]
    ]),
    [{ count: 0 }],
    'none for the user who caused it, for inactive and deleted users'
  )
})

t.test('one notification for a member who is also the assignee; none without a facility or for a deleted one', async t => {
  const { kernel, people, origin, emitEvent, notificationsOf, payloads } = await world(t)
  await kernel.sql('insert into facility_facilityuser (facility_id, user_id, created_by_id) values ($1, $2, $2)', [
    origin.id,
    people.remote.user?.id
  ])
  await emitEvent('patients/patient-registered', payloads.patient)
  await kernel.settle()
  t.equal((await notificationsOf(people.remote)).length, 1)

  await kernel.sql('update facility_patientregistration set facility_id = null')
  await emitEvent('patients/patient-updated', payloads.patient)
  await emitEvent('consultations/consultation-created', payloads.consultation)
  await kernel.sql('update facility_patientregistration set facility_id = $1', [origin.id])
  await kernel.sql('update facility_facility set deleted = true where id = $1', [origin.id])
  await kernel.settle()
  await emitEvent('patients/patient-updated', payloads.patient)
  await emitEvent('patients/patient-updated', { ...payloads.patient, patientId: 99_999 })
  await emitEvent('shifting/destination-approved', { ...payloads.shift, shiftId: 99_999 })
  await kernel.settle()
  t.equal((await notificationsOf(people.remote)).length, 1, 'no notification and no error')
  t.same(await kernel.sql("select task from kernel_message where state <> 'done'"), [])
})

t.test('redelivered events have no effect', async t => {
  const push = await startPushService(VAPID.publicKey)
  t.teardown(() => push.stop())
  const { kernel, people, emitEvent, notificationsOf, payloads } = await world(t)
  await people.nurse.patch('/api/v1/users/x/pnconfig/', push.subscribe('nurse'))
  kernel.broker.copies = 3
  await emitEvent('patients/note-written', payloads.note)
  await emitEvent('shifting/destination-approved', payloads.shift)
  await kernel.settle()
  for (const { queue, body } of [...kernel.broker.published]) await kernel.broker.deliver(queue, body)
  await kernel.settle()
  t.equal((await notificationsOf(people.nurse)).length, 2)
  t.equal((await notificationsOf(people.approver)).length, 1)
  t.equal(push.pushed.length, 2)
  t.equal(kernel.sms.length, 2)
})

t.test('an approved destination of a shift sends SMS', async t => {
  const text = 'Your Shifting Request to Assigned has been approved in Care. Please contact +914842345678 for any queries'
  const sms = flakySms()
  const { kernel, shift, emitEvent, payloads } = await world(t, {}, sms.over)
  const approve = async () => {
    sms.sent.length = 0
    await emitEvent('shifting/destination-approved', payloads.shift)
    await kernel.settle()
    return sms.sent.map(({ to }) => to).sort()
  }
  t.same(await approve(), ['+919876500001', '+919876500003'], 'each mobile once, no landline')
  t.ok(sms.sent.every(message => message.text === text && message.key))
  t.same(
    await kernel.sql("select result from kernel_message where task = 'notifications.text-of-shift' order by result->>'id'"),
    [{ result: { id: 'receipt-1' } }, { result: { id: 'receipt-2' } }],
    "the provider's ids stay as receipts"
  )
  await kernel.sql(
    "update facility_patientregistration set phone_number = '+915555500001', emergency_phone_number = '+14155550100'"
  )
  t.same(await approve(), ['+14155550100', '+919876500003'], 'numbers of other countries; no invalid number')
  await kernel.sql('update facility_shiftingrequest set assigned_facility_id = null, assigned_facility_external = $1', ['Abroad'])
  await approve()
  t.match(sms.sent[0]?.text, /^Your Shifting Request to Abroad has/, 'FIX: a destination outside')

  sms.state.refuses = '+919876500003'
  sms.state.tries = 0
  t.same(await approve(), ['+14155550100'])
  await kernel.clock.advance('1d')
  t.equal(sms.state.tries, 2, 'a refusal is not tried again')
  t.match(await kernel.sql("select reason, attempts from kernel_message where state = 'parked'"), [
    { reason: 'failed', attempts: 1 }
  ])
  t.equal(shift.uuid.length, 36)

  const quiet = await world(t, { textMessages: false })
  await quiet.emitEvent('shifting/destination-approved', quiet.payloads.shift)
  await quiet.kernel.settle()
  t.equal(quiet.kernel.sms.length, 0, 'SMS are off')
  t.equal((await quiet.notificationsOf(quiet.people.approver)).length, 1, 'users are notified nevertheless')
})

t.test('providers that are down for a while: everything is delivered later and once, no request waits', async t => {
  const push = await startPushService(VAPID.publicKey)
  t.teardown(() => push.stop())
  const sms = flakySms()
  const { kernel, people, approving, notificationsOf, emitEvent, payloads, root } = await world(t, {}, sms.over)
  for (const who of ['nurse', 'viewer', 'approver'] as const)
    await people[who].patch('/api/v1/users/x/pnconfig/', push.subscribe(who))
  sms.state.away = true
  sms.state.slowMs = 300
  push.fault = 'hang'
  for (let n = 0; n < 3; n++) await emitEvent('patients/patient-updated', payloads.patient)
  await emitEvent('shifting/destination-approved', payloads.shift)
  const working = kernel.settle()
  const times: number[] = []
  while (push.fault === 'hang' && times.length < 40) {
    const from = performance.now()
    const [list, notify, mark] = [
      await people.nurse.get(URL),
      await root.post(`${URL}notify/`, { facility: approving.uuid, message: 'all well' }),
      await people.nurse.patch('/api/v1/users/x/pnconfig/', {})
    ]
    t.same([list.status, notify.status, mark.status], [200, 204, 200])
    times.push(performance.now() - from)
  }
  times.sort((a, b) => a - b)
  t.ok((times[Math.floor(times.length / 2)] ?? 9999) < 250, `three requests take ${Math.round(times[20] ?? 0)} ms`)
  push.fault = 503
  await working
  await kernel.clock.advance('2m')
  t.equal(push.pushed.length + sms.sent.length, 0)
  t.equal((await notificationsOf(people.nurse)).length, 3, 'stored at once')
  push.fault = undefined
  sms.state.away = false
  sms.state.slowMs = 0
  await kernel.clock.advance('2h')
  t.same(sms.sent.map(({ to }) => to).sort(), ['+919876500001', '+919876500003'])
  const ids = push.pushed.map(({ topic, browser }) => `${browser} ${topic}`)
  t.equal(new Set(ids).size, ids.length, 'nothing twice')
  for (const who of ['nurse', 'viewer', 'approver'] as const)
    t.equal(push.pushed.filter(({ browser }) => browser === who).length, (await notificationsOf(people[who])).length, who)
  t.same(await kernel.sql("select task from kernel_message where state <> 'done'"), [])
})

t.test('web push reaches the browser until its subscription is gone', async t => {
  const push = await startPushService(VAPID.publicKey)
  t.teardown(() => push.stop())
  const { kernel, people, emitEvent, notificationsOf, payloads } = await world(t)
  const config = '/api/v1/users/another-user/pnconfig/'
  const { nurse, viewer, remote } = people
  t.same((await nurse.get(config)).body, { pf_endpoint: null, pf_p256dh: null, pf_auth: null })
  const mine = push.subscribe('nurse')
  const set = await nurse.patch(config, mine)
  t.match([set.status, set.text, set.headers['content-length']], [200, '', '0'])
  t.same((await nurse.get(config)).body, mine)
  t.same((await viewer.get(config)).body, { pf_endpoint: null, pf_p256dh: null, pf_auth: null }, "always the caller's own")
  t.match((await nurse.get('/api/v1/users/getcurrentuser/')).body, mine)
  await nurse.patch(config, { pf_auth: mine.pf_auth.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '') })
  await viewer.patch(config, { ...push.subscribe('viewer'), pf_p256dh: 'rubbish' })
  await remote.patch(config, { pf_endpoint: push.subscribe('remote').pf_endpoint })
  t.equal((await nurse.put(config, {})).status, 405)
  t.equal((await kernel.get(config)).status, 403)

  await emitEvent('patients/note-written', payloads.note)
  await kernel.settle()
  const [note, signal] = await notificationsOf(nurse)
  const byType = (pushes: readonly { payload: unknown }[]) =>
    pushes.map(({ payload }) => payload as { type: string }).sort((one, other) => one.type.localeCompare(other.type))
  t.same(
    byType(push.pushed),
    [
      { external_id: note?.id, message: note?.message, type: 'PATIENT_NOTE_ADDED' },
      { external_id: signal?.id, message: JSON.parse(signal?.message ?? '') as unknown, type: 'PUSH_MESSAGE' }
    ],
    'keys in base64 and base64url; nothing to invalid or missing keys'
  )
  t.ok(push.pushed.every(({ browser, subject }) => browser === 'nurse' && subject === 'mailto:info@ohc.network'))
  t.same(await kernel.sql("select task from kernel_message where state <> 'done'"), [], 'no job is retried forever')

  await kernel.sql('update facility_notification set read_at = now()')
  const before = push.pushed.length
  for (const [status, keeps] of [
    [400, true],
    [403, true],
    [413, true],
    [404, false],
    [410, false]
  ] as const) {
    await nurse.patch(config, mine)
    push.fault = status
    await emitEvent('patients/patient-updated', payloads.patient)
    await kernel.settle()
    t.match((await nurse.get(config)).body, { pf_endpoint: keeps ? mine.pf_endpoint : '' }, `${status}`)
  }
  push.fault = undefined
  await nurse.patch(config, { pf_endpoint: '', pf_p256dh: '', pf_auth: '' })
  await emitEvent('patients/patient-updated', payloads.patient)
  await kernel.settle()
  t.equal(push.pushed.length, before)
  t.match((await nurse.patch(config, { pf_auth: 'a\0b' })).body, { pf_auth: ['Null characters are not allowed.'] })
})

t.test('no push without keys; in production no push to internal addresses', async t => {
  const { kernel, people, emitEvent, payloads } = await world(t, { keys: false })
  t.same((await kernel.get(`${URL}public_key/`)).body, { public_key: '' })
  await people.nurse.patch('/api/v1/users/x/pnconfig/', { pf_endpoint: 'https://push.example/1', pf_p256dh: 'x', pf_auth: 'y' })
  await emitEvent('patients/patient-updated', payloads.patient)
  await kernel.settle()
  t.same(await kernel.sql("select task from kernel_message where task = 'notifications.push'"), [])

  const push = new WebPush({
    config: { vapidPublicKey: VAPID.publicKey, vapidPrivateKey: VAPID.privateKey, vapidSubject: 'mailto:a@b.c' },
    deployment: { environment: 'production' }
  } as never)
  for (const endpoint of [
    'http://push.example/1',
    'https://127.0.0.1/1',
    'https://[::1]/1',
    'https://localhost/1',
    'rubbish',
    ''
  ])
    t.equal(await push.send({ endpoint, p256dh: 'x', auth: 'y' }, {}, 'topic'), 'refused', endpoint)
})

t.test('own notifications: list, filters, one statement at any number of rows', async t => {
  const { kernel, people, root, approving, origin, emitEvent, notificationsOf, payloads } = await world(t)
  await emitEvent('patients/patient-registered', payloads.patient)
  await kernel.settle()
  t.equal((await root.post(`${URL}notify/`, { facility: origin.uuid, message: 'Hello <all>' })).status, 204)
  await kernel.settle()
  const [first, second] = await notificationsOf(people.nurse)
  t.match(
    [first, second],
    [{ event: 'MESSAGE', event_type: 'CUSTOM_MESSAGE', message: 'Hello <all>' }, { event: 'PATIENT_CREATED' }]
  )
  t.same(first?.caused_objects, {})
  for (const [query, count] of [
    ['event=MESSAGE', 1],
    ['event=NOPE', 2],
    ['event=', 2],
    ['event=0', 2],
    ['event_type=SYSTEM_GENERATED', 1],
    ['medium_sent=SYSTEM', 2],
    ['medium_sent=SMS', 0],
    ['medium_set=SMS', 2],
    ['event=MESSAGE&event_type=SYSTEM_GENERATED', 0]
  ] as const)
    t.equal((await notificationsOf(people.nurse, query)).length, count, query)

  for (const rows of [2, 14, 100]) {
    await kernel.sql(
      `insert into facility_notification (external_id, created_date, modified_date, deleted, medium_sent, event_type, event, message, caused_objects, caused_by_id, intended_for_id)
      select gen_random_uuid(), now() - interval '1 day', now(), false, 0, 50, 20, 'm', '{}', n.caused_by_id, n.intended_for_id
      from facility_notification n, generate_series(1, $2) where n.external_id = $1`,
      [first?.id, rows - (await notificationsOf(people.nurse)).length]
    )
    for (const url of [
      URL,
      `${URL}?event=PATIENT_CREATED&event_type=SYSTEM_GENERATED&medium_sent=SYSTEM&limit=100`,
      `${URL}${first?.id}/`
    ])
      t.equal(await kernel.statements(() => people.nurse.get(url)), 1, `${url} at ${rows}`)
    t.match((await people.nurse.get(URL)).body, { count: rows, results: { length: Math.min(14, rows) } })
  }
  t.match(
    (
      await kernel.sql<{ 'QUERY PLAN': string }>(
        'explain select n.* from facility_notification n where not n.deleted and n.intended_for_id = 1 order by n.created_date desc, n.id desc limit 16'
      )
    )
      .map(line => line['QUERY PLAN'])
      .join('\n'),
    /kernel_notification_own/
  )
  await kernel.sql('update facility_notification set deleted = true where external_id = $1', [first?.id])
  t.equal((await people.nurse.get(`${URL}${first?.id}/`)).status, 404)
  t.equal((await notificationsOf(people.nurse)).length, 99)
  t.equal((await notificationsOf(people.approver)).length, 0)
  t.equal(approving.uuid.length, 36)
})

t.test('only own notifications can be read and marked', async t => {
  const { kernel, people, emitEvent, notificationsOf, payloads } = await world(t)
  await emitEvent('patients/patient-registered', payloads.patient)
  await kernel.settle()
  const [{ id } = { id: '' }] = await notificationsOf(people.nurse)
  const one = `${URL}${id}/`
  for (const other of [people.viewer, people.actor, await kernel.as()]) {
    const missing = { detail: 'No Notification matches the given query.' }
    t.match(await other.get(one), { status: 404, body: missing })
    t.match(await other.patch(one, { read_at: null }), { status: 404, body: missing })
    t.match(await other.put(one, { read_at: 'x' }), { status: 404, body: missing })
  }
  for (const method of ['get', 'patch', 'put', 'delete'] as const) t.equal((await kernel[method](one)).status, 403)
  t.equal((await kernel.get(URL)).status, 403)
  const read = await people.nurse.patch(one, { read_at: '2024-06-01T00:00:00Z', message: 'changed', event: 'MESSAGE' })
  t.match(read, { status: 200, body: { read_at: '2024-06-01T05:30:00+05:30', event: 'PATIENT_CREATED' } })
  t.match((await people.nurse.get(one)).body, read.body)
  t.match((await people.nurse.put(one, {})).body, { read_at: '2024-06-01T05:30:00+05:30' }, 'an empty PUT leaves it')
  t.match((await people.nurse.patch(one, { read_at: null })).body, { read_at: null })
  t.match((await people.nurse.patch(one, { read_at: 'x' })).body, { read_at: [/^Datetime has wrong format/] })
  t.equal((await people.nurse.delete(one)).status, 405)
  t.equal((await people.nurse.post(URL, {})).status, 405)
  for (const wrong of ['abc', UNKNOWN]) t.equal((await people.nurse.get(`${URL}${wrong}/`)).status, 404)
  await Promise.all(
    Array.from({ length: 10 }, (_, n) => people.nurse.patch(one, { read_at: n % 2 ? null : '2024-06-01T00:00:00Z' }))
  )
  t.equal((await notificationsOf(people.nurse)).length, 1)
})

t.test('a message reaches the users of its facility only', async t => {
  const { kernel, people, places, as, origin, elsewhere, notificationsOf } = await world(t)
  const notify = (who: Requester, body: unknown) => who.post(`${URL}notify/`, body)
  const body = { facility: origin.uuid, message: 'Drill at noon' }
  t.equal((await notify(people.nurse, body)).status, 403)
  t.equal((await notify(kernel, body)).status, 403)
  t.match(await notify(people.remote, body), { status: 404, body: { detail: 'No Facility matches the given query.' } })
  for (const [wrong, answer] of [
    [{}, { facility: 'is required' }],
    [{ facility: '', message: 'x' }, { facility: 'is required' }],
    [{ facility: origin.uuid }, { message: 'is required' }],
    [{ ...body, message: '' }, { message: 'is required' }],
    [{ ...body, message: { a: 1 } }, { message: ['Not a valid string.'] }],
    [{ ...body, message: 'a\0b' }, { message: ['Not a valid string.'] }],
    [{ ...body, facility: 'abc' }, { detail: '“abc” is not a valid UUID.' }],
    [{ ...body, facility: 7 }, { detail: '“7” is not a valid UUID.' }]
  ] as const)
    t.match(await notify(people.actor, wrong), { status: 400, body: answer })
  t.equal((await notify(people.actor, { ...body, facility: UNKNOWN })).status, 404)
  t.equal((await people.actor.post(`${URL}notify/`, '{"broken', { 'content-type': 'application/json' })).status, 400)
  await kernel.settle()
  t.same(
    await kernel.sql('select count(*)::int as count from facility_notification'),
    [{ count: 0 }],
    'refused messages create no notifications'
  )

  const sent = await notify(people.actor, body)
  t.match([sent.status, sent.text], [204, ''])
  t.equal((await notify(await as({ user_type: 30, district_id: places.north }), { ...body, message: 'From above' })).status, 204)
  await kernel.settle()
  t.same((await notificationsOf(people.nurse)).map(({ message }) => message).sort(), ['Drill at noon', 'From above'])
  t.same(
    (await notificationsOf(people.actor)).map(({ message }) => message),
    ['From above']
  )
  for (const other of [people.remote, people.approver, people.stranger]) t.equal((await notificationsOf(other)).length, 0)
  t.equal((await notify(people.stranger, { ...body, facility: elsewhere.uuid, message: 'x'.repeat(5000) })).status, 204)
  t.equal((await kernel.get(`${URL}public_key/`)).status, 200)
  t.same((await kernel.get(`${URL}public_key/`)).body, { public_key: VAPID.publicKey })
  t.equal((await kernel.get(`${URL}public_key/`, { authorization: 'Bearer rubbish' })).status, 403)
})

t.test('old notifications are deleted at midnight', async t => {
  const { kernel, people } = await world(t)
  await kernel.clock.advance('1d')
  const now = kernel.clock.now().getTime()
  const midnight = Math.ceil((now + 19_800_000) / 86_400_000) * 86_400_000 - 19_800_000
  const add = (days: number, deleted: boolean) =>
    kernel.sql(
      `insert into facility_notification (external_id, created_date, deleted, medium_sent, event_type, event, message, intended_for_id)
      values (gen_random_uuid(), $1, $2, 0, 50, 20, $3, $4)`,
      [new Date(midnight - days * 86_400_000).toISOString(), deleted, `${days} ${deleted}`, people.nurse.user?.id]
    )
  for (const days of [0, 89.9, 90, 91, 400]) for (const deleted of [false, true]) await add(days, deleted)
  await kernel.clock.advance('1d')
  t.same(await kernel.sql('select message from facility_notification where not deleted order by message'), [
    { message: '0 false' },
    { message: '89.9 false' }
  ])
  t.same(
    await kernel.sql('select count(*)::int as count from facility_notification where deleted'),
    [{ count: 5 }],
    'what was deleted softly is not touched'
  )
  t.match(
    await kernel.sql("select result from kernel_message where task = 'notifications.purge' order by created_at desc limit 1"),
    [{ result: { purged: 3 } }]
  )
})

t.test('fifty users and their browsers are notified within two seconds', async t => {
  const push = await startPushService(VAPID.publicKey)
  t.teardown(() => push.stop())
  const { kernel, as, origin, emitEvent, payloads } = await world(t)
  await Promise.all(
    Array.from({ length: 50 }, async (_, n) => {
      const user = await as({ user_type: 14 }, origin)
      await user.patch('/api/v1/users/x/pnconfig/', push.subscribe(`browser-${n}`))
    })
  )
  // The best of three: other processes load the machine.
  const times: number[] = []
  for (let round = 1; round <= 3; round++) {
    const from = performance.now()
    await emitEvent('patients/patient-updated', payloads.patient)
    await kernel.settle()
    times.push(performance.now() - from)
    t.equal(push.pushed.length, 50 * round)
  }
  t.equal(new Set(push.pushed.map(({ browser }) => browser)).size, 50)
  t.ok(Math.min(...times) < 2000, times.map(Math.round).join(', '))
})

t.test('a deployment overrides templates', async t => {
  const { kernel, people, emitEvent, notificationsOf, payloads } = await world(t, {
    texts: { PATIENT_UPDATED: '{user}: {patient}', SHIFTING_APPROVED_SMS: 'ആശുപത്രി {destination}, {phone}' }
  })
  await emitEvent('patients/patient-updated', payloads.patient)
  await emitEvent('shifting/destination-approved', payloads.shift)
  await kernel.settle()
  t.match(await notificationsOf(people.nurse), [{ message: 'Anu Thomas: Meera {user} $&' }])
  t.match(kernel.sms[0]?.text, 'ആശുപത്രി Assigned, +914842345678')
  const plan = (settings: object, environment = 'development') =>
    planCare({
      raw: {
        file: `${process.cwd()}/test.yaml`,
        values: {
          ...rootValues(),
          environment,
          ...(environment === 'production' ? { security: { secretKey: 'x'.repeat(32) } } : {}),
          plugins: { places: {}, 'auth-permissions': {}, facilities: {}, notifications: settings },
          gateways: {
            database: { use: 'database-postgres', url: 'postgres://unset' },
            cache: { use: 'cache-memory' },
            queue: { use: 'queue-bullmq' },
            email: { use: 'email-log' },
            sms: { use: 'sms-log' }
          }
        }
      }
    })
  await plan({ texts: { PATIENT_CREATED: 'Patient {patient}' } })
  await t.rejects(plan({ texts: { PATIENT_CREATED: 'Patient {phone}' } }), /CONFIG_INVALID/, 'an unknown placeholder')
  await t.rejects(plan({ texts: { PATIENT_CREATD: 'x' } }), /CONFIG_UNKNOWN_KEY/)
  const known = { vapidPublicKey: VAPID.publicKey, vapidPrivateKey: '7mf3OFreFsgFF4jd8A71ZGdVaj8kpJdOto4cFbfAS-s' }
  await plan(known)
  await t.rejects(plan(known, 'production'), /SECRET_IS_DEFAULT/, "the original's published key")
})

t.test('runs with its required plugins only', async t => {
  const kernel = await testKernel(t, { plugins: ['places', 'auth-permissions', 'facilities', 'notifications'] })
  const root = await kernel.as()
  t.match((await root.get(URL)).body, { count: 0 })
  await kernel.settle()
})
