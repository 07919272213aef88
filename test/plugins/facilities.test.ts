import t from 'tap'
import { defineContract, definePlugin, type Plugin } from 'care-kernel'
import { invalid } from 'care-kernel/rest'
import { facilities } from 'care-kernel/contracts/facilities'
import { commands } from '../../plugins/facilities/commands.ts'
import facilitiesPlugin from '../../plugins/facilities/plugin.ts'
import placesPlugin from '../../plugins/places/plugin.ts'
import authPlugin from '../../plugins/auth-permissions/plugin.ts'
import { testKernel, type Requester, type TestContext } from 'care-kernel/testing'

interface Made {
  readonly id: string
  readonly name: string
}

const NAMES = ['places', 'auth-permissions', 'facilities'] as const

/** Two districts of one state, each with a local body and a ward. */
async function world(t: TestContext, more: readonly Plugin[] = []) {
  const kernel = await testKernel(t, {
    plugins: [...NAMES, ...more],
    config: { plugins: { facilities: { flags: ['SCRIBE_ENABLED'] } } }
  })
  const [state] = await kernel.sql<{ id: number }>("insert into users_state (name) values ('Kerala') returning id")
  const districts = await kernel.sql<{ id: number }>(
    "insert into users_district (name, state_id) values ('North', $1), ('South', $1) returning id",
    [state?.id]
  )
  const bodies = await kernel.sql<{ id: number }>(
    "insert into users_localbody (name, body_type, localbody_code, district_id) values ('A', 1, 'G1', $1), ('B', 10, 'M1', $2) returning id",
    districts.map(({ id }) => id)
  )
  const [ward] = await kernel.sql<{ id: number }>(
    "insert into users_ward (name, number, local_body_id) values ('One', 1, $1) returning id",
    [bodies[0]?.id]
  )
  const [north = { id: 0 }, south = { id: 0 }] = districts
  const place = { state: state?.id ?? 0, district: north.id, local_body: bodies[0]?.id ?? 0, ward: ward?.id ?? 0 }
  const own = { state_id: place.state, district_id: place.district, local_body_id: place.local_body }
  const admin = await kernel.as({ user_type: 30, state_id: place.state, district_id: north.id })
  const body = (name: string) => ({ name, facility_type: 'Taluk Hospitals', address: '1 Road', ...place })
  const add = async (by: Requester, name: string) => (await by.post('/api/v1/facility/', body(name))).body as Made
  return { kernel, place, own, south: south.id, southBody: bodies[1]?.id ?? 0, admin, body, add }
}

const at = (id: string, rest = '') => `/api/v1/facility/${id}/${rest}`

t.test('a facility is added by whoever may, who becomes a member at once', async t => {
  const { kernel, own, body, admin, southBody, south } = await world(t)
  const nurse = await kernel.as({ user_type: 14, ...own })
  t.equal((await nurse.get('/api/v1/facility/')).status, 200, 'the actor is cached now, without memberships')
  const made = await nurse.post('/api/v1/facility/', { ...body('House'), district: own.district_id })
  t.equal(made.status, 201)
  t.equal((await nurse.get(at((made.body as Made).id))).status, 200, 'the creator sees it in the next request')
  t.equal((await nurse.get(at((made.body as Made).id, 'spokes/'))).status, 200, 'and reaches what hangs on it')

  for (const [who, user] of [
    ['read-only', { user_type: 13, ...own }],
    ['unverified', { user_type: 14, verified: false, ...own }],
    ['of another district', { user_type: 30, state_id: own.state_id, district_id: south }]
  ] as const) {
    t.equal((await (await kernel.as(user)).post('/api/v1/facility/', body('X'))).status, 403, who)
  }
  const root = await kernel.as()
  t.equal(
    (await root.post('/api/v1/facility/', { ...body('X'), state: 999_999 })).status,
    403,
    'an unknown place is refused, not invalid'
  )
  t.equal((await root.post('/api/v1/facility/', 'not json', { 'content-type': 'application/json' })).status, 403)
  t.equal((await admin.put('/api/v1/facility/', {})).status, 403)

  const moved = await admin.patch(at((made.body as Made).id), { district: south })
  t.match(moved.body, { district: own.district_id }, 'the local body decides the district')
  t.match((await root.patch(at((made.body as Made).id), { local_body: southBody })).body, { district: south })
  t.equal((await admin.get(at((made.body as Made).id))).status, 404, 'and with the place changes who sees it')
  t.same((await root.patch(at((made.body as Made).id), { middleware_address: null })).body, {
    middleware_address: ['Middleware Address is required']
  })
})

