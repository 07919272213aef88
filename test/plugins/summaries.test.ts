import t from 'tap'
import { defineContract, definePlugin, type Role, type Tx } from 'care-kernel'
import { patients } from 'care-kernel/contracts/patients'
import { summaries } from 'care-kernel/contracts/summaries'
import { fakeClock, testKernel, type TestContext } from 'care-kernel/testing'
import { commands } from '../../plugins/summaries/commands.ts'
import { KIND_NAMES, KINDS, SUBJECTS, type KindName } from '../../plugins/summaries/kinds.ts'
import type { SummaryScope } from '../../plugins/summaries/services.ts'
import { addRow } from './rows.ts'

type Json = Record<string, unknown>
interface Row {
  readonly id: number
  readonly [column: string]: unknown
}
interface Written {
  readonly subject: number
  readonly data: Json
  readonly created: string
  readonly modified: string
}

/** Stands for the plugins that will own beds, samples and the inventory. */
const wards = definePlugin({
  contract: defineContract({ name: 'wards', version: 1 }),
  version: '1.0.0',
  kernel: '^1.0.0',
  summary: 'Beds, samples and an inventory for tests',
  extends: [patients, summaries],
  fills: {
    'patients/joined': { consultation_beds: 'test_stay' },
    'summaries/joined': { samples: '(select * from test_sample where not deleted)' },
    'summaries/facility': {
      inventory: `(select coalesce(jsonb_object_agg(l.item, l.stock), '{}') from test_stock l where l.facility_id = f.id and l.at >= day.starts and l.at < day.ends)`
    }
  }
})

const BASE = ['places', 'auth-permissions', 'facilities', 'patients'] as const

interface Asked {
  readonly at?: string
  readonly role?: Role
  readonly settings?: object
}

async function world(t: TestContext, { at = '2024-03-01T10:00:00Z', role = 'web', settings = {} }: Asked = {}) {
  const kernel = await testKernel(t, {
    plugins: [...BASE, 'consultations', 'summaries', wards],
    config: { plugins: { summaries: settings } },
    clock: fakeClock(new Date(at)),
    role
  })
  await kernel.sql(
    `create table test_stay (id bigint primary key, consultation_id bigint, end_date timestamptz, bed_name text, bed_type integer, location uuid)`
  )
  await kernel.sql('create table test_sample (id serial, consultation_id bigint, result integer, deleted boolean)')
  await kernel.sql('create table test_stock (facility_id bigint, item text, stock integer, at timestamptz)')
  const state = await addRow(kernel, 'users_state', { name: 'Here' })
  const place = async (table: string, values: object) => (await addRow(kernel, table, { ...values })).id
  const districts: number[] = []
  for (const name of ['North', 'South']) districts.push(await place('users_district', { name, state_id: state.id }))
  const bodies: number[] = []
  for (const [name, code, of] of [
    ['A', 'G1', 0],
    ['B', 'M1', 0],
    ['C', 'G2', 1]
  ] as const)
    bodies.push(await place('users_localbody', { name, body_type: 1, localbody_code: code, district_id: districts[of] }))
  const facilities = []
  for (const [name, values] of [
    ['One', { district_id: districts[0], features: '{1,6}', middleware_address: 'inside.example.org' }],
    ['Two', { district_id: districts[1], local_body_id: bodies[2], state_id: state.id }],
    ['Nowhere', { features: null }]
  ] as const)
    facilities.push(await addRow(kernel, 'facility_facility', { facility_type: 2, ...values, name }))
  const scope = kernel.scopes.get('summaries') as unknown as SummaryScope
  return {
    kernel,
    state: state.id,
    districts,
    bodies,
    facilities,
    scope,
    write: (name: KindName, date?: string) => scope.database.transaction(tx => scope.summaries.write(tx, name, date)),
    rows: (name: KindName) => {
      const { table, column } = SUBJECTS[KINDS[name].subject]
      return kernel.sql<Written>(
        `select ${column} as subject, data, created_date as created, modified_date as modified from ${table} where s_type = $1 order by ${column}, created_date, id`,
        [KINDS[name].type]
      )
    }
  }
}

