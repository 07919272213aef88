import t from 'tap'
import { definePlugin, defineContract, type Plugin } from 'care-kernel'
import { authPermissions } from 'care-kernel/contracts/auth-permissions'
import { demo, DEMO_PASSWORD, welcome, type DemoScope } from '../../plugins/auth-permissions/demo.ts'
import { commands } from '../../plugins/auth-permissions/commands.ts'
import { testKernel, type Requester, type TestContext, type TestKernel } from 'care-kernel/testing'

const FACILITY = '11111111-1111-4111-8111-111111111111'
const ELSEWHERE = '22222222-2222-4222-8222-222222222222'
const NOWHERE = '00000000-0000-4000-8000-000000000000'
const KNOWN: Readonly<Record<string, number>> = { [FACILITY]: 501, [ELSEWHERE]: 502 }

/** Stands for the facilities plugin: two facilities, everybody of district 1 is a member of the first. */
function twoFacilities(): Plugin {
  return definePlugin({
    contract: defineContract({ name: 'two-facilities', version: 1 }),
    version: '1.0.0',
    kernel: '^1.0.0',
    summary: 'Facilities without tables',
    requires: [authPermissions],
    hooks: {
      'auth-permissions/facilities-named': async (db, { actor, uuids }) =>
        uuids.flatMap(uuid => {
          const id = KNOWN[uuid]
          return id === undefined
            ? []
            : [
                {
                  uuid,
                  id,
                  allowed:
                    actor.superuser ||
                    (actor.districtId === 1 && actor.userType >= 25 && id === 501) ||
                    actor.homeFacilityId === id
                }
              ]
        })
    },
    fills: {
      'auth-permissions/user': {
        home_facility: `case u.home_facility_id when 501 then '${FACILITY}'::uuid when 502 then '${ELSEWHERE}'::uuid end`,
        home_facility_object: `case when u.home_facility_id is not null then json_build_object('name', 'A hospital') end`
      },
      'auth-permissions/actor': { facility_ids: `case when u.district_id = 1 then array[501]::bigint[] else '{}'::bigint[] end` },
      'auth-permissions/members': { user_ids: 'select id from users_user where district_id = 1 and 501 = any($facilities)' }
    }
  })
}

async function boot(t: TestContext, plugins: readonly (string | Plugin)[] = [twoFacilities()]): Promise<TestKernel> {
  const kernel = await testKernel(t, {
    plugins: ['places', 'auth-permissions', ...plugins],
    config: { plugins: { 'auth-permissions': { passwordHash: { memoryKiB: 64, passes: 1, lanes: 1 } } } }
  })
  await kernel.sql(`insert into users_state (id, name) values (1, 'S1'), (2, 'S2')`)
  await kernel.sql(`insert into users_district (id, name, state_id) values (1, 'D1', 1), (2, 'D2', 1), (3, 'D3', 2)`)
  await kernel.sql(
    `insert into users_localbody (id, name, body_type, localbody_code, district_id) values (1, 'L1', 10, 'M1', 1), (2, 'L2', 1, null, 1), (3, 'L3', 1, null, 3)`
  )
  return kernel
}

const here = { district_id: 1, state_id: 1, local_body_id: 1 }
const person = (username: string, changes: object = {}) => ({
  username,
  user_type: 'Nurse',
  gender: 'Female',
  phone_number: '+919876500002',
  date_of_birth: '1995-04-01',
  state: 1,
  district: 1,
  local_body: 1,
  password: 'Coronasafe@123',
  email: 'a.B@Example.ORG',
  ...changes
})
const names = (answer: { body: unknown }) =>
  (answer.body as { results: { username: string }[] }).results.map(({ username }) => username).sort()
const nameOf = ({ user }: Requester) => user?.username ?? ''