t.test('list, detail and directory are one statement whatever they hold', async t => {
  const { kernel, admin, add } = await world(t)
  const first = await add(admin, 'Alpha')
  await admin.get('/api/v1/facility/')
  const cost = (url: string) => kernel.statements(async () => t.equal((await admin.get(url)).status, 200, url))
  t.equal(await cost('/api/v1/facility/'), 1)
  for (let more = 0; more < 14; more++) await add(admin, `House ${more}`)
  await admin.get('/api/v1/facility/')
  t.equal(await cost('/api/v1/facility/?search_text=house+north'), 1)
  t.equal(await cost(at(first.id)), 1)
  t.equal(await cost('/api/v1/getallfacilities/'), 1)
  const page = await admin.get('/api/v1/facility/?all=true')
  t.match(page.body, { count: 15, results: { length: 14 } })
  t.match((page.body as { results: object[] }).results[0], {
    name: 'Alpha',
    facility_type: { id: 830, name: 'Taluk Hospitals' },
    patient_count: 0,
    bed_count: 0
  })
  t.equal((await kernel.get('/api/v1/getallfacilities/')).status, 200, 'anybody may')
  t.equal((await kernel.get('/api/v1/facility/')).status, 403)
})

t.test('beds: one row per kind, what is stored counts, every save is remembered', async t => {
  const { kernel, admin, add, own } = await world(t)
  const { id } = await add(admin, 'Alpha')
  const all = await Promise.all(
    Array.from({ length: 8 }, async () =>
      admin.post(at(id, 'capacity/'), { room_type: 100, total_capacity: 10, current_capacity: 4 })
    )
  )
  t.same(all.map(({ status }) => status).sort(), [201, ...Array<number>(7).fill(400)], 'of eight at once one is kept')
  t.match(all.find(({ status }) => status === 400)?.body, { room_type: [/already/] })
  t.same((await admin.patch(at(id, 'capacity/100/'), { current_capacity: 11 })).body, {
    current_capacity: ['Current capacity cannot be greater than total capacity.']
  })
  t.equal((await admin.post(at(id, 'capacity/'), { room_type: 200 })).status, 201)
  t.equal((await admin.put(at(id, 'capacity/200/'), { room_type: 100 })).status, 400, 'a kind that is there')
  t.equal((await admin.patch(at(id, 'capacity/100/'), { current_capacity: 5 })).status, 200)
  t.match((await admin.get(at(id, 'capacity/100/history/?limit=1'))).body, {
    count: 2,
    results: [{ history_type: '~', current_capacity: 5, history_user: admin.user?.id }]
  })
  t.match((await admin.get(at(id, 'capacity/100/history/?offset=9'))).body, { count: 2, results: [] })
  t.equal((await admin.delete(at(id, 'capacity/100/'))).status, 204)
  t.equal((await admin.get(at(id, 'capacity/100/'))).status, 404)
  t.equal((await admin.post(at(id, 'capacity/'), { room_type: 100 })).status, 201, 'again after its deletion')
  t.equal((await admin.get(at(id, 'capacity/999999999999/'))).status, 404)
  t.same((await admin.get(at('abc', 'capacity/'))).body, { detail: '“abc” is not a valid UUID.' })

  await kernel.sql(
    'insert into facility_facilitycapacity (external_id, deleted, room_type, total_capacity, current_capacity, facility_id) select gen_random_uuid(), false, 20, 1, 1, id from facility_facility'
  )
  t.match(
    (await admin.get(at(id, 'capacity/20/'))).body,
    { room_type: 20, room_type_text: '20' },
    'a number outside the list does no harm'
  )

  const stranger = await kernel.as({ user_type: 15, ...own })
  t.match((await stranger.get(at(id, 'capacity/'))).body, { count: 0 })
  t.equal(
    (await stranger.post(at(id, 'capacity/'), '{"broken', { 'content-type': 'application/json' })).status,
    403,
    'permission comes before the body'
  )
  const root = await kernel.as()
  t.equal((await root.post(at(id, 'hospital_doctor/'), { area: 1, count: 2 })).status, 201, 'a superuser of nowhere may write')
  t.match(await root.post(at(id, 'hospital_doctor/'), { area: 1, count: 2 }), { status: 400, body: { area: [/already/] } })
})