/** The same dice every time. */
function dice(seed: number): (sides: number) => number {
  let state = seed
  return sides => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return (state >>> 8) % sides
  }
}

const BEDS = [
  'isolation',
  'icu',
  'icu_with_non_invasive_ventilator',
  'icu_with_oxygen_support',
  'icu_with_invasive_ventilator',
  'bed_with_oxygen_support',
  'regular'
]
const utcDay = (at: Date | string) => new Date(at).toISOString().slice(0, 10)
const localDay = (at: Date | string) => utcDay(new Date(new Date(at).getTime() + 5.5 * 3_600_000))
/** docs/api/gateways-jobs.md §9.2 to §9.6: whose midnight, and what becomes of the row of the day. */
const RULES = {
  facilityCapacity: [localDay, 'replace'],
  patients: [utcDay, 'renew-changed'],
  tests: [utcDay, 'renew-changed'],
  triage: [localDay, 'replace'],
  districtPatients: [utcDay, 'renew']
} as const
const stamp = (at: Date) => at.toISOString().replace(/^(\d+)-(\d+)-(\d+)T(\d+:\d+).*/, '$3-$2-$1 $4')
const without = (name: string, data: Json): Json => Object.fromEntries(Object.entries(data).filter(([key]) => key !== name))

/** What the contract says summaries are, counted row by row from the tables. */
async function recount(
  kernel: Awaited<ReturnType<typeof world>>['kernel'],
  now: Date
): Promise<Record<KindName, Map<number, Json>>> {
  const all = async (table: string) => kernel.sql<Row>(`select * from ${table} order by id`)
  const [facilities, districts, bodies, people, consultations, stays, samples, days] = (await Promise.all(
    [
      'facility_facility',
      'users_district',
      'users_localbody',
      'facility_patientregistration',
      'facility_patientconsultation',
      'test_stay',
      'test_sample',
      'facility_facilitypatientstatshistory'
    ].map(all)
  )) as [Row[], Row[], Row[], Row[], Row[], Row[], Row[], Row[]]
  const live = facilities.filter(({ deleted }) => !deleted)
  const nameOf = (id: unknown) => districts.find(one => one.id === id)?.name ?? null
  const lastOf = (p: Row) => consultations.find(({ id }) => id === p.last_consultation_id)
  const admitted = people
    .filter(p => !p.deleted && p.is_active)
    .flatMap(p => {
      const c = lastOf(p)
      if (!c || c.discharge_date !== null) return []
      const bed = stays.find(({ id }) => id === c.current_bed_id)?.bed_type as number | undefined
      const today = utcDay(String(c.created_date)) === utcDay(now)
      return [
        {
          facility: c.facility_id,
          body: p.local_body_id,
          bed: bed === undefined ? undefined : BEDS[bed - 1],
          home: c.suggestion === 'HI',
          today
        }
      ]
    })
  const whereabouts = (of: typeof admitted): Json =>
    Object.fromEntries(
      (['total', 'today'] as const).flatMap((kind): [string, number][] => {
        const those = kind === 'total' ? of : of.filter(({ today }) => today)
        return [
          ...BEDS.map((bed): [string, number] => [`${kind}_patients_${bed}`, those.filter(one => one.bed === bed).length]),
          [`${kind}_patients_home_quarantine`, those.filter(({ home }) => home).length]
        ]
      })
    )
  const perFacility = (make: (f: Row) => Json) => new Map(live.map(f => [f.id, make(f)]))
  const named = (f: Row) => ({ facility_name: f.name, district: nameOf(f.district_id), modified_date: stamp(now) })
  const root = await kernel.as()
  const shown = new Map<number, Json>()
  for (const f of live) {
    const at = `/api/v1/facility/${String(f.external_id)}/`
    const { body } = await root.get(at)
    const beds = (await root.get(`${at}capacity/?limit=100`)).body as { results: unknown[] }
    const of = people.filter(p => !p.deleted && p.facility_id === f.id)
    const stock = await kernel.sql<{ item: string; stock: number; at: string }>(
      'select * from test_stock where facility_id = $1',
      [f.id]
    )
    shown.set(f.id, {
      ...(body as Json),
      features: f.features ?? [],
      actual_live_patients: of.filter(p => p.is_active).length,
      actual_discharged_patients: of.filter(p => !p.is_active).length,
      availability: beds.results,
      inventory: Object.fromEntries(stock.filter(one => localDay(one.at) === localDay(now)).map(one => [one.item, one.stock]))
    })
  }
  return {
    facilityCapacity: shown,
    patients: perFacility(f => ({
      ...named(f),
      facility_external_id: f.external_id,
      ...whereabouts(admitted.filter(({ facility }) => facility === f.id))
    })),
    tests: perFacility(f => {
      const here = consultations.filter(c => c.facility_id === f.id)
      const taken = samples.filter(s => !s.deleted && here.some(({ id }) => id === s.consultation_id))
      const by = (result: number) => taken.filter(s => s.result === result).length
      return {
        ...named(f),
        total_patients: new Set(here.filter(c => !c.deleted).map(c => c.patient_id)).size,
        total_tests: taken.length,
        result_positive: by(1),
        result_negative: by(2),
        result_awaited: by(3),
        test_discarded: by(4)
      }
    }),
    triage: perFacility(f => {
      const reported = days.filter(d => !d.deleted && d.facility_id === f.id)
      const sum = (column: string) => (reported.length ? reported.reduce((total, d) => total + Number(d[column]), 0) : null)
      const pairs: [string, number | null][] = [
        ['home_quarantine', sum('num_patients_home_quarantine')],
        ['referred', sum('num_patient_referred')],
        ['isolation', sum('num_patients_visited')],
        ['visited', sum('num_patients_isolation')],
        ['confirmed_positive', 0]
      ]
      return {
        ...named(f),
        ...Object.fromEntries(
          pairs.flatMap(([name, total]) => [
            [`total_patients_${name}`, total],
            [`avg_patients_${name}`, Math.trunc((total ?? 0) / Math.max(1, reported.length))]
          ])
        )
      }
    }),
    districtPatients: new Map(
      districts.map(d => [
        d.id,
        {
          name: d.name,
          id: d.id,
          modified_date: stamp(now),
          ...Object.fromEntries(
            bodies
              .filter(b => b.district_id === d.id)
              .map(b => [
                String(b.id),
                {
                  name: b.name,
                  code: b.localbody_code,
                  total_inactive: people.filter(p => !p.deleted && !p.is_active && p.local_body_id === b.id).length,
                  ...whereabouts(admitted.filter(({ body }) => body === b.id))
                }
              ])
          )
        }
      ])
    )
  }
}

