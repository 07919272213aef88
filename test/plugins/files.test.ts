import { createHash, randomUUID } from 'node:crypto'
import sharp from 'sharp'
import t from 'tap'
import { definePlugin, defineContract } from 'care-kernel'
import { files, FILE_TYPE } from 'care-kernel/contracts/files'
import type { Requester, TestContext } from 'care-kernel/testing'
import { startS3Server } from '../../platform/testing/s3-server.ts'
import type { FileService } from '../../plugins/files/files.ts'
import { fits, servedAs } from '../../plugins/files/magic.ts'
import { betweenFacilities } from './between-facilities.ts'
import { startProxy } from './proxy.ts'

type World = Awaited<ReturnType<typeof betweenFacilities>>
interface Row {
  readonly id: number
  readonly uuid: string
}
interface Slot {
  readonly id: string
  readonly signed_url: string
  readonly internal_name: string
}

const PDF = Buffer.from('%PDF-1.7 what the doctor wrote')
const pdf = { 'content-type': 'application/pdf' }

/** A row with what its table insists on: nothing, zero, no. */
async function insert({ kernel }: World, table: string, values: object): Promise<Row> {
  const [row] = await kernel.sql<Row>(
    `insert into ${table} select x.* from jsonb_populate_record(null::${table}, (
      select jsonb_object_agg(column_name, case when data_type = 'boolean' then 'false' when data_type in ('jsonb', 'ARRAY') then '[]'
        when data_type like 'timestamp%' then to_jsonb(now()) when data_type like '%char%' or data_type = 'text' then '""' else '0' end::jsonb)
      from information_schema.columns where table_name = $1 and is_nullable = 'NO' and data_type <> 'uuid')
      || jsonb_build_object('id', nextval(pg_get_serial_sequence($1, 'id')), 'external_id', gen_random_uuid()) || $2::jsonb) x
    returning id, external_id as uuid`,
    [table, JSON.stringify(values)]
  )
  return row ?? { id: 0, uuid: '' }
}

/** A patient in a consultation with a consent, and who works there. */
async function clinic(t: TestContext, more: Parameters<typeof betweenFacilities>[1] = [], gateways: object = {}) {
  const world = await betweenFacilities(t, ['patients', 'consultations', 'files', ...more], {}, { config: { gateways } })
  const { origin, places } = world
  const own = { state_id: places.here, district_id: places.north, home_facility_id: origin.id }
  const doctor = await world.as({ user_type: 15, ...own }, origin)
  const patient = await insert(world, 'facility_patientregistration', { facility_id: origin.id, is_active: true, name: 'Asha' })
  const consultation = await insert(world, 'facility_patientconsultation', {
    facility_id: origin.id,
    patient_id: patient.id,
    suggestion: 'A',
    admitted: true
  })
  await world.kernel.sql('update facility_patientregistration set last_consultation_id = $1', [consultation.id])
  const consent = await insert(world, 'facility_patientconsent', {
    consultation_id: consultation.id,
    type: 1,
    created_by_id: doctor.user?.id
  })
  return { ...world, own, doctor, patient, consultation, consent }
}

const of = (type: string, { uuid }: { readonly uuid: string }, id = '') =>
  `/api/v1/files/${id}${id && '/'}?file_type=${type}&associating_id=${uuid}`
const body = (type: string | number, { uuid }: { readonly uuid: string }, over: object = {}) => ({
  original_name: 'Asha report.pdf',
  name: 'Report',
  file_type: type,
  associating_id: uuid,
  mime_type: 'application/pdf',
  ...over
})
const add = (by: Requester, type: string | number, owner: { readonly uuid: string }, over: object = {}) =>
  by.post('/api/v1/files/', body(type, owner, over))
const slot = async (by: Requester, type: string, owner: { readonly uuid: string }, over: object = {}) =>
  (await add(by, type, owner, over)).body as Slot

/** What follows the host. */
const local = (url: string) => {
  const { pathname, search } = new URL(url)
  return pathname + search
}
const upload = (by: Requester, url: string, content: Buffer = PDF, headers: Record<string, string> = pdf) =>
  by.put(local(url), content, headers)
