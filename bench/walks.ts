// Runs four walks through a built checkout and names the source files that each of them ran. Needs PostgreSQL.
import { spawnSync } from 'node:child_process'
import { readFileSync, realpathSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import type * as Kit from 'care-kernel/testing'

/** Source files by walk, relative to the checkout. */
export interface Walks {
  readonly list: readonly string[]
  readonly notification: readonly string[]
  readonly job: readonly string[]
  readonly start: readonly string[]
}

const PLUGINS = ['places', 'auth-permissions', 'facilities', 'patients', 'consultations', 'notifications'] as const
const CHOLERA = 257_068_234
const DAY_MS = 86_400_000
/** Work that a request leaves behind may end in this time. */
const REST_MS = 100

if (process.argv[1] === import.meta.filename) {
  process.stdout.write(JSON.stringify(await walk(realpathSync(process.argv[2] ?? '.'))))
  process.exit(0)
}

/** The walks through a checkout, in a process of its own: coverage has to be on before the first file is loaded. None where it fails. */
export function measureWalks(root: string): Walks | undefined {
  // A server that has to be started first is more than a measurement should do.
  const env = { ...process.env, REQUIRE_SERVICES: '1' }
  const options = { cwd: root, env, encoding: 'utf8', timeout: 300_000 } as const
  const { status, stdout, stderr } = spawnSync(process.execPath, [import.meta.filename, root], options)
  if (status === 0) return JSON.parse(stdout) as Walks
  console.error(`The walks through ${root} could not be run:\n${stderr}`)
  return undefined
}

/** Boots the testing kit of the checkout and runs each walk once unmeasured, so that nothing that is built lazily counts, then once measured. */
async function walk(root: string): Promise<Walks> {
  const filesRun = await coverage(root)
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, { default: string }>
  }
  const kitFile = join(root, exports['./testing']?.default ?? '')
  const { testKernel } = (await import(pathToFileURL(kitFile).href)) as typeof Kit
  const teardowns: (() => unknown)[] = []
  // Schedules run in UTC here, so that midnight is easy to find.
  const boot = () =>
    testKernel({ teardown: work => teardowns.unshift(work) }, { plugins: [...PLUGINS], config: { timeZone: 'UTC' } })

  const kernel = await boot()
  try {
    const start = await filesRun(boot)
    const { doctor, consult, notifications } = await hospital(kernel)
    const list = async () => {
      const { status, body } = await doctor.get('/api/v1/patient/?name=x')
      if (status !== 200 || (body as { count: number }).count === 0) throw new Error(`the list was answered ${status}`)
    }
    await list()
    await consult()
    const before = await notifications()
    const walks = { start, list: await filesRun(list), notification: await filesRun(consult) }
    if ((await notifications()) <= before) throw new Error('no notification was stored')

    // Notifications are deleted at midnight, the only schedule then. Maintenance runs every minute and shall not count.
    await kernel.clock.advance(DAY_MS - (kernel.clock.now().getTime() % DAY_MS))
    await kernel.clock.advance(DAY_MS - 30_000)
    const published = kernel.broker.published.length
    const job = await filesRun(() => kernel.clock.advance(45_000))
    if (kernel.broker.published.length !== published + 1) throw new Error('not exactly one job was run')
    return { ...walks, job }
  } finally {
    for (const teardown of teardowns) await teardown()
  }
}

/** Starts counting calls; what it returns names the files of a checkout in which `work` called a function, the testing kit left out. */
async function coverage(root: string): Promise<(work: () => Promise<unknown>) => Promise<string[]>> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
  const base = pathToFileURL(join(root, 'dist/')).href
  // Taking the counts sets them to zero.
  const take = async () => (await session.post('Profiler.takePreciseCoverage')).result
  return async work => {
    await wait(REST_MS)
    await take()
    await work()
    await wait(REST_MS)
    return (await take())
      .filter(({ functions }) => functions.some(({ ranges }) => (ranges[0]?.count ?? 0) > 0))
      .flatMap(({ url }) => (url.startsWith(base) ? [url.slice(base.length).replace(/\.js$/, '.ts')] : []))
      .filter(file => /^(kernel|platform|plugins)\//.test(file) && !/^(kernel|platform)\/testing\//.test(file))
      .sort()
  }
}