t.test('add_user', async t => {
  const kernel = await boot(t)
  const admin = await kernel.as({ ...here, user_type: 30 })
  const add = (body: unknown, by: Requester = admin) => by.post('/api/v1/users/add_user/', body)

  await t.test('writes the user, its places, its home', async t => {
    const answer = await add(
      person('new-user', { district: null, state: null, home_facility: FACILITY, facilities: [FACILITY], user_type: 14 })
    )
    t.match(answer, { status: 201, text: '' })
    t.match(
      await kernel.sql(
        `select email, verified, is_active, district_id, state_id, local_body_id, home_facility_id, user_type, created_by_id, password from users_user where username = 'new-user'`
      ),
      [
        {
          email: 'a.B@example.org',
          verified: true,
          is_active: true,
          district_id: 1,
          state_id: 1,
          local_body_id: 1,
          home_facility_id: 501,
          user_type: 14,
          created_by_id: admin.user?.id,
          password: /^argon2\$argon2id\$/
        }
      ]
    )
    t.match(await kernel.sql('select facility_id, end_date from users_userfacilityallocation'), [
      { facility_id: 501, end_date: null }
    ])
  })

  const wrong: readonly (readonly [string, object, object])[] = [
    ['short name', { username: 'abc' }, { username: [/^Username must be 4 to 16/] }],
    ['fixed path', { username: 'getcurrentuser' }, { username: ['A user with that username already exists.'] }],
    ['taken', { username: nameOf(admin) }, { username: ['A user with that username already exists.'] }],
    ['unknown type', { user_type: 'King' }, { user_type: ['"None" is not a valid choice.'] }],
    ['higher type', { user_type: 'StateAdmin' }, { user_type: ['User cannot create another user with higher permissions'] }],
    ['child', { date_of_birth: '2020-01-01' }, { date_of_birth: ['Age must be greater than 15 years'] }],
    ['other digits', { phone_number: '+91９876500002' }, { phone_number: [/^Invalid phone number/] }],
    ['weak password', { password: 'abc' }, { password: ['This password is too short. It must contain at least 8 characters.'] }],
    ['blank password', { password: '' }, { password: ['This field may not be blank.'] }],
    ['other district', { district: 2 }, { district: ['Cannot create for a different district'] }],
    ['other state', { state: 2 }, { state: ['Cannot create for a different state'] }],
    [
      'no place',
      { state: null, district: null, local_body: null },
      { __all__: ['One of ward, local body, district or state is required'] }
    ],
    ['unknown place', { state: 99 }, { state: ['Invalid pk "99" - object does not exist.'] }],
    ['malformed facilities', { facilities: ['abc', NOWHERE] }, { facilities: [['Must be a valid UUID.'], {}] }],
    ['no list', { facilities: 'abc' }, { facilities: { non_field_errors: ['Expected a list of items but got type "str".'] } }],
    ['unknown facility', { facilities: [NOWHERE] }, { facilities: [`Some facilities are not available - ${NOWHERE}`] }],
    ['malformed home', { home_facility: 'abc' }, { home_facility: ['invalid uuid'] }],
    ['unknown home', { home_facility: NOWHERE }, { home_facility: ['object with this id not found'] }],
    ['foreign home', { home_facility: ELSEWHERE }, { home_facility: ['Cannot create users with different Home Facility'] }],
    ['long week', { weekly_working_hours: 200 }, { weekly_working_hours: ['Ensure this value is less than or equal to 168.'] }]
  ]
  for (const [name, changes, body] of wrong) t.match(await add(person('never-made', changes)), { status: 400, body }, name)
  t.match(
    (await add({})).body,
    Object.fromEntries(
      ['user_type', 'gender', 'date_of_birth', 'username', 'phone_number'].map(name => [name, ['This field is required.']])
    ),
    'required fields'
  )

  const nurse = await kernel.as({ ...here, user_type: 14 })
  t.equal((await add(person('by-nurse', { user_type: 'Doctor' }), nurse)).status, 201, 'nurses add doctors')
  t.match(await add(person('by-nurse-2', { local_body: 2 }), nurse), {
    status: 400,
    body: { local_body: ['Cannot create for a different local body'] }
  })
  const viewer = await kernel.as({ ...here, user_type: 13 })
  t.match((await add(person('by-viewer', { user_type: 'Volunteer' }), viewer)).body, {
    user_type: ['Read only users can create other read only users only']
  })
  t.equal((await add(person('unverified'), await kernel.as({ ...here, user_type: 30, verified: false }))).status, 403)
  t.equal((await kernel.post('/api/v1/users/add_user/', person('anonymous'))).status, 403)

  await t.test('one of two at the same time', async t => {
    const answers = await Promise.all([add(person('race-user')), add(person('race-user')), add(person('race-user'))])
    t.same(answers.map(({ status }) => status).sort(), [201, 400, 400])
    t.match(
      answers.filter(({ status }) => status === 400).map(({ body }) => body),
      [{ username: ['A user with that username already exists.'] }, {}]
    )
  })
})