const addressOf = async (by: Requester, url: string) =>
  local(((await by.get(url)).body as { read_signed_url: string }).read_signed_url)

t.test('a file goes up, is checked, and comes down again', async t => {
  const { kernel, doctor, patient, own, as, origin } = await clinic(t)
  const made = await add(doctor, 'PATIENT', patient, { size: PDF.length, file_category: 'XRAY' })
  t.match(made, { status: 201, body: { file_type: 'PATIENT', file_category: 'XRAY', name: 'Report' } })
  const { id, signed_url: url, internal_name: name } = made.body as Slot
  t.match(name, /^[0-9a-f-]{36}\d{10}\.pdf$/, 'a name that says nothing about anybody')
  t.match(new URL(url).pathname, `/patient-bucket/PATIENT/${name}`)
  t.notMatch(url, /Asha|Report/i)
  t.equal((await upload(kernel, url)).status, 200, 'the address is enough')
  t.match(await doctor.patch(of('PATIENT', patient, id), { upload_completed: true }), {
    status: 200,
    body: { id, name: 'Report', upload_completed: true, is_archived: false, archived_by: null }
  })
  const got = await kernel.get(await addressOf(doctor, of('PATIENT', patient, id)))
  t.match(got, {
    status: 200,
    text: PDF.toString(),
    headers: { 'content-type': 'application/pdf', 'content-disposition': 'inline' }
  })

  for (let more = 0; more < 14; more++) await slot(doctor, 'PATIENT', patient)
  await doctor.get(of('PATIENT', patient))
  const cost = (path: string) => kernel.statements(async () => t.equal((await doctor.get(path)).status, 200))
  t.equal(await cost(of('PATIENT', patient)), 2, 'whose they are, and the page')
  t.equal(await cost(`${of('PATIENT', patient)}&limit=1`), 2)
  t.equal(await cost(of('PATIENT', patient, id)), 2, 'a single file the same')
  const other = await insert({ kernel } as World, 'facility_patientregistration', {
    facility_id: origin.id,
    is_active: true
  })
  const both = await doctor.get(`${of('PATIENT', patient)},${other.uuid}&limit=20`)
  t.match(both.body, { count: 15 })
  t.equal(await cost(`${of('PATIENT', patient)},${other.uuid}`), 2, 'however many owners are named')
  t.match((both.body as { results: object[] }).results.at(-1), { id, extension: '.pdf', associating_id: String(patient.id) })

  const nurse = await as({ user_type: 14, ...own }, origin)
  t.same((await nurse.patch(of('PATIENT', patient, id), { name: 'x' })).body, { permission: "Don't have permission to archive" })
  t.same((await doctor.patch(of('PATIENT', patient, id), { is_archived: true })).body, {
    non_field_errors: ['Archive reason must be specified.']
  })
  t.match((await doctor.patch(of('PATIENT', patient, id), { is_archived: true, archive_reason: 'wrong' })).body, {
    archived_by: { id: doctor.user?.id },
    archived_datetime: /T/
  })
  t.same((await doctor.patch(of('PATIENT', patient, id), { is_archived: false })).body, {
    file: 'Operation not permitted when archived.'
  })
  t.equal((await kernel.get(await addressOf(doctor, of('PATIENT', patient, id)))).status, 200, 'an archived one is still read')
  t.match((await doctor.get(`${of('PATIENT', patient)}&is_archived=true`)).body, { count: 1 })
  t.equal((await doctor.delete(of('PATIENT', patient, id))).status, 204)
  t.equal((await doctor.get(of('PATIENT', patient, id))).status, 404)
})