t.test('whatever happens, summaries are what a recount says, across the borders of days', async t => {
  // 18:30 UTC is midnight in India.
  for (const [seed, at] of [
    [1, '2024-03-01T17:50:00Z'],
    [2, '2024-02-28T23:20:00Z'],
    [3, '2023-12-31T18:10:00Z']
  ] as const) {
    const { kernel, write, rows, facilities, bodies } = await world(t, { at })
    const throws = dice(seed)
    const one = <T>(of: readonly T[]) => of[throws(of.length)] as T
    const now = () => kernel.clock.now().toISOString()
    const people: number[] = []
    const stays: number[] = []
    const moves = [
      async () => {
        const values = { facility_id: one(facilities).id, is_active: throws(5) > 0, local_body_id: one([...bodies, null]) }
        people.push((await addRow(kernel, 'facility_patientregistration', values)).id)
      },
      async () => {
        const patient = one(people)
        const bed = throws(3) > 0 ? stays.length + 1 : null
        const { id } = await addRow(kernel, 'facility_patientconsultation', {
          patient_id: patient,
          facility_id: one(facilities).id,
          suggestion: one(['HI', 'A', 'OP']),
          current_bed_id: bed
        })
        if (bed !== null) {
          stays.push(bed)
          await kernel.sql('insert into test_stay (id, consultation_id, bed_type) values ($1, $2, $3)', [bed, id, 1 + throws(7)])
        }
        await kernel.sql('update facility_patientregistration set last_consultation_id = $2 where id = $1', [patient, id])
      },
      () => kernel.sql('update facility_patientconsultation set discharge_date = $2 where patient_id = $1', [one(people), now()]),
      () => kernel.sql('update facility_patientregistration set is_active = not is_active where id = $1', [one(people)]),
      () => kernel.sql('update facility_patientregistration set deleted = true where id = $1', [one(people)]),
      () => kernel.sql('update facility_patientregistration set local_body_id = $2 where id = $1', [one(people), one(bodies)]),
      () =>
        kernel.sql(
          'update facility_patientconsultation set deleted = true where patient_id = $1 and discharge_date is not null',
          [one(people)]
        ),
      () =>
        kernel.sql(
          'insert into test_sample (consultation_id, result, deleted) select id, $2, $3 from facility_patientconsultation where patient_id = $1',
          [one(people), 1 + throws(4), throws(6) === 0]
        ),
      () =>
        kernel.sql('insert into test_stock values ($1, $2, $3, $4)', [
          one(facilities).id,
          `item ${throws(1e6)}`,
          throws(100),
          now()
        ]),
      () =>
        kernel.sql(
          `insert into facility_facilitypatientstatshistory (external_id, deleted, facility_id, entry_date, num_patients_visited, num_patients_home_quarantine,
            num_patients_isolation, num_patient_referred, num_patient_confirmed_positive)
          values (gen_random_uuid(), false, $1, $2::date + $3::int, $4, 3, $5, 1, 8) on conflict (facility_id, entry_date) do update set deleted = not facility_facilitypatientstatshistory.deleted`,
          [one(facilities).id, now(), throws(40), throws(50), throws(50)]
        ),
      () =>
        kernel.sql(
          `insert into facility_facilitycapacity (external_id, created_date, modified_date, deleted, room_type, total_capacity, current_capacity, facility_id)
          values (gen_random_uuid(), $1, $1, false, $2, 10, 5, $3) on conflict (facility_id, room_type) where not deleted do update set current_capacity = $4`,
          [now(), one([100, 200, 300]), one(facilities).id, throws(10)]
        )
    ]
    const expected = new Map<string, Written>()
    for (let round = 0; round < 16; round++) {
      while (people.length < 5) await moves[0]?.()
      if (round % 4 !== 3) for (let times = throws(8); times >= 0; times--) await one(moves)()
      if (round === 10) await kernel.sql('update facility_facility set deleted = true where id = $1', [facilities[2]?.id])
      await kernel.clock.advance(`${1 + throws(round % 2 ? 40 : 800)}m`)
      const at = kernel.clock.now()
      const figures = await recount(kernel, at)
      for (const name of KIND_NAMES) {
        await write(name)
        if (throws(3) === 0) await write(name)
        for (const [subject, data] of figures[name]) {
          const [dayOf, repeat] = RULES[name]
          const key = `${name} ${subject} ${dayOf(at)}`
          const before = expected.get(key)
          if (
            before &&
            repeat === 'renew-changed' &&
            JSON.stringify(sorted(without('modified_date', before.data))) ===
              JSON.stringify(sorted(without('modified_date', data)))
          )
            continue
          const created = before && repeat === 'replace' ? before.created : at.toISOString()
          expected.set(key, { subject, data, created, modified: at.toISOString() })
        }
      }
    }
    let compared = 0
    for (const name of KIND_NAMES) {
      const found = (await rows(name)).map(row => ({ ...row, created: iso(row.created), modified: iso(row.modified) }))
      const wanted = [...expected].filter(([key]) => key.startsWith(`${name} `)).map(([, row]) => row)
      const order = (a: Written, b: Written) => a.subject - b.subject || a.created.localeCompare(b.created)
      t.same(found.sort(order), wanted.sort(order), `${KINDS[name].path} from ${at}`)
      compared += found.length
    }
    t.ok(compared >= 30, `${compared} rows of several days`)
  }
})