t.test('who sees whom', async t => {
  const kernel = await boot(t)
  const made = async (user_type: number, place: object, more: object = {}) =>
    kernel.as({
      username: `t-${user_type}-${Object.values(place).join('')}-${Object.keys(more).join('')}`,
      user_type,
      ...place,
      ...more
    })
  const d1 = { district_id: 1, state_id: 1 }
  const d2 = { district_id: 2, state_id: 1 }
  const d3 = { district_id: 3, state_id: 2 }
  const nurse = await made(14, d1)
  const nurse2 = await made(14, d2)
  const admin = await made(30, d1)
  const stateAdmin = await made(40, d1)
  const stateLab = await made(35, d2)
  const foreign = await made(14, d3)
  const root = await made(40, d1, { is_superuser: true })
  const list = async (by: Requester, query = '') => names(await by.get(`/api/v1/users/${query}`))

  t.same(
    await list(root),
    [nurse, nurse2, admin, stateAdmin, stateLab, foreign].map(nameOf).sort(),
    'superusers see all but superusers'
  )
  t.same(await list(stateAdmin), [nurse, nurse2, admin, stateAdmin, stateLab].map(nameOf).sort(), 'state')
  t.same(await list(stateLab), [nurse2, stateLab].map(nameOf).sort(), 'a state lab admin sees a district')
  t.same(await list(admin), [nurse, admin].map(nameOf).sort(), 'district, without those above')
  t.same(await list(nurse), [nurse].map(nameOf), "members of one's facilities")
  t.same(await list(foreign), [nameOf(foreign)], 'oneself always')

  t.same(await list(root, '?user_type=Nurse&ordering=id'), [nurse, nurse2, foreign].map(nameOf).sort())
  t.same((await list(root, '?user_type=Nonsense')).length, 6, 'an unknown label is no filter')
  t.same((await list(root, '?last_active_days=never')).length, 6)
  t.same(await list(root, '?last_active_days=7'), [])
  t.same(await list(root, '?search_text=14 d3&id=0'), [])
  t.match(await root.get('/api/v1/users/?last_active_days=x'), { status: 400, body: { last_active_days: ['Enter a number.'] } })
  t.match(await root.get('/api/v1/users/?home_facility=x'), { status: 400, body: { detail: '“x” is not a valid UUID.' } })
  t.same((await list(root, '?home_facility=NONE')).length, 6)
  t.same(await list(root, `?home_facility=${FACILITY}`), [])

  t.match(await nurse.get(`/api/v1/users/${nameOf(nurse)}/`), {
    status: 200,
    body: {
      id: nurse.user?.id,
      user_type: 'Nurse',
      created_by: null,
      district_object: { id: 1, name: 'D1', state: 1 },
      home_facility: null,
      user_flags: []
    }
  })
  t.match(await admin.get(`/api/v1/users/${nameOf(nurse)}/`), { status: 403 })
  t.match(await nurse.get(`/api/v1/users/${nameOf(foreign)}/`), { status: 404, body: { detail: 'User not found' } })
  t.match(await admin.get(`/api/v1/users/${nameOf(root)}/`), { status: 404 })
  t.match(await root.get(`/api/v1/users/${nameOf(root)}/`), { status: 200 }, 'FIX: a superuser sees oneself')

  const current = await root.get('/api/v1/users/getcurrentuser/')
  t.match(current, { status: 200, body: { username: nameOf(root), is_superuser: true } })
  t.notOk('created_by' in (current.body as object))
  t.match(await admin.post('/api/v1/users/', {}), { status: 405, headers: { allow: 'GET, HEAD, OPTIONS' } })
  t.match(await admin.post('/api/v1/users/', { user_type: 10 }), { status: 403 })
  t.equal((await admin.get(`/api/v1/users/${nameOf(root)}/check_availability/`)).status, 409)
  t.equal((await admin.get('/api/v1/users/free-name/check_availability/')).status, 200)

  await nurse.get('/api/v1/users/getcurrentuser/')
  t.equal(await kernel.statements(() => nurse.get('/api/v1/users/getcurrentuser/')), 1)
  t.equal(await kernel.statements(() => nurse.get('/api/v1/users/?limit=100')), 1)
  t.ok((await kernel.statements(() => nurse.get(`/api/v1/users/${nameOf(nurse)}/`))) <= 2)
})

