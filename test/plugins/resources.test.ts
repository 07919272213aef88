import t from 'tap'
import type { Requester, TestContext } from 'care-kernel/testing'
import { betweenFacilities } from './between-facilities.ts'
import { demoDistrict } from './demo-district.ts'

interface Answered {
  readonly id: string
  readonly status: string
  readonly [field: string]: unknown
}

async function world(t: TestContext) {
  const between = await betweenFacilities(t, ['resources'])
  const { root, origin, approving, assigned } = between
  const body = {
    status: 'PENDING',
    category: 'OXYGEN',
    sub_category: 110,
    title: 'Oxygen',
    origin_facility: origin.uuid,
    approving_facility: approving.uuid,
    assigned_facility: assigned.uuid
  }
  const add = async (more: object = {}) => (await root.post('/api/v1/resource/', { ...body, ...more })).body as Answered
  return { ...between, add, body }
}

const at = (id: string, rest = '') => `/api/v1/resource/${id}/${rest}`

// `docs/api/shifting-resources.md §9.5, §1.1`.
const NUMBERS = {
  PENDING: 10,
  'ON HOLD': 15,
  APPROVED: 20,
  REJECTED: 30,
  'TRANSPORTATION TO BE ARRANGED': 55,
  'TRANSFER IN PROGRESS': 70,
  COMPLETED: 80
}
const STATUSES = Object.keys(NUMBERS) as (keyof typeof NUMBERS)[]

t.test('every status from every status by every kind of user', async t => {
  const { kernel, as, add, origin, approving, assigned, elsewhere, places } = await world(t)
  const { id } = await add()
  const { here, there, north, south, far } = places
  // User, and whether they may write, see the request, and act for the approving facility.
  const kinds: [string, Requester, 'refused' | 'unseen' | 'seen' | 'approves'][] = [
    ['staff of the origin', await as({ user_type: 10 }, origin), 'seen'],
    ['doctor of the origin', await as({ user_type: 15 }, origin), 'seen'],
    ['read-only nurse of the approving facility', await as({ user_type: 13 }, approving), 'refused'],
    ['read-only staff of the approving facility', await as({ user_type: 9 }, approving), 'refused'],
    ['volunteer of the approving facility', await as({ user_type: 5 }, approving), 'approves'],
    ['pharmacist of the approving facility', await as({ user_type: 3 }, approving), 'approves'],
    ['doctor of the approving facility', await as({ user_type: 15 }, approving), 'approves'],
    ['doctor of the assigned facility', await as({ user_type: 15 }, assigned), 'seen'],
    ['doctor of another facility', await as({ user_type: 15 }, elsewhere), 'unseen'],
    ['doctor of no facility in the district', await as({ user_type: 15, district_id: south, state_id: here }), 'unseen'],
    ['local body admin of the district', await as({ user_type: 23, district_id: south, state_id: here }), 'unseen'],
    ['lab admin of the approving district', await as({ user_type: 25, district_id: south, state_id: here }), 'approves'],
    ['admin of the approving district', await as({ user_type: 30, district_id: south, state_id: here }), 'approves'],
    ['admin of the origin district', await as({ user_type: 30, district_id: north, state_id: here }), 'seen'],
    [
      'admin of the origin district, member of the approving facility',
      await as({ user_type: 30, district_id: north }, approving),
      'approves'
    ],
    ['read-only admin of the approving district', await as({ user_type: 29, district_id: south }), 'refused'],
    ['admin of the assigned district', await as({ user_type: 30, district_id: far, state_id: there }), 'seen'],
    ['admin of no district', await as({ user_type: 30 }), 'unseen'],
    ['lab admin of the state', await as({ user_type: 35, state_id: here }), 'approves'],
    ['admin of the state', await as({ user_type: 40, state_id: here }), 'approves'],
    ['admin of the other state', await as({ user_type: 40, state_id: there }), 'seen'],
    ['read-only admin of the state', await as({ user_type: 39, state_id: here }), 'refused'],
    ['superuser', await as({ user_type: 40, is_superuser: true }), 'approves']
  ]
  let asked = 0
  for (const [who, user, sees] of kinds)
    for (const from of STATUSES)
      for (const to of STATUSES) {
        await kernel.sql('update facility_resourcerequest set status = $2 where external_id = $1', [id, NUMBERS[from]])
        const answer = await user.patch(at(id), { status: to })
        const [status, body] =
          sees === 'refused'
            ? [403, { detail: 'You do not have permission to perform this action.' }]
            : sees === 'unseen'
              ? [404, { detail: 'No ResourceRequest matches the given query.' }]
              : to === 'PENDING' || sees === 'approves'
                ? [200, { status: to, last_edited_by: user.user?.id }]
                : [400, { status: ['Permission Denied'] }]
        asked++
        if (answer.status !== status) t.equal(answer.status, status, `${who}: ${from} → ${to}`)
        if (status === 200) t.match(answer.body, body, `${who}: ${from} → ${to}`)
        else t.same(answer.body, body, `${who}: ${from} → ${to}`)
      }
  t.equal(asked, kinds.length * 49)

  await kernel.sql('update facility_resourcerequest set approving_facility_id = null, status = 10 where external_id = $1', [id])
  const root = await kernel.as()
  t.same(
    (await root.patch(at(id), { status: 'APPROVED' })).body,
    { status: ['Permission Denied'] },
    'no user approves without an approving facility'
  )
  t.equal((await root.patch(at(id), { title: 'Later' })).status, 200)
  t.equal((await root.delete(at(id))).status, 405)
})