t.test('who may have which files', async t => {
  const world = await clinic(t)
  const { kernel, doctor, patient, consultation, consent, own, origin, elsewhere, places, as, root } = world
  const denied = { status: 400, body: { permission: 'denied' } }
  const stranger = await as({ user_type: 15, ...own }, elsewhere)
  const assigned = await as({ user_type: 15, ...own })
  const [staff, reader, volunteer] = [
    await as({ user_type: 10, ...own }, origin),
    await as({ user_type: 13, ...own }, origin),
    await as({ user_type: 5, ...own }, origin)
  ]
  const district = await kernel.as({ user_type: 30, state_id: places.here, district_id: places.north })
  const owners = { PATIENT: patient, CONSULTATION: consultation, DISCHARGE_SUMMARY: consultation, CONSENT_RECORD: consent }
  for (const [type, owner] of Object.entries(owners)) {
    for (const allowed of [doctor, volunteer, district, root]) {
      t.equal((await allowed.get(of(type, owner))).status, 200, type)
      t.equal((await add(allowed, type, owner)).status, 201, type)
    }
    for (const outside of [stranger, assigned]) {
      t.match(await outside.get(of(type, owner)), denied, type)
      t.match(await add(outside, type, owner), denied, type)
    }
    t.equal((await reader.get(of(type, owner))).status, 200)
    t.equal((await add(reader, type, owner)).status, 403, 'read-only types write nothing')
    t.match(await doctor.get(of(type, { uuid: randomUUID() })), denied, 'an unknown owner')
    t.match(await doctor.get(of(type, { uuid: 'abc' })), denied)
    t.match(await doctor.get(`${of(type, owner)},${randomUUID()}`), denied, 'one of several')
    t.equal((await kernel.get(of(type, owner))).status, 403, 'nobody')
  }
  await kernel.sql('update facility_patientconsultation set assigned_to_id = $1', [assigned.user?.id])
  for (const [type, owner] of Object.entries(owners))
    t.equal((await assigned.get(of(type, owner))).status, 200, `assigned, ${type}`)

  t.equal((await staff.get(of('PATIENT', patient))).status, 403)
  for (const type of ['PATIENT', 'CONSULTATION', 1, '2']) t.equal((await add(staff, type, patient)).status, 403, `staff, ${type}`)
  t.equal((await staff.get(of('CONSENT_RECORD', consent))).status, 200)
  const { id } = await slot(doctor, 'PATIENT', patient)
  t.equal((await staff.delete(of('PATIENT', patient, id))).status, 403, 'and deletes none')
  t.equal((await reader.delete(of('PATIENT', patient, id))).status, 403)
  t.equal((await doctor.get(of('CONSULTATION', consultation, id))).status, 404, 'under another owner it is not there')

  for (const type of ['OTHER', 'ABDM_HEALTH_INFORMATION', 'SAMPLE_MANAGEMENT', 'CLAIM', 'COMMUNICATION']) {
    t.match(await root.get(of(type, patient)), denied, `${type}: nobody answers for it`)
    t.match(await add(root, type, patient), denied)
  }
  await kernel.sql('update facility_patientconsultation set discharge_date = now()')
  t.match(await add(doctor, 'CONSULTATION', consultation), denied, 'no more files once it has ended')
  t.equal((await doctor.get(of('CONSULTATION', consultation))).status, 200)
  t.equal((await add(doctor, 'DISCHARGE_SUMMARY', consultation)).status, 201)
  await kernel.sql('update facility_patientregistration set is_active = false')
  t.match(await add(doctor, 'PATIENT', patient), denied)
  t.equal((await doctor.get(of('PATIENT', patient))).status, 200, 'those there are can be read')
})

t.test('claims belong to the plugin that answers for them', async t => {
  const insurance = definePlugin({
    contract: defineContract({ name: 'insurance', version: 1 }),
    version: '1.0.0',
    kernel: '^1.0.0',
    summary: 'Claims',
    extends: [files],
    hooks: {
      'files/owners-asked': async (db, { type, ids, actor, action }) =>
        type === FILE_TYPE.claim && (actor.superuser || action === 'read') ? ids.map(id => `claim-${id}`) : undefined
    }
  })
  const { doctor, root } = await clinic(t, [insurance])
  const claim = { uuid: randomUUID() }
  t.equal((await add(root, 'CLAIM', claim)).status, 201)
  t.match((await doctor.get(of('CLAIM', claim))).body, { count: 1, results: [{ associating_id: `claim-${claim.uuid}` }] })
  t.match(await add(doctor, 'CLAIM', claim), { status: 400, body: { permission: 'denied' } })
  t.match(await root.get(of('COMMUNICATION', claim)), { status: 400 })
})