t.test('links form no circle, not even two at once', async t => {
  const { admin, add, kernel, own } = await world(t)
  const [a, b, c] = [await add(admin, 'A'), await add(admin, 'B'), await add(admin, 'C')]
  const link = (hub: Made, spoke: Made) => admin.post(at(hub.id, 'spokes/'), { spoke: spoke.id })
  const made = await link(a, b)
  t.match(made, { status: 201, body: { hub_object: { name: 'A' }, spoke_object: { name: 'B' }, relationship: 1 } })
  const id = (made.body as Made).id
  t.same((await link(b, a)).body, { spoke: ['Facility is already a spoke/hub'] })
  t.same((await link(a, a)).body, { spoke: ["Cannot set a facility as it's own spoke"] })
  const both = await Promise.all([link(b, c), link(c, a)])
  t.same(both.map(({ status }) => status).sort(), [201, 400], 'two links that would close a circle together')
  t.same(both.find(({ status }) => status === 400)?.body, ['This facility is already an ancestor hub'])
  t.match((await admin.patch(at(a.id, `spokes/${id}/`), { relationship: 2 })).body, { relationship: 2 })
  t.match((await admin.get(at(b.id, 'hubs/'))).body, { count: 1 })
  t.equal((await admin.get(at(a.id, `spokes/${id}/`))).status, 200, 'one link, by somebody who is no superuser')
  t.equal((await (await kernel.as({ user_type: 15, ...own })).get(at(a.id, 'hubs/'))).status, 404)
  t.equal((await admin.delete(at(a.id, `spokes/${id}/`))).status, 204)
  t.equal((await link(b, a)).status, both[0]?.status === 201 ? 201 : 400)
})

t.test('linking people, and what they see right after', async t => {
  const { kernel, admin, add, own } = await world(t)
  const { id } = await add(admin, 'Alpha')
  const doctor = await kernel.as({ user_type: 15, ...own })
  const path = (action: string) => `/api/v1/users/${doctor.user?.username}/${action}/`
  t.match((await doctor.get('/api/v1/facility/')).body, { count: 0 })
  t.same((await admin.put(path('add_facility'), {})).body, { facility: 'required' })
  t.same((await admin.put(path('add_facility'), { facility: crypto.randomUUID() })).body, { facility: 'Does not Exist' })
  t.same((await admin.put(path('add_facility'), { facility: 'x' })).body, { detail: '“x” is not a valid UUID.' })
  const results = await Promise.all(Array.from({ length: 4 }, async () => admin.put(path('add_facility'), { facility: id })))
  t.same(results.map(({ status }) => status).sort(), [201, 400, 400, 400])
  t.match((await doctor.get('/api/v1/facility/')).body, { count: 1 })
  t.match((await admin.get(path('get_facilities'))).body, { count: 1, results: [{ name: 'Alpha', facility_type: { id: 830 } }] })
  t.match((await doctor.get(at(id, 'get_users/?user_type=Doctor'))).body, {
    count: 1,
    results: [{ username: doctor.user?.username, gender: 1, skills: [] }]
  })
  t.same((await doctor.get(at(id, 'get_users/?user_type=X'))).body, {
    user_type: ['Select a valid choice. X is not one of the available choices.']
  })
  const viewer = await kernel.as({ user_type: 29, state_id: own.state_id, district_id: own.district_id })
  t.equal((await viewer.delete(path('delete_facility'), { facility: id })).status, 400, 'read-only types link and unlink nobody')

  await admin.patch(`/api/v1/users/${doctor.user?.username}/`, { home_facility: id })
  t.match((await doctor.get('/api/v1/users/getcurrentuser/')).body, {
    home_facility: id,
    home_facility_object: { id, name: 'Alpha' }
  })
  t.same((await admin.delete(path('delete_facility'), { facility: id })).body, { facility: "Cannot Delete User's Home Facility" })
  t.match((await doctor.get('/api/v1/facility/')).body, { count: 1 }, 'a refusal takes nothing away')
  t.equal((await admin.delete(path('clear_home_facility'))).status, 204)
  t.same((await admin.delete(path('clear_home_facility'))).body, { home_facility: 'No Home Facility Present' })
  t.equal((await admin.delete(path('delete_facility'), { facility: id })).status, 204)
  t.match((await doctor.get('/api/v1/facility/')).body, { count: 0 })
})