const iso = (text: string) => new Date(text).toISOString()
const sorted = (value: Json): Json => Object.fromEntries(Object.entries(value).sort(([a], [b]) => a.localeCompare(b)))

t.test('nothing doubles a row', async t => {
  const { kernel, facilities, rows, write, scope } = await world(t)
  for (const name of KIND_NAMES) {
    const subjects = KINDS[name].subject === 'facility' ? 3 : 2
    await t.rejects(
      scope.database.transaction(async (tx: Tx) => {
        await scope.summaries.write(tx, name)
        throw new Error('the process ends')
      })
    )
    t.equal((await rows(name)).length, 0, 'a run that breaks down leaves nothing')
    await Promise.all([write(name), write(name), write(name), write(name)])
    t.equal((await rows(name)).length, subjects, `${KINDS[name].path}: four at once`)
    const { table, column } = SUBJECTS[KINDS[name].subject]
    await t.rejects(
      kernel.sql(
        `insert into ${table} (id, s_type, ${column}, kernel_day) select gen_random_uuid(), s_type, ${column}, kernel_day from ${table} where s_type = $1`,
        [KINDS[name].type]
      ),
      /kernel_(facility|district)_summary_day/,
      'the table itself refuses a second one'
    )
  }
  // What the original left: two rows of one day.
  await kernel.clock.advance('1d')
  const now = kernel.clock.now().getTime()
  for (const minutes of [5, 3])
    await kernel.sql(
      `insert into facility_facilityrelatedsummary (id, created_date, modified_date, s_type, data, facility_id) values (gen_random_uuid(), $1, $1, 'PatientSummary', $2, $3)`,
      [new Date(now - minutes * 60_000).toISOString(), JSON.stringify({ old: minutes }), facilities[0]?.id]
    )
  await write('patients')
  const today = (await rows('patients')).filter(
    row => row.subject === facilities[0]?.id && new Date(row.created).getTime() > now - 3_600_000
  )
  t.same(
    today.map(({ data }) => data.old ?? data.facility_name),
    [5, 'One'],
    'the newest is the row of the day, the other stays'
  )
})