t.test('what was not checked is read by nobody', async t => {
  const { kernel, doctor, patient } = await clinic(t)
  const read = async (id: string) => (await kernel.get(await addressOf(doctor, of('PATIENT', patient, id)))).status
  const state = async (id: string) =>
    (
      await kernel.sql<{ done: boolean; checked: boolean }>(
        'select x.upload_completed as done, n.checked_at is not null as checked from facility_fileupload x join kernel_file_content n on n.file_id = x.id where x.external_id = $1',
        [id]
      )
    )[0]

  const begun = await slot(doctor, 'PATIENT', patient)
  t.equal(await read(begun.id), 404, 'nothing was uploaded')
  t.equal((await upload(kernel, begun.signed_url)).status, 200)
  t.equal(await read(begun.id), 404, 'the browser died between the upload and telling so')
  t.same(await state(begun.id), { done: false, checked: false })

  const early = await slot(doctor, 'PATIENT', patient)
  t.equal(
    (await doctor.patch(of('PATIENT', patient, early.id), { upload_completed: true })).status,
    200,
    'told before it was done'
  )
  t.equal(await read(early.id), 404)
  await upload(kernel, early.signed_url)
  t.equal(await read(early.id), 200, 'is checked when somebody asks for it')

  for (const [what, over, content, message] of [
    ['a page that calls itself a PDF', {}, Buffer.from('<html><script>alert(1)</script>'), /not of the type/],
    ['an empty file', {}, Buffer.alloc(0), /not of the type/],
    ['a program as a picture', { mime_type: 'image/png', original_name: 'a.png' }, Buffer.from('MZ\x90\0'), /not of the type/]
  ] as const) {
    const { id, signed_url: url } = await slot(doctor, 'PATIENT', patient, over)
    const type = 'mime_type' in over ? over.mime_type : 'application/pdf'
    t.equal((await upload(kernel, url, content, { 'content-type': type })).status, 200)
    t.match(await doctor.patch(of('PATIENT', patient, id), { upload_completed: true }), {
      status: 400,
      body: { upload_completed: [message] }
    })
    t.same(await state(id), { done: false, checked: false }, what)
    t.equal(await read(id), 404)
    t.equal((await upload(kernel, url, PDF, { 'content-type': type })).status, 200, 'the address takes another try')
  }

  const { id, signed_url: url } = await slot(doctor, 'PATIENT', patient)
  await upload(kernel, url)
  await doctor.patch(of('PATIENT', patient, id), { upload_completed: true })
  const address = await addressOf(doctor, of('PATIENT', patient, id))
  await upload(kernel, url, Buffer.from('%PDF-1.7 something else'))
  t.equal((await kernel.get(address)).text, PDF.toString(), 'what replaces a checked file is not served')
  t.equal((await kernel.get(await addressOf(doctor, of('PATIENT', patient, id)))).text, PDF.toString())
})