t.test('deleting a facility takes its people along, unless somebody refuses', async t => {
  let live = true
  const refuser = definePlugin({
    contract: defineContract({ name: 'refuser', version: 1 }),
    version: '1.0.0',
    kernel: '^1.0.0',
    summary: 'Refuses',
    requires: [facilities],
    hooks: {
      'facilities/facility-deleting': async () => {
        if (live) throw invalid({ facility: 'Live patients' })
      }
    }
  })
  const { kernel, admin, add, own } = await world(t, [refuser])
  const { id } = await add(admin, 'Alpha')
  const doctor = await kernel.as({ user_type: 15, ...own })
  await admin.put(`/api/v1/users/${doctor.user?.username}/add_facility/`, { facility: id })
  await admin.patch(`/api/v1/users/${doctor.user?.username}/`, { home_facility: id })
  t.same((await admin.delete(at(id))).body, { facility: 'Live patients' })
  t.match((await doctor.get('/api/v1/facility/')).body, { count: 1 })
  t.equal((await doctor.delete(at(id))).status, 403, 'the type is asked before the row')
  live = false
  t.equal((await admin.delete(at(id))).status, 204)
  t.equal((await admin.get(at(id))).status, 404)
  t.match((await doctor.get('/api/v1/users/getcurrentuser/')).body, { home_facility: null })
  t.match(await kernel.sql('select count(*) as open from users_userfacilityallocation where end_date is null'), [{ open: 0 }])
  t.match(await kernel.sql('select count(*) as members from facility_facilityuser'), [{ members: 0 }])
})

t.test('the table: quoting, joins, deleted rows left out', async t => {
  const { kernel, admin, add } = await world(t)
  const { id } = await add(admin, 'Quoted "A", B')
  await admin.post(at(id, 'capacity/'), { room_type: 100, total_capacity: 3 })
  await admin.post(at(id, 'capacity/'), { room_type: 200, total_capacity: 4 })
  await admin.delete(at(id, 'capacity/200/'))
  await add(admin, 'Two\nlines')
  const { headers, text } = await admin.get('/api/v1/facility/?csv&capacity')
  t.match(headers, {
    'content-type': 'text/csv',
    'content-disposition': 'attachment; filename=facility_export.csv;',
    'cache-control': 'no-cache'
  })
  const [head, first, second, end] = text.split('\r\n')
  t.equal(
    head,
    '\uFEFFFacility Name,Facility Type,Address,Ward Name,Ward Number,Local Body,District,State,Phone Number,Room Type,Total Capacity,Current Capacity,Updated Date,Oxygen Capacity,B Type Oxygen Cylinder,C Type Oxygen Cylinder,Jumbo D Type Oxygen Cylinder'
  )
  t.match(first, /^"Quoted ""A"", B",Taluk Hospitals,1 Road,One,1,A,North,Kerala,,ICU Bed,3,0,\d\d-\d\d-\d{4},0,0,0,0$/)
  t.equal(second, '"Two\nlines",Taluk Hospitals,1 Road,One,1,A,North,Kerala,,,,,,0,0,0,0')
  t.equal(end, '')
  t.match((await admin.get('/api/v1/facility/?csv=1&doctors')).text, /Doctors Area,Doctors Count\r\n/)
  t.match(
    (await admin.get('/api/v1/facility/?csv&triage&name=two')).text,
    /Vistited Patients.*\r\n"Two\nlines",Taluk Hospitals,1 Road,One,1,A,North,Kerala,,,,,,,\r\n$/
  )
  t.equal((await kernel.get('/api/v1/facility/?csv')).status, 403)
})