t.test('lists, details and comments are one statement at any number of rows', async t => {
  const { kernel, root, as, add, origin } = await world(t)
  const doctor = await as({ user_type: 15 }, origin)
  const first = await add({ assigned_to: doctor.user?.id, priority: 3, emergency: true, title: '=cmd()' })
  const cost = async (url: string) => {
    await doctor.get(url)
    return kernel.statements(async () => t.equal((await doctor.get(url)).status, 200, url))
  }
  const lists = [
    '/api/v1/resource/',
    '/api/v1/resource/?status=PENDING&ordering=-created_date,emergency&limit=100',
    `/api/v1/resource/?facility=${origin.uuid}&title=oxy&created_date_after=2020-01-01&priority=3`,
    at(first.id, 'comment/')
  ]
  for (const rows of [1, 14, 100]) {
    const [{ count } = { count: 0 }] = await kernel.sql<{ count: number }>(
      'select count(*)::int as count from facility_resourcerequest'
    )
    await kernel.sql(
      `insert into facility_resourcerequest select x.* from generate_series(1, $1) n, facility_resourcerequest r,
        jsonb_populate_record(r, jsonb_build_object('id', 1000 + $2 + n, 'external_id', gen_random_uuid())) x where r.external_id = $3`,
      [rows - count, count, first.id]
    )
    for (let said = 0; said < Math.min(rows, 20); said++) await root.post(at(first.id, 'comment/'), { comment: `${said}` })
    for (const url of lists) t.equal(await cost(url), 1, `${url} at ${rows}`)
    t.equal(await cost(at(first.id)), 1)
    t.match((await doctor.get('/api/v1/resource/')).body, { count: rows, results: { length: Math.min(rows, 14) } })
  }
  const { text, headers } = await doctor.get('/api/v1/resource/?csv&ordering=id')
  t.match(headers, { 'content-type': 'text/csv', 'content-disposition': 'attachment; filename=resourcerequest_export.csv;' })
  const lines = text.split('\r\n')
  t.equal(lines.length, 102)
  t.match(
    lines[1],
    /,Origin,Assigned,Approving,10,YES,,'=cmd\(\),OXYGEN,LIQUID OXYGEN,3,0,0,t/,
    'a formula is text, nothing is lost'
  )
  t.match(lines[1], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00,/)

  const member = kernel.statements(async () =>
    t.equal((await root.patch(at(first.id), { reason: 'more', status: 'APPROVED' })).status, 200)
  )
  t.ok((await member) <= 5, 'find, check, write, read')
})

t.test('invisible requests and facilities are answered like missing ones', async t => {
  const { as, add, origin, elsewhere, body, places } = await world(t)
  const { id } = await add()
  const stranger = await as({ user_type: 15 }, elsewhere)
  const unknown = '00000000-0000-4000-8000-000000000000'
  t.match((await stranger.get('/api/v1/resource/')).body, { count: 0, results: [] })
  for (const [hidden, absent] of [
    [await stranger.get(at(id)), await stranger.get(at(unknown))],
    [await stranger.patch(at(id), {}), await stranger.patch(at(unknown), {})],
    [await stranger.post(at(id, 'comment/'), { comment: 'x' }), await stranger.post(at(unknown, 'comment/'), { comment: 'x' })],
    [await stranger.get(at(id, 'comment/')), await stranger.get(at(unknown, 'comment/'))]
  ] as const) {
    t.equal(hidden.status, absent.status)
    t.equal(hidden.text.replace(id, unknown), absent.text)
  }
  t.same((await stranger.get('/api/v1/resource/?csv')).text.split('\r\n').length, 2, 'nor in the CSV')
  t.same(
    (await stranger.post('/api/v1/resource/', body)).body,
    { origin_facility: ['object with this id not found'] },
    'requests are made for own facilities only'
  )
  const member = await as({ user_type: 30, district_id: places.far }, origin)
  t.equal((await member.post('/api/v1/resource/', body)).status, 201, 'by membership, in whatever district')
  t.equal((await member.get(at(id))).status, 200, 'touches the own district as the assigned one')
  const southern = await as({ user_type: 30, district_id: places.south })
  t.equal((await southern.post('/api/v1/resource/', body)).status, 400)
})