t.test('addresses allow one thing', async t => {
  const { kernel, doctor, patient } = await clinic(t)
  const bound = await slot(doctor, 'PATIENT', patient, { size: PDF.length })
  const refused = async (what: string, answer: Promise<{ status: number }>) => {
    const { status } = await answer
    t.ok([400, 403, 404].includes(status), `${what}: ${status}`)
  }
  const url = local(bound.signed_url)
  await refused('another type', kernel.put(url, PDF, { 'content-type': 'text/html' }))
  await refused('a longer body', kernel.put(url, Buffer.concat([PDF, PDF]), pdf))
  await refused('unsigned', kernel.put(url.split('?')[0] ?? '', PDF, pdf))
  await refused(
    'changed',
    kernel.put(
      url.replace(/signature=(.)/, (_, first) => `signature=${first === '_' ? '-' : '_'}`),
      PDF,
      pdf
    )
  )
  await refused('another key', kernel.put(url.replace('/PATIENT/', '/CONSULTATION/'), PDF, pdf))
  await refused('read', kernel.get(url))
  await refused('a token does not help', doctor.get(url.split('?')[0] ?? ''))
  await kernel.clock.advance('16m')
  await refused('too late', kernel.put(url, PDF, pdf))
  t.match(await doctor.post('/api/v1/files/', body('PATIENT', patient, { size: 101 * 1_048_576 })), {
    status: 400,
    body: { size: [/less than/] }
  })
  t.same((await add(doctor, 'PATIENT', patient, { mime_type: 'application/x-evil' })).body, { detail: 'Invalid File Type' })

  const drawing = { original_name: 'x.svg', mime_type: 'image/svg+xml' }
  const { id, signed_url: svg } = await slot(doctor, 'PATIENT', patient, drawing)
  await upload(kernel, svg, Buffer.from('<svg onload="alert(1)"></svg>'), { 'content-type': 'image/svg+xml' })
  t.equal((await doctor.patch(of('PATIENT', patient, id), { upload_completed: true })).status, 200)
  const got = await kernel.get(await addressOf(doctor, of('PATIENT', patient, id)))
  t.match(
    got.headers,
    { 'content-disposition': 'attachment', 'x-content-type-options': 'nosniff' },
    'what can hold a script is saved'
  )
  for (const name of ['x./../../etc/passwd', 'x.Asha Kumar', 'x.', 'noext', 'x.a?b']) {
    const { internal_name: internal } = await slot(doctor, 'PATIENT', patient, { original_name: name })
    t.match(internal, /^[0-9a-f-]{36}\d{10}$/, `of ${name} nothing is kept`)
  }
  t.strictSame(
    servedAs(undefined, 'a.PDF'),
    { disposition: 'inline', contentType: 'application/pdf' },
    'of the original, by its name'
  )
  t.strictSame(servedAs(undefined, 'a.html'), { disposition: 'attachment' })
  t.ok(fits('audio/mpeg', Buffer.from([0x1a, 0x45, 0xdf, 0xa3])), 'browsers record sound into another container than they say')
  t.notOk(fits('audio/mpeg', Buffer.from('<html>')))
})

t.test('which consents have files', async t => {
  const { kernel, doctor, consultation, consent } = await clinic(t)
  const counted = async () =>
    (await kernel.sql<{ has_consents: number[] }>('select has_consents from facility_patientconsultation'))[0]?.has_consents
  const read = async () => (await doctor.get(`/api/v1/consultation/${consultation.uuid}/consents/`)).body
  t.match(await read(), { results: [{ files: null }] })
  await insert({ kernel } as World, 'facility_patientconsent', {
    consultation_id: consultation.id,
    type: 3,
    created_by_id: doctor.user?.id
  })
  const { id } = await slot(doctor, 'CONSENT_RECORD', consent)
  t.same(await counted(), [1], 'precisely those')
  t.match(await read(), { results: [{ files: [{ id, associating_id: consent.uuid }] }, { files: null }] })
  await doctor.patch(of('CONSENT_RECORD', consent, id), { is_archived: true, archive_reason: 'x' })
  t.same(await counted(), [])
  const next = await slot(doctor, 'CONSENT_RECORD', consent)
  t.same(await counted(), [1])
  t.equal((await doctor.delete(of('CONSENT_RECORD', consent, next.id))).status, 204)
  t.same(await counted(), [])

  const last = await slot(doctor, 'CONSENT_RECORD', consent)
  t.equal((await doctor.post(`/api/v1/consultation/${consultation.uuid}/consents/`, { type: 1 })).status, 201)
  t.match(await kernel.sql('select is_archived, archive_reason from facility_fileupload where external_id = $1', [last.id]), [
    { is_archived: true, archive_reason: 'Consent Archived' }
  ])
  t.match(
    await add(doctor, 'CONSENT_RECORD', consent),
    { status: 400, body: { permission: 'denied' } },
    'a consent that gave way'
  )
})