t.test('changing users', async t => {
  const kernel = await boot(t)
  const nurse = await kernel.as({ ...here, user_type: 14, username: 'the-nurse', home_facility_id: 501 })
  const doctor = await kernel.as({ ...here, user_type: 15 })
  const admin = await kernel.as({ ...here, user_type: 30 })
  const viewer = await kernel.as({ ...here, user_type: 29 })
  const root = await kernel.as({ ...here, user_type: 40, is_superuser: true })
  const url = '/api/v1/users/the-nurse/'

  t.match(
    await nurse.patch(url, {
      first_name: 'Renamed',
      weekly_working_hours: '36',
      verified: false,
      is_superuser: true,
      local_body: 2
    }),
    { status: 200, body: { first_name: 'Renamed', weekly_working_hours: 36, verified: true, is_superuser: false, local_body: 1 } }
  )
  t.match(await nurse.patch(url, { user_type: 40 }), { status: 403 }, 'a number above Volunteer')
  t.match(
    await nurse.patch(url, { user_type: 'StateAdmin' }),
    { status: 200, body: { user_type: 'Nurse' } },
    'FIX: a label is ignored'
  )
  t.match(await nurse.patch(url, { home_facility: null }), {
    status: 400,
    body: { home_facility: ['This field may not be null.'] }
  })
  t.match(await nurse.patch(url, { home_facility: ELSEWHERE }), {
    status: 400,
    body: { home_facility: ['Cannot create users with different Home Facility'] }
  })
  t.match(await nurse.patch(url, { username: nameOf(doctor) }), {
    status: 400,
    body: { username: ['A user with that username already exists.'] }
  })
  t.match(
    await nurse.patch(url, { alt_phone_number: '', video_connect_link: 'https://meet.example.org/a', qualification: null }),
    { status: 200, body: { alt_phone_number: '', qualification: null } }
  )
  t.match(
    (await nurse.put(url, {})).body,
    Object.fromEntries(
      ['username', 'home_facility', 'phone_number', 'gender', 'date_of_birth'].map(name => [name, ['This field is required.']])
    )
  )
  t.match(await doctor.patch(url, { first_name: 'X' }), { status: 403 })
  t.match(await viewer.patch(url, { first_name: 'X' }), { status: 403 }, 'FIX: read-only types change nobody')
  t.match(await admin.patch(url, { last_name: 'Byadmin' }), { status: 200, body: { last_name: 'Byadmin' } })
  t.match(await admin.patch('/api/v1/users/nobody/', {}), { status: 404, body: { detail: 'User not found' } })
  t.match(await admin.patch(`/api/v1/users/${nameOf(admin)}/`, { state: 1 }), { status: 403 }, 'who names a place of an admin')
  t.match(
    await root.patch(`/api/v1/users/${nameOf(root)}/`, { first_name: 'Root' }),
    { status: 200 },
    'FIX: a superuser changes oneself'
  )
  t.match(await admin.patch(url, '{', { 'content-type': 'application/json' }), {
    status: 400,
    body: { detail: /^JSON parse error/ }
  })

  await t.test('home facilities are kept with their dates', async t => {
    t.match(await root.patch(url, { home_facility: ELSEWHERE }), {
      status: 200,
      body: { home_facility: ELSEWHERE, home_facility_object: { name: 'A hospital' } }
    })
    t.match(await root.patch(url, { home_facility: FACILITY }), { status: 200 })
    t.match(await kernel.sql('select facility_id, end_date is null as open from users_userfacilityallocation order by id'), [
      { facility_id: 502, open: false },
      { facility_id: 501, open: true }
    ])
  })

  await t.test('a new name is known at once, and can be taken again', async t => {
    t.match(await nurse.patch(url, { username: 'nurse-two' }), { status: 200, body: { username: 'nurse-two' } })
    t.equal((await nurse.get('/api/v1/users/nurse-two/')).status, 200)
    t.equal((await admin.post('/api/v1/users/add_user/', person('the-nurse'))).status, 201)
  })

  t.match(await doctor.delete('/api/v1/users/nurse-two/'), { status: 403, body: { permission: 'Denied' } })
  t.match(await admin.delete(`/api/v1/users/${nameOf(admin)}/`), {
    status: 404,
    body: { detail: 'No User matches the given query.' }
  })
  t.match(await admin.delete('/api/v1/users/nurse-two/'), { status: 204, text: '' })
  t.match(await admin.delete('/api/v1/users/nurse-two/'), { status: 404 })
  t.equal((await nurse.get('/api/v1/users/getcurrentuser/')).status, 403, 'an inactive user is out at once')
  t.equal((await admin.get('/api/v1/users/nurse-two/check_availability/')).status, 409)
  t.match(await kernel.sql('select count(*) as open from users_userfacilityallocation where end_date is null'), [{ open: 0 }])
})