t.test('invalid input is refused and writes nothing', async t => {
  const { kernel, root, as, add, body, origin, approving, elsewhere } = await world(t)
  t.same((await root.post('/api/v1/resource/', {})).body, {
    status: ['This field is required.'],
    category: ['This field is required.'],
    sub_category: ['This field is required.'],
    origin_facility: ['This field is required.'],
    approving_facility: ['This field is required.'],
    title: ['This field is required.']
  })
  const wrong: [object, object][] = [
    [{ origin_facility: 7 }, { origin_facility: ['invalid uuid'] }],
    [{ approving_facility: '' }, { approving_facility: ['invalid uuid'] }],
    [{ assigned_facility: null }, { assigned_facility: ['This field may not be null.'] }],
    [{ title: '  ' }, { title: ['This field may not be blank.'] }],
    [{ title: 'x'.repeat(256) }, { title: ['Ensure this field has no more than 255 characters.'] }],
    [{ requested_quantity: 2 ** 31 }, { requested_quantity: ['Ensure this value is less than or equal to 2147483647.'] }],
    [{ priority: 'high' }, { priority: ['A valid integer is required.'] }],
    [{ assigned_to: 999_999 }, { assigned_to: ['Invalid pk "999999" - object does not exist.'] }],
    [{ category: 'GOLD' }, { category: ['"None" is not a valid choice.'] }],
    [{ sub_category: 5 }, { sub_category: ['"5" is not a valid choice.'] }],
    [{ emergency: 'maybe' }, { emergency: ['Must be a valid boolean.'] }],
    [
      { refering_facility_contact_number: '+9198' },
      {
        refering_facility_contact_number: [
          'Invalid phone number. Must be one of the following types: mobile, landline. Received: +9198'
        ]
      }
    ]
  ]
  for (const [given, expected] of wrong) t.same((await root.post('/api/v1/resource/', { ...body, ...given })).body, expected)
  t.match((await root.get('/api/v1/resource/')).body, { count: 0 })

  const { id, created_by } = await add({ status: 'COMPLETED', requested_quantity: '12', assigned_to: '', priority: null })
  t.match((await root.get(at(id))).body, { status: 'PENDING', requested_quantity: 12, assigned_to: null })
  for (const [given, expected] of wrong) t.same((await root.put(at(id), given)).body, expected)
  const doctor = await as({ user_type: 15 }, approving)
  const changed = await doctor.put(at(id), {
    origin_facility: elsewhere.uuid,
    created_by: 1,
    last_edited_by: 1,
    id: '00000000-0000-4000-8000-000000000000',
    reason: ' soon '
  })
  t.match(changed.body, { id, origin_facility: origin.uuid, created_by, last_edited_by: doctor.user?.id, reason: 'soon' })
  t.equal((await root.patch(at(id), '[1]', { 'content-type': 'application/json' })).status, 400)
  t.equal((await root.get(at('abc'))).status, 404)
  t.equal((await root.get(`${at(id)}?status=COMPLETED`)).status, 404, 'the detail applies filters, too')
  t.same((await root.get('/api/v1/resource/?origin_facility=x')).body, { origin_facility: ['Enter a valid UUID.'] })
  t.same((await root.get('/api/v1/resource/?created_date_after=x&assigned_to=x')).body, {
    created_date: ['Enter a valid date.'],
    assigned_to: ['Enter a number.']
  })
  t.match((await root.get('/api/v1/resource/?status=null&facility=&emergency=&limit=x&offset=-3')).body, { count: 1 })

  for (const said of [{}, { comment: null }, { comment: ' \n ' }])
    t.same((await root.post(at(id, 'comment/'), said)).body, { comment: ['Comment cannot be empty'] })
  t.same((await root.post(at('abc', 'comment/'), { comment: 'x' })).body, { detail: '“abc” is not a valid UUID.' })
  t.same((await root.get(at('abc', 'comment/'))).body, { detail: '“abc” is not a valid UUID.' })
  const nurse = await as({ user_type: 13 }, approving)
  t.equal((await nurse.post(at(id, 'comment/'), { comment: 'x' })).status, 403, 'read-only types do not comment')
  const made = (await doctor.post(at(id, 'comment/'), { comment: ' on its way ' })).body as Answered
  t.match(made, {
    comment: 'on its way',
    created_by: doctor.user?.id,
    created_by_object: { id: doctor.user?.id, user_type: 'Doctor' }
  })
  t.same((await nurse.get(at(id, `comment/${made.id}/`))).body, made)
  t.equal((await root.patch(at(id, `comment/${made.id}/`), { comment: 'y' })).status, 405)
  const other = await add()
  t.equal((await root.get(at(other.id, `comment/${made.id}/`))).status, 404, 'a comment is found under its own request only')
  t.equal((await kernel.get('/api/v1/resource/')).status, 403)
})

t.test('demo district: requests in every status, the same in every deployment', async t => {
  const REQUESTS = `select external_id, title, status, created_date from facility_resourcerequest order by id`
  const { kernel, doctor } = await demoDistrict(t, ['resources'])
  const requests = await kernel.sql(REQUESTS)
  t.equal(requests.length, 14)
  for (const status of STATUSES) {
    const { status: code, body } = await doctor.get(`/api/v1/resource/?status=${encodeURIComponent(status)}`)
    const { results } = body as { results: Answered[] }
    t.ok(code === 200 && results.length > 0 && results.every(request => request.status === status), status)
    t.equal((await doctor.get(at(results[0]?.id ?? ''))).status, 200)
  }
  t.same(await (await demoDistrict(t, ['resources'])).kernel.sql(REQUESTS), requests)
})