/** A facility with a doctor, a nurse who is notified of what the doctor does, and a patient whose name has an x. */
async function hospital(kernel: Kit.TestKernel) {
  const one = async <Row = { id: number }>(text: string, values: readonly unknown[] = []): Promise<Row> => {
    const [row] = await kernel.sql<Row>(text, values)
    if (!row) throw new Error(`no row: ${text}`)
    return row
  }
  const state = (await one("insert into users_state (name) values ('Kerala') returning id")).id
  const district = (await one('insert into users_district (name, state_id) values ($1, $2) returning id', ['North', state])).id
  const facility = await one<{ id: number; external_id: string }>(
    `insert into facility_facility (external_id, created_date, modified_date, deleted, name, is_active, verified, facility_type, kasp_empanelled, address,
      oxygen_capacity, type_b_cylinders, type_c_cylinders, type_d_cylinders, expected_oxygen_requirement, expected_type_b_cylinders,
      expected_type_c_cylinders, expected_type_d_cylinders, phone_number, corona_testing, district_id, state_id)
    values (gen_random_uuid(), now(), now(), false, 'House', true, false, 2, false, '', 0, 0, 0, 0, 0, 0, 0, 0, '', false, $1, $2) returning id, external_id`,
    [district, state]
  )
  await one(
    `insert into facility_icd11diagnosis (id, icd11_id, label, class_kind, is_leaf, average_depth, is_adopted_child, breadth_value, meta_hidden, meta_chapter, meta_chapter_short)
    values ($1, 'a', '1A00 Cholera', 'category', true, 2, false, 0, false, '01 Infections', 'Infection and parasites ') returning id`,
    [CHOLERA]
  )
  const staff = async (user_type: number) => {
    const person = await kernel.as({ user_type, district_id: district, state_id: state, home_facility_id: facility.id })
    await one('insert into facility_facilityuser (created_by_id, facility_id, user_id) values ($1, $2, $1) returning id', [
      person.user?.id,
      facility.id
    ])
    return person
  }
  const doctor = await staff(15)
  await staff(14)
  const post = async (url: string, body: object): Promise<{ id: string }> => {
    const answer = await doctor.post(url, body)
    if (answer.status !== 201) throw new Error(`POST ${url} was answered ${answer.status}: ${answer.text}`)
    return answer.body as { id: string }
  }
  const register = (index: number) =>
    post('/api/v1/patient/', {
      facility: facility.external_id,
      name: `Xavier ${index}`,
      gender: 2,
      blood_group: 'O+',
      is_antenatal: false,
      date_of_birth: '1990-05-17',
      phone_number: '+919876543210',
      emergency_phone_number: '+919876543211',
      address: '1 Road',
      permanent_address: '1 Road',
      pincode: 682001,
      nationality: 'India',
      state,
      district
    })
  const patients = [await register(1), await register(2)]
  await kernel.settle()
  return {
    doctor,
    /** A consultation of the next patient, and all work that comes of it. */
    async consult() {
      await post('/api/v1/consultation/', {
        patient: patients.pop()?.id,
        suggestion: 'HI',
        route_to_facility: 10,
        category: 'Stable',
        patient_no: `OP-${patients.length}`,
        treating_physician: doctor.user?.id,
        encounter_date: '2024-06-01T10:00:00+05:30',
        examination_details: 'stable',
        create_diagnoses: [{ diagnosis: CHOLERA, is_principal: true, verification_status: 'confirmed' }],
        create_symptoms: [{ symptom: 4, onset_date: '2024-05-28' }]
      })
      await kernel.settle()
    },
    notifications: async () => (await one<{ count: number }>('select count(*)::int as count from facility_notification')).count
  }
}