t.test('skills', async t => {
  const kernel = await boot(t)
  const doctor = await kernel.as({ ...here, user_type: 15, username: 'the-doctor' })
  const nurse = await kernel.as({ ...here, user_type: 14 })
  const admin = await kernel.as({ ...here, user_type: 30 })
  const faraway = await kernel.as({ district_id: 3, state_id: 2, user_type: 30 })
  const url = '/api/v1/users/the-doctor/skill/'
  const [cardiology, urology] = (
    await kernel.sql<{ external_id: string }>(
      `select external_id from users_skill where name in ('Cardiologist', 'Urologist') order by name`
    )
  ).map(row => row.external_id)

  t.match(await doctor.get('/api/v1/skill/?search_text=Cardiologist'), {
    status: 200,
    body: { count: 1, results: [{ id: cardiology, name: 'Cardiologist', description: '' }] }
  })
  t.match(await doctor.get(`/api/v1/skill/${NOWHERE}/`), { status: 404, body: { detail: 'No Skill matches the given query.' } })
  t.match(await doctor.get('/api/v1/skill/abc/'), { status: 404, body: { detail: 'Not found.' } })
  t.match(await doctor.post('/api/v1/skill/', { name: 'x' }), { status: 405 })

  t.match(await doctor.post(url, {}), { status: 400, body: { skill: ['This field is required.'] } })
  t.match(await doctor.post(url, { skill: 'abc' }), { status: 400, body: { skill: ['invalid uuid'] } })
  t.match(await doctor.post(url, { skill: NOWHERE }), { status: 400, body: { skill: ['object with this id not found'] } })
  const made = await doctor.post(url, { skill: cardiology })
  t.match(made, { status: 201, body: { skill_object: { id: cardiology } } })
  t.match(await doctor.post(url, { skill: cardiology }), { status: 400, body: { skill: 'Already exists' } })
  t.match(await nurse.post(url, { skill: urology }), { status: 403 })
  t.match(await faraway.post(url, { skill: urology }), { status: 404, body: { detail: 'No User matches the given query.' } })
  t.match(await admin.post(url, { skill: urology }), { status: 201 })
  const link = `${url}${(made.body as { id: string }).id}/`
  t.match(await doctor.patch(link, { skill: urology }), { status: 400, body: { skill: 'Already exists' } }, 'FIX')
  t.match(await doctor.get(url), { status: 200, body: { count: 2 } })
  t.match(await kernel.get(url), { status: 403 }, 'FIX: nothing for strangers')
  t.match(await faraway.delete(link), { status: 404 }, 'FIX: nothing out of reach')
  t.match(await nurse.delete(link), { status: 403 })
  t.match(await admin.delete(link), { status: 204 })
  t.match(await doctor.get(link), { status: 404, body: { detail: 'No UserSkill matches the given query.' } })
  t.match(await doctor.get('/api/v1/users/nobody/skill/'), { status: 404, body: { detail: 'No User matches the given query.' } })
})