const multipart = (name: string, filename: string, content: Buffer) => {
  const head = `--b\r\nContent-Disposition: form-data; name="${name}"; filename="${filename}"\r\nContent-Type: image/png\r\n\r\n`
  return {
    payload: Buffer.concat([Buffer.from(head), content, Buffer.from('\r\n--b--\r\n')]),
    headers: { 'content-type': 'multipart/form-data; boundary=b' }
  }
}
const picture = (width = 500, height = 400) => {
  const noise = Buffer.from(Array.from({ length: width * height * 3 }, (_, index) => (index * 31 + (index >> 7)) % 256))
  return sharp(noise, { raw: { width, height, channels: 3 } })
}

t.test('pictures of facilities and users', async t => {
  const { kernel, doctor, origin, elsewhere, own, as, root } = await clinic(t)
  const cover = `/api/v1/facility/${origin.uuid}/cover_image/`
  const send = (by: Requester, url: string, field: string, filename: string, content: Buffer) => {
    const { payload, headers } = multipart(field, filename, content)
    return by.post(url, payload, headers)
  }
  const photo = await picture()
    .jpeg()
    .withExif({ IFD0: { Copyright: 'taken at home' } })
    .toBuffer()
  const messages = async (filename: string, content: Buffer) => {
    const answer = await send(doctor, cover, 'cover_image', filename, content)
    t.equal(answer.status, 400)
    return (answer.body as { cover_image: string[] }).cover_image
  }
  t.same(await messages('a.jpg', Buffer.alloc(0)), ['The submitted file is empty.'])
  t.match(await messages('a.jpg', Buffer.from('no picture')), [/^Upload a valid image/])
  t.match(await messages('a.png', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="500" height="500"/>')), [
    /^Upload a valid/
  ])
  t.match(
    await messages('a.jpg', photo.subarray(0, photo.length - 40_000)),
    [/^Upload a valid image/],
    'a picture that breaks off'
  )
  t.same(
    await messages(
      'a.gif',
      await sharp({ create: { width: 10, height: 1100, channels: 3, background: 'red' } })
        .gif()
        .toBuffer()
    ),
    [
      'File extension “gif” is not allowed. Allowed extensions are: jpg, jpeg, png.',
      'Image width is less than the minimum allowed width of 400 pixels.',
      'Image height is greater than the maximum allowed height of 1024 pixels.',
      'Image size is less than the minimum allowed size of 1 KB.'
    ]
  )
  t.same((await doctor.post(cover, { cover_image: 'text' })).body, {
    cover_image: ['The submitted data was not a file. Check the encoding type on the form.']
  })
  t.same((await doctor.post(cover, {})).body, { cover_image: ['No file was submitted.'] })

  const made = await send(doctor, cover, 'cover_image', 'Front.JPG', photo)
  t.equal(made.status, 200)
  const { read_cover_image_url: url } = made.body as { read_cover_image_url: string }
  t.match(new URL(url).pathname, new RegExp(`^/facility-bucket/cover_images/${origin.uuid}_[0-9a-f]{16}\\.JPG$`))
  t.match((await doctor.get(`/api/v1/facility/${origin.uuid}/`)).body, { read_cover_image_url: url })
  t.match((await kernel.get('/api/v1/getallfacilities/')).body, { results: [{ read_cover_image_url: url }] })
  const shown = await kernel.app.inject({ url: local(url) })
  t.equal(shown.headers['content-type'], 'image/jpeg', 'anybody sees it')
  t.equal((await sharp(shown.rawPayload).metadata()).width, 500)
  t.notMatch(shown.rawPayload.toString('latin1'), /taken at home/, 'without what the camera wrote into it')
  await send(doctor, cover, 'cover_image', 'b.png', await picture().png().toBuffer())
  t.equal((await kernel.get(local(url))).status, 404, 'the old one is gone')

  const reader = await as({ user_type: 13, ...own }, origin)
  t.equal((await send(reader, cover, 'cover_image', 'a.jpg', photo)).status, 403)
  t.equal((await doctor.post(`/api/v1/facility/${elsewhere.uuid}/cover_image/`, {})).status, 404)
  t.equal((await doctor.delete(cover)).status, 204)
  t.equal((await doctor.delete(cover)).status, 204)
  t.match((await doctor.get(`/api/v1/facility/${origin.uuid}/`)).body, { read_cover_image_url: null })

  const me = (who: Requester) => `/api/v1/users/${who.user?.username}/profile_picture/`
  const avatar = await send(doctor, me(doctor), 'profile_picture', 'me.png', await picture(400, 400).png().toBuffer())
  t.match(avatar, { status: 200, text: '' })
  t.match((await doctor.get('/api/v1/users/getcurrentuser/')).body, {
    read_profile_picture_url: new RegExp(`/facility-bucket/avatars/${doctor.user?.externalId}_[0-9a-f]{16}\\.png$`)
  })
  t.equal((await reader.post(me(doctor), {})).status, 403, 'of another user')
  t.equal((await reader.post(me(root), {})).status, 404, 'of one that is not seen')
  t.equal((await root.delete(me(doctor))).status, 204)
  t.equal((await send(root, me(root), 'profile_picture', 'a.jpg', photo)).status, 200, 'a superuser has a face, too (FIX)')
  t.match((await doctor.get('/api/v1/users/getcurrentuser/')).body, { read_profile_picture_url: null })
})