t.test('triage as the original counts it, or as it is', async t => {
  const report = async ({ kernel, facilities }: Awaited<ReturnType<typeof world>>) => {
    for (const [day, visited, isolation, positive] of [
      ['2024-02-01', 7, 2, 4],
      ['2024-02-02', 4, 1, 1]
    ])
      await kernel.sql(
        `insert into facility_facilitypatientstatshistory (external_id, deleted, facility_id, entry_date, num_patients_visited, num_patients_home_quarantine,
          num_patients_isolation, num_patient_referred, num_patient_confirmed_positive) values (gen_random_uuid(), false, $1, $2, $3, 0, $4, 0, $5)`,
        [facilities[0]?.id, day, visited, isolation, positive]
      )
  }
  const original = await world(t)
  await report(original)
  await original.write('triage')
  const [first, second] = await original.rows('triage')
  t.match(first?.data, {
    facility_name: 'One',
    district: 'North',
    total_patients_isolation: 11,
    avg_patients_isolation: 5,
    total_patients_visited: 3,
    avg_patients_visited: 1,
    total_patients_confirmed_positive: 0,
    avg_patients_confirmed_positive: 0
  })
  t.match(second?.data, { total_patients_isolation: null, avg_patients_isolation: 0, total_patients_confirmed_positive: 0 })
  const correct = await world(t, { settings: { correctTriage: true } })
  await report(correct)
  await correct.write('triage')
  t.match((await correct.rows('triage'))[0]?.data, {
    total_patients_isolation: 3,
    total_patients_visited: 11,
    total_patients_confirmed_positive: 5,
    avg_patients_confirmed_positive: 2
  })
})