t.test('without facilities', async t => {
  const kernel = await boot(t, [])
  const root = await kernel.as({ ...here, is_superuser: true, user_type: 40, verified: true })
  t.match(await root.post('/api/v1/users/add_user/', person('no-home', { home_facility: FACILITY })), {
    status: 400,
    body: { home_facility: ['object with this id not found'] }
  })
  t.equal((await root.post('/api/v1/users/add_user/', person('no-home'))).status, 201)
  t.match(await root.get('/api/v1/users/'), {
    status: 200,
    body: { count: 1, results: [{ home_facility: null, home_facility_object: null }] }
  })
  t.match(
    await (await kernel.as({ ...here, user_type: 14 })).get('/api/v1/users/'),
    { status: 200, body: { count: 1 } },
    'nobody has colleagues'
  )
})

t.test('the demo district', async t => {
  const kernel = await boot(t)
  const scope = kernel.scopes.get('auth-permissions') as unknown as DemoScope
  await kernel.ports.database?.transaction(tx => demo(tx, scope))
  const people = await kernel.sql<{ username: string }>('select username from users_user order by id')
  for (const { username } of people) t.match(username, /^(?!.*[._-]{2})[a-z0-9](?:[a-z0-9._-]{2,14}[a-z0-9])$/)
  t.equal((await kernel.post('/api/v1/auth/login/', { username: 'demo-doctor', password: DEMO_PASSWORD })).status, 200)
  t.match(welcome(), [/demo-doctor.*Care-Kernel-1/])
})

t.test('the command line', async t => {
  const kernel = await boot(t)
  const scope = kernel.scopes.get('auth-permissions') as never
  const printed: string[] = []
  const run = (name: string, args: string[], options: Record<string, unknown> = {}, secret = 'Care-Kernel-1') =>
    commands[name]?.run(scope, args, options, {
      print: line => void printed.push(line),
      progress: (title, total, work) => work(() => undefined),
      secret: async () => secret
    })
  const defaults = { phone: '+919696969696', gender: 'Non-binary' }
  t.equal(await run('user create', ['chief'], defaults), 0)
  t.equal(await run('user create', ['chief'], defaults), 1, 'taken')
  t.equal(await run('user create', ['weak'], defaults, 'abc'), 1)
  t.equal(await run('user create', ['someone'], { ...defaults, type: 'King' }), 1)
  t.equal(await run('user create', ['healer'], { ...defaults, type: 'Doctor', gender: 'Female', born: '1990-01-01' }), 0)
  t.match(
    await kernel.sql(
      `select is_superuser, is_staff, user_type, gender, district_id, state_id, phone_number from users_user where username in ('chief', 'healer') order by id`
    ),
    [
      {
        is_superuser: true,
        is_staff: true,
        user_type: 40,
        gender: 3,
        district_id: 1,
        state_id: 1,
        phone_number: '+919696969696'
      },
      { is_superuser: false, is_staff: false, user_type: 15, gender: 2 }
    ]
  )
  t.equal(await run('user password', ['chief'], {}, 'Another-Word-9'), 0)
  t.equal((await kernel.post('/api/v1/auth/login/', { username: 'chief', password: 'Another-Word-9' })).status, 200)
  t.equal(await run('user password', ['nobody']), 1)
  t.equal(await run('user list', []), 0)
  t.ok(printed.some(line => /chief {2}StateAdmin {2}superuser/.test(line)))
  t.equal(await run('skill add', ['Hakim']), 0)
  t.equal(await run('skill list', []), 0)
  t.ok(printed.includes('Hakim  0'))
  t.equal(await run('flag set', ['chief', 'SCRIBE_ENABLED']), 1, 'a flag nobody knows')
  ;(kernel.scopes.get('auth-permissions') as unknown as { flags: { register(kind: string, name: string): void } }).flags.register(
    'USER',
    'SCRIBE_ENABLED'
  )
  t.equal(await run('flag set', ['chief', 'SCRIBE_ENABLED']), 0)
  t.equal(await run('flag list', []), 0)
  t.ok(printed.includes('chief  SCRIBE_ENABLED'))
  t.equal(await run('flag unset', ['chief', 'SCRIBE_ENABLED']), 0)
  t.match(await kernel.sql('select count(*) as live from users_userflag where not deleted'), [{ live: 0 }])
})