t.test('what other plugins store', async t => {
  const { kernel, doctor, consultation } = await clinic(t)
  const service = kernel.scopes.get('files')?.files as FileService
  const { database } = kernel.ports
  if (!database) throw new Error('no database')
  const kept = await database.transaction(tx =>
    service.keep(tx, {
      type: FILE_TYPE.dischargeSummary,
      associatingId: consultation.uuid,
      name: 'summary',
      extension: 'pdf',
      contentType: 'application/pdf',
      content: PDF,
      by: null
    })
  )
  t.match(await doctor.get(of('DISCHARGE_SUMMARY', consultation)), { body: { count: 1, results: [{ uploaded_by: null }] } })
  const newest = JSON.parse((await service.newest(database, FILE_TYPE.dischargeSummary, consultation.uuid)) ?? '{}') as {
    id: string
    read_signed_url: string
  }
  t.equal(newest.id, kept.external_id)
  t.equal((await kernel.get(local(newest.read_signed_url))).text, PDF.toString())
  t.match(await service.read(database, kept.external_id), { name: 'summary' })
  t.equal(await service.newest(database, FILE_TYPE.dischargeSummary, randomUUID()), undefined)
})

t.test('a store that is away', async t => {
  const server = await startS3Server({ buckets: ['patient-bucket', 'facility-bucket'], versioned: false })
  t.teardown(() => server.stop())
  const proxy = await startProxy('127.0.0.1', server.port)
  t.teardown(() => proxy.stop())
  const { kernel, doctor, patient, origin } = await clinic(t, [], {
    storage: {
      use: 'files-s3',
      endpoint: `http://127.0.0.1:${proxy.port}`,
      accessKey: 'AKIDTEST',
      secretKey: server.secrets.AKIDTEST,
      buckets: { patient: 'patient-bucket', facility: 'facility-bucket' },
      timeoutSeconds: 0.5
    }
  })
  // The gateway signs with the clock of the kernel, the store looks at its own.
  const send = (url: string, init?: object) => fetch(url, init)
  const { id, signed_url: url } = await slot(doctor, 'PATIENT', patient)
  t.equal((await send(url, { method: 'PUT', headers: pdf, body: PDF })).status, 200)
  const cover = `/api/v1/facility/${origin.uuid}/cover_image/`
  const { payload, headers } = multipart('cover_image', 'a.png', await picture().png().toBuffer())
  t.equal((await doctor.post(cover, payload, headers)).status, 200)
  const before = [...server.objects.keys()].sort()

  for (const fault of ['silence', 'refuse'] as const) {
    const restore = await proxy[fault]()
    const from = performance.now()
    const away = { status: 503, body: { detail: /does not answer/ }, headers: { 'retry-after': '5' } }
    t.match(await doctor.patch(of('PATIENT', patient, id), { upload_completed: true }), away, fault)
    t.match(await doctor.post(cover, payload, headers), away)
    t.ok(performance.now() - from < 6000, `${fault}: ${Math.round(performance.now() - from)} ms`)
    t.equal((await add(doctor, 'PATIENT', patient)).status, 201, 'addresses need nobody')
    t.equal((await doctor.get(of('PATIENT', patient))).status, 200, 'nor do lists')
    t.match((await kernel.get('/health/ready')).body, { status: 'degraded', checks: { storage: /fails|does not answer/ } })
    await restore()
  }
  t.same([...server.objects.keys()].sort(), before, 'the picture that was there is there')
  t.equal((await doctor.patch(of('PATIENT', patient, id), { upload_completed: true })).status, 200, 'and then it goes on')
  const address = async () => ((await doctor.get(of('PATIENT', patient, id))).body as { read_signed_url: string }).read_signed_url
  t.equal((await send(await address())).status, 200)
  t.equal((await send(url, { method: 'PUT', headers: pdf, body: Buffer.from('%PDF replaced') })).status, 200)
  t.equal((await send(await address())).status, 404, 'without versions, what replaced a checked file is served to nobody')
  t.equal(server.objects.get(before[1] ?? '')?.[0]?.etag, `"${createHash('md5').update('%PDF replaced').digest('hex')}"`)
  t.notOk(server.refused.includes('InternalError'))
})