t.test('schedules write, unless switched off', async t => {
  const { kernel, rows } = await world(t, { at: '2024-03-01T18:20:00Z', role: 'all', settings: { districtPatients: false } })
  await kernel.clock.advance('15m')
  // 23:50, 23:55, 00:00 and 00:05 in India; 23:59 is 18:29 in UTC.
  const capacity = await rows('facilityCapacity')
  t.equal(capacity.length, 6, 'two local days')
  t.equal(iso(capacity[0]?.created ?? ''), '2024-03-01T18:25:00.000Z')
  t.equal((await rows('patients')).length, 3)
  t.equal((await rows('tests')).length, 3)
  t.equal((await rows('triage')).length, 0, 'not before 00:59')
  await kernel.clock.advance('60m')
  t.equal((await rows('triage')).length, 3)
  t.equal((await rows('districtPatients')).length, 0)
})

t.test('who reads what', async t => {
  const { kernel, facilities, districts, bodies, state, write } = await world(t, { at: '2024-03-01T20:00:00Z' })
  for (const name of KIND_NAMES) await write(name)
  const doctor = await kernel.as({ user_type: 15 })
  const page = async (url: string, from = kernel as { get: typeof kernel.get }) =>
    (await from.get(`/api/v1/${url}`)).body as { count: number; results: Json[] }
  const known = await page('facility_summary/', doctor)
  const anybody = await page('facility_summary/')
  const one = (results: Json[]) =>
    results.find(({ facility }) => (facility as Json).id === facilities[0]?.uuid) as { facility: Json; data: Json }
  t.same([known.count, anybody.count], [3, 3])
  t.equal(one(known.results).facility.middleware_address, 'inside.example.org')
  t.equal(one(known.results).data.middleware_address, 'inside.example.org')
  for (const part of ['facility', 'data'] as const)
    t.notOk('middleware_address' in one(anybody.results)[part], 'kept to those who logged in')
  t.same(one(anybody.results).facility, without('middleware_address', one(known.results).facility))
  t.same(Object.keys(known.results[0] ?? {}), ['facility', 'created_date', 'modified_date', 'data'])
  t.match(known.results[0], { created_date: '2024-03-02T01:30:00+05:30' })
  const ofDistricts = (await page('district_patient_summary/')).results
  t.same(
    ofDistricts.map(row => [row.district, (row.data as Json).id]).sort(),
    districts.map(id => [id, id])
  )

  t.match(await kernel.get('/api/v1/triage_summary/'), { headers: { 'cache-control': 'max-age=3600' } })
  t.equal((await kernel.get('/api/v1/triage_summary/', { authorization: 'Bearer x' })).status, 403, 'a bad token is refused')
  t.equal((await doctor.post('/api/v1/triage_summary/', {})).status, 405)
  t.equal((await kernel.get('/api/v1/triage_summary/1/')).status, 404)

  const count = async (query: string) => (await page(`patient_summary/?${query}`)).count
  t.same(
    [
      await count(`facility=${facilities[0]?.uuid}`),
      await count(`district=${districts[1]}`),
      await count(`local_body=${bodies[2]}`),
      await count(`state=${state}`),
      await count('start_date=2024-03-02'),
      await count('start_date=2024-03-03'),
      await count('end_date=2024-03-02'),
      await count('end_date=2024-03-03')
    ],
    [1, 1, 1, 1, 3, 0, 0, 3],
    'end_date leaves that day out'
  )
  t.equal((await page(`district_patient_summary/?state=${state}&district=${districts[0]}`)).count, 1)
  t.same((await kernel.get('/api/v1/tests_summary/?facility=x&district=y&start_date=z')).body, {
    start_date: ['Enter a valid date.'],
    facility: ['Enter a valid UUID.'],
    district: ['Enter a number.']
  })

  t.equal(await kernel.statements(() => page('facility_summary/')), 0, 'answers are kept')
  await kernel.sql(`update facility_facility set name = 'Renamed' where id = $1`, [facilities[0]?.id])
  await write('facilityCapacity')
  t.equal(one((await page('facility_summary/')).results).data.name, 'Renamed', 'until there is something new')

  const closed = await world(t, { settings: { anonymous: false } })
  t.equal((await closed.kernel.get('/api/v1/facility_summary/')).status, 403)
  t.equal((await (await closed.kernel.as({ user_type: 15 })).get('/api/v1/facility_summary/')).status, 200)
})