t.test('forms, and numbers no row can hold', async t => {
  const { kernel, admin, add, body } = await world(t)
  const { id } = await add(admin, 'Alpha')
  await admin.patch(at(id), { kasp_empanelled: true, features: [1, 6], latitude: '9.99' })
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  t.match((await admin.put(at(id), 'name=Beta&facility_type=Other&address=2+Road&features=2&features=3', form)).body, {
    name: 'Beta',
    kasp_empanelled: false,
    features: [2, 3],
    latitude: '9.9900000000000000'
  })
  t.equal(
    (
      await admin.post(
        '/api/v1/facility/',
        new URLSearchParams(
          Object.entries(body('Gamma')).map(([name, value]): [string, string] => [name, String(value)])
        ).toString(),
        form
      )
    ).status,
    201
  )
  t.same((await admin.get('/api/v1/facility/?district=x')).body, { district: ['Enter a number.'] })
  t.match((await admin.get('/api/v1/facility/?district=99999999999999999999')).body, { count: 0 })
  t.same((await admin.get(at(id, '?district=x'))).body, { district: ['Enter a number.'] }, 'filters hold for details, too')
  t.match((await admin.get('/api/v1/facility/?exclude_user=' + String(admin.user?.username))).body, { count: 0 })
  t.match((await admin.get('/api/v1/facility/?name=100%25')).body, { count: 0 }, 'a percent sign is a percent sign')
  t.equal((await admin.get(`/api/v1/facility/${id}/hubs`)).headers.location, `/api/v1/facility/${id}/hubs/`)
  t.match(await kernel.sql('select facility_id from facility_historicalfacilitycapacity'), [])
})

t.test('the demo district and the command line', async t => {
  const kernel = await testKernel(t, {
    plugins: [...NAMES],
    config: {
      plugins: {
        facilities: { flags: ['SCRIBE_ENABLED'] },
        'auth-permissions': { passwordHash: { memoryKiB: 64, passes: 1, lanes: 1 } }
      }
    }
  })
  await kernel.ports.database?.transaction(async tx => {
    for (const plugin of [placesPlugin, authPlugin, facilitiesPlugin])
      await plugin.demo?.(tx, kernel.scopes.get(plugin.contract.name) ?? {})
  })
  const { access } = (await kernel.post('/api/v1/auth/login/', { username: 'demo-doctor', password: 'Care-Kernel-1' })).body as {
    access: string
  }
  const mine = (await kernel.get('/api/v1/facility/', { authorization: `Bearer ${access}` })).body as {
    count: number
    results: Made[]
  }
  t.match(mine, {
    count: 2,
    results: [{ name: 'Puzhakkara District Hospital', district_object: { name: 'Puzhakkara' }, ward_object: { number: 1 } }]
  })
  const id = mine.results[0]?.id ?? ''
  t.equal(id, 'fac11111-0000-4000-8000-000000000001', 'the same id everywhere')
  t.match((await kernel.get(at(id, 'capacity/'), { authorization: `Bearer ${access}` })).body, { count: 4 })
  t.match((await kernel.get(at(id, 'spokes/'), { authorization: `Bearer ${access}` })).body, { count: 1 })

  const printed: string[] = []
  const terminal = {
    print: (line: string) => void printed.push(line),
    progress: <T>(title: string, total: number, work: (advance: () => void) => Promise<T>) => work(() => undefined),
    secret: async () => ''
  }
  const run = (name: string, args: string[], options: Record<string, unknown> = {}) =>
    commands[name]?.run(kernel.scopes.get('facilities') as never, args, options, terminal)
  t.equal(await run('facility list', []), 0)
  t.equal(printed.splice(0).length, 13)
  t.equal(await run('facility flags', [id], { set: 'SCRIBE_ENABLED' }), 0)
  t.equal(await run('facility flags', [id], { set: 'SCRIBE_ENABLED' }), 0, 'twice is once')
  t.same(printed.splice(0), ['SCRIBE_ENABLED', 'SCRIBE_ENABLED'])
  t.match((await kernel.get(at(id), { authorization: `Bearer ${access}` })).body, { facility_flags: ['SCRIBE_ENABLED'] })
  t.equal(await run('facility flags', [id], { set: 'OTHER' }), 1)
  t.equal(await run('facility flags', ['x']), 1)
  printed.length = 0
  t.equal(await run('facility flags', [id], { unset: 'SCRIBE_ENABLED' }), 0)
  t.same(printed, [])
})