t.test('places to which nothing was uploaded are cleared after a week', async t => {
  const world = await clinic(t)
  const { kernel, doctor, patient, consent, consultation, own, origin, as } = world
  // Tokens of this kit live for a day.
  const today = () => as({ user_type: 15, ...own }, origin)
  const empty = await slot(doctor, 'PATIENT', patient)
  const told = await slot(doctor, 'PATIENT', patient)
  await upload(doctor, told.signed_url)
  await doctor.patch(of('PATIENT', patient, told.id), { upload_completed: true })
  const silent = await slot(doctor, 'PATIENT', patient)
  await upload(doctor, silent.signed_url)
  const other = await slot(doctor, 'PATIENT', patient)
  await upload(doctor, other.signed_url, Buffer.from('no document at all'))
  await slot(doctor, 'CONSENT_RECORD', consent)
  const [original] = await kernel.sql<{ uuid: string }>(
    `insert into facility_fileupload (external_id, created_date, modified_date, deleted, name, internal_name, associating_id, file_type, file_category, upload_completed, is_archived, archive_reason)
      values (gen_random_uuid(), '2020-01-01', '2020-01-01', false, 'old', 'old.pdf', $1, 1, 'UNSPECIFIED', false, false, '') returning external_id as uuid`,
    [String(patient.id)]
  )
  const consents = async () =>
    (
      await kernel.sql<{ has: number[] }>('select has_consents as has from facility_patientconsultation where id = $1', [
        consultation.id
      ])
    )[0]?.has
  const left = async () =>
    (await kernel.sql<{ id: string }>('select external_id as id from facility_fileupload where not deleted order by id')).map(
      ({ id }) => id
    )
  t.same(await consents(), [1])
  await kernel.clock.advance('6d')
  t.equal((await left()).length, 6, 'not before')
  const seen = await (await today()).get(of('PATIENT', patient, silent.id))
  t.equal(
    (await kernel.get(local((seen.body as { read_signed_url: string }).read_signed_url))).status,
    404,
    'not looked at: not read'
  )
  await kernel.clock.advance('2d')
  t.same(
    (await left()).sort(),
    [told.id, silent.id, original?.uuid].sort(),
    'empty ones, and what was not what it said, are gone'
  )
  t.notOk((await left()).includes(empty.id))
  t.same(await consents(), [], 'a consent without its file is none')
  t.equal(
    (await kernel.get(await addressOf(await today(), of('PATIENT', patient, silent.id)))).status,
    200,
    'bytes that came are not lost'
  )

  const somebody = await today()
  for (let n = 0; n < 120; n++) await slot(somebody, 'PATIENT', patient)
  await kernel.clock.advance('9d')
  t.equal((await left()).length, 3, 'slice by slice, all of them')
})