t.test('lists are one statement whatever they hold', async t => {
  const { kernel, facilities, districts } = await world(t)
  let asked = 0
  for (const rows of [1, 14, 100]) {
    for (const name of KIND_NAMES) {
      const { type, subject, path } = KINDS[name]
      const { table, column } = SUBJECTS[subject]
      await kernel.sql(`delete from ${table} where s_type = $1`, [type])
      await kernel.sql(
        `insert into ${table} (id, created_date, modified_date, s_type, data, ${column}) select gen_random_uuid(), now() - n * interval '1 day', now(), $1, '{}', $2 from generate_series(1, $3::int) n`,
        [type, subject === 'facility' ? facilities[0]?.id : districts[0], rows]
      )
      const url = `/api/v1/${path}/?limit=100&offset=0&n=${asked++}`
      t.equal(await kernel.statements(() => kernel.get(url)), 1, `${path}: ${rows} rows`)
      t.match((await kernel.get(url)).body, { count: rows, results: { length: rows } })
    }
  }
})

t.test('one day by hand', async t => {
  // 00:30 on the second in India, still the first in UTC.
  const { kernel, rows, scope, write } = await world(t, { at: '2024-03-01T19:00:00Z' })
  const lines: string[] = []
  const terminal = { print: (line: string) => void lines.push(line), progress: never, secret: never }
  const run = (options: Json) => commands['summaries run']?.run(scope, [], options, terminal as never)
  t.equal(await run({}), 0)
  t.equal(await run({ date: '2024-03-02' }), 0)
  t.same(
    (await Promise.all(KIND_NAMES.map(rows))).map(({ length }) => length),
    [3, 3, 3, 3, 2],
    'today twice is today'
  )
  t.match(lines, ['facility_summary: 3 rows written'])
  t.equal(await run({ date: '2024-02-20' }), 0)
  t.equal(await run({ date: '2024-02-20', only: 'patient_summary' }), 0)
  t.same(
    (await Promise.all(KIND_NAMES.map(rows))).map(({ length }) => length),
    [6, 6, 6, 6, 4]
  )
  t.same(
    [iso((await rows('triage'))[0]?.created ?? ''), iso((await rows('tests'))[0]?.created ?? '')],
    ['2024-02-20T18:29:59.000Z', '2024-02-20T23:59:59.000Z'],
    'the last second of that day, where the kind has its midnight'
  )
  await write('patients')
  t.equal((await rows('patients')).length, 6)
  for (const wrong of [{ date: '2024-03-03' }, { date: 'x' }, { only: 'nothing' }]) t.equal(await run(wrong), 2)
  t.ok(kernel)
})

const never = () => Promise.reject(new Error('nobody is there'))

t.test('without consultations there is nobody to count', async t => {
  const kernel = await testKernel(t, { plugins: [...BASE, 'summaries'], role: 'web' })
  await addRow(kernel, 'facility_facility', { name: 'Alone', facility_type: 2 })
  const scope = kernel.scopes.get('summaries') as unknown as SummaryScope
  for (const name of KIND_NAMES) await scope.database.transaction(tx => scope.summaries.write(tx, name))
  const data = await kernel.sql<{ data: Json }>(
    `select data from facility_facilityrelatedsummary where s_type in ('TestSummary', 'PatientSummary') order by s_type`
  )
  t.match(data, [{ data: { total_patients_icu: 0 } }, { data: { total_tests: 0, total_patients: 0 } }])
})
