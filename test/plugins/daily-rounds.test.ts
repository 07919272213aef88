import type { Writes } from 'care-kernel/data'
import t from 'tap'
import type { ROUND_FIELDS } from '../../plugins/consultations/round-fields.ts'
import { at, clinic } from './clinic.ts'

const TAKEN = '2024-06-02T08:00:00+05:30'
const results = <T>(body: unknown) => (body as { results: T[] }).results

/** Of every field a value that is right, how it is answered, and values that are wrong with their messages. */
type Case = readonly [value: unknown, answered: unknown, ...wrong: readonly (readonly [unknown, RegExp])[]]

const NONE = [
  ['NOPE', /"None" is not a valid choice/],
  [null, /may not be null/],
  [99, /"99" is not a valid choice/]
] as const
const label = (name: string): Case => [name, name, ...NONE]
const whole = (min: number, max: number): Case => [
  max,
  max,
  [max + 1, new RegExp(`less than or equal to ${String(max)}\\.`)],
  [min - 1, new RegExp(`greater than or equal to ${String(min)}\\.`)],
  ['x', /valid integer/]
]
const decimal = (value: string, least: number, most: number, digits = 4): Case => [
  value,
  Number(value).toFixed(2),
  [most + 1, /less than or equal|more than/],
  [least - 1, /greater than or equal|more than/],
  ['1.234', /2 decimal places/],
  ['x', /valid number/],
  ['1'.repeat(digits), /no more than|less than or equal/]
]
const words: Case = ['seen', 'seen', [{}, /valid string/], ['a\0', /Null characters/]]
const yesNo: Case = [true, true, ['maybe', /valid boolean/]]
const same = (value: unknown, ...wrong: readonly (readonly [unknown, RegExp])[]): Case => [value, value, ...wrong]
const given = (name: string, wrong: string): Case =>
  same(
    [{ name, quantity: 2.5 }],
    [[{ name: wrong, quantity: 1 }], /./],
    [[{ name, quantity: -1 }], /./],
    [[{ name }], /./],
    [[{ name, quantity: 1 }, { name }], /./],
    [[{ name, quantity: 1, more: 1 }], /./],
    [{}, /./],
    [null, /may not be null/]
  )

const CASES: Readonly<Record<keyof typeof ROUND_FIELDS, Case>> = {
  patient_category: ['Stable', 'Mild', ['NOPE', /"None"/], ['MILD', /"None"/], [null, /may not be null/]],
  deprecated_covid_category: ['Category-A', 'Category-A', ['NOPE', /"None"/]],
  temperature: decimal('98.6', 95, 106, 6),
  archived_spo2: ['97.5', '97.50', ['123.4', /digits/], ['x', /valid number/]],
  physical_examination_info: words,
  other_details: words,
  bowel_issue: label('NO_DIFFICULTY'),
  bladder_drainage: label('DIAPER'),
  bladder_issue: label('NO_ISSUES'),
  is_experiencing_dysuria: yesNo,
  urination_frequency: label('DECREASED'),
  sleep: label('NO_SLEEP'),
  nutrition_route: label('PEG'),
  oral_issue: label('NO_ISSUE'),
  appetite: label('REDUCED'),
  consciousness_level: label('ALERT'),
  consciousness_level_detail: words,
  in_prone_position: yesNo,
  left_pupil_size: whole(0, 8),
  left_pupil_size_detail: words,
  left_pupil_light_reaction: label('BRISK'),
  left_pupil_light_reaction_detail: words,
  right_pupil_size: whole(0, 8),
  right_pupil_size_detail: words,
  right_pupil_light_reaction: label('FIXED'),
  right_pupil_light_reaction_detail: words,
  glasgow_eye_open: whole(1, 4),
  glasgow_verbal_response: whole(1, 5),
  glasgow_motor_response: whole(1, 6),
  limb_response_upper_extremity_right: label('STRONG'),
  limb_response_upper_extremity_left: label('WEAK'),
  limb_response_lower_extremity_left: label('NONE'),
  limb_response_lower_extremity_right: label('UNKNOWN'),
  bp: same(
    { systolic: 120, diastolic: 80 },
    [{ systolic: 80, diastolic: 120 }, /Systolic must be greater than diastolic/],
    [{ systolic: 80 }, /./],
    [{ systolic: 401, diastolic: 80 }, /./],
    [{ systolic: 120, diastolic: 80, mean: 90 }, /./],
    [7, /./]
  ),
  pulse: whole(0, 200),
  resp: whole(0, 150),
  rhythm: label('REGULAR'),
  rhythm_detail: words,
  ventilator_interface: label('INVASIVE'),
  ventilator_mode: label('PRVC_SIMV'),
  ventilator_peep: decimal('5.5', 0, 30),
  ventilator_pip: whole(0, 100),
  ventilator_mean_airway_pressure: whole(0, 40),
  ventilator_resp_rate: whole(0, 100),
  ventilator_pressure_support: whole(0, 40),
  ventilator_tidal_volume: whole(0, 1000),
  ventilator_oxygen_modality: label('NASAL_PRONGS'),
  ventilator_oxygen_modality_oxygen_rate: whole(0, 50),
  ventilator_oxygen_modality_flow_rate: whole(0, 70),
  ventilator_fio2: whole(21, 100),
  ventilator_spo2: whole(0, 100),
  etco2: whole(0, 200),
  bilateral_air_entry: yesNo,
  pain: whole(0, 10),
  pain_scale_enhanced: same(
    [{ region: 'AnteriorHead', scale: 4, description: 'dull' }],
    [[{ region: 'Head', scale: 4 }], /./],
    [[{ region: 'AnteriorHead', scale: 11 }], /./],
    [[{ scale: 1 }], /./]
  ),
  ph: decimal('7.4', 0, 10),
  pco2: whole(10, 200),
  po2: whole(10, 400),
  hco3: decimal('24', 5, 80),
  base_excess: whole(-20, 20),
  lactate: decimal('1.5', 0, 20),
  sodium: decimal('140', 100, 170, 6),
  potassium: decimal('4.1', 1, 10),
  blood_sugar_level: whole(0, 700),
  insulin_intake_dose: decimal('10', 0, 100, 6),
  insulin_intake_frequency: label('BD'),
  infusions: given('Adrenalin', 'Water'),
  iv_fluids: given('RL', 'Adrenalin'),
  feeds: given('Ryles Tube', 'Soup'),
  output: given('Urine', 'RL'),
  dialysis_fluid_balance: whole(0, 5000),
  dialysis_net_balance: whole(0, 5000),
  pressure_sore: same(
    [
      {
        region: 'PosteriorLeftFoot',
        width: 1,
        length: 2,
        push_score: 3,
        scale: 2,
        exudate_amount: 'Light',
        tissue_type: 'Closed'
      }
    ],
    [[{ region: 'PosteriorLeftFoot', width: 1 }], /./],
    [[{ region: 'PosteriorLeftFoot', width: 1, length: 2, push_score: 20 }], /./],
    [[{ region: 'PosteriorLeftFoot', width: 1, length: 2, tissue_type: 'Wood' }], /./]
  ),
  nursing: same(
    [{ procedure: 'oral_care', description: 'done' }],
    [[{ procedure: 'oral_care' }], /./],
    [[{ procedure: 'singing', description: '' }], /./]
  ),
  meta: same({ dialysis: true }, [{ dialysis: 'yes' }, /./], [{ more: 1 }, /./], [null, /may not be null/])
}

t.test('every field of a round: kept, answered, refused', async t => {
  const { doctor, begin } = await clinic(t)
  const { id } = await begin()
  const add = (values: object) => doctor.post(at(id, 'daily_rounds/'), { rounds_type: 'VENTILATOR', taken_at: TAKEN, ...values })
  const all = await add(Object.fromEntries(Object.entries(CASES).map(([name, [value]]) => [name, value])))
  t.equal(all.status, 201, all.text)
  const made = all.body as Record<string, unknown>
  for (const [name, [, answered]] of Object.entries(CASES)) t.same(made[name], answered, name)
  t.match(made, {
    external_id: made.id as string,
    glasgow_total_calculated: 15,
    total_intake_calculated: '7.50',
    total_output_calculated: '2.50',
    rounds_type: 'VENTILATOR',
    taken_at: TAKEN
  })
  t.same((await doctor.get(at(id, `daily_rounds/${String(made.id)}/`))).body, made)
  t.same(((await doctor.get(at(id))).body as { last_daily_round: object }).last_daily_round, made)

  const wrong = Object.entries(CASES).flatMap(([name, [, , ...values]]) => values.map(value => [name, ...value] as const))
  t.ok(wrong.length > 150)
  for (const [name, value, message] of wrong) {
    const { status, body } = await add({ [name]: value })
    t.equal(status, 400, `${name}: ${JSON.stringify(value)}`)
    t.same(Object.keys(body as object), [name])
    t.match((body as Record<string, readonly string[]>)[name]?.join(), message, name)
  }
  t.match(
    (await add({ infusions: [{ name: 'Adrenalin', quantity: 9999 }], feeds: [{ name: 'Normal Feed', quantity: 1 }] })).body,
    {
      infusions: [/adds up/]
    }
  )
  t.same((await add({ taken_at: '2999-01-01T00:00:00Z' })).body, { taken_at: ['Cannot create an update in the future'] })
  t.match((await doctor.get(at(id, 'daily_rounds/'))).body, { count: 1 }, 'nothing of what was refused stays')

  const form = await doctor.post(
    at(id, 'daily_rounds/'),
    `rounds_type=NORMAL&taken_at=${encodeURIComponent(TAKEN)}&pulse=72&temperature=98.6`,
    { 'content-type': 'application/x-www-form-urlencoded' }
  )
  t.match(form.body, { pulse: 72, temperature: '98.60', bp: null, meta: {}, infusions: [] })
})

t.test('what a round changes besides itself', async t => {
  const { kernel, doctor, staff, begin } = await clinic(t)
  const nurse = await staff(14)
  const { id, patient } = await begin({ assigned_to: nurse.user.id })
  const add = (values: object, by = doctor) =>
    by.post(at(id, 'daily_rounds/'), { rounds_type: 'NORMAL', taken_at: TAKEN, ...values })
  const { body: first } = await add({ pulse: 80, glasgow_eye_open: 4, action: 'REVIEW', review_interval: 120 })
  t.match((await doctor.get(`/api/v1/patient/${patient}/`)).body, { action: 70, review_time: String })
  t.match((await doctor.get(at(id))).body, { review_interval: 120, last_daily_round: { id: (first as { id: string }).id } })
  t.match((await add({ rounds_type: 'AUTOMATED' }, nurse)).body, { created_by_telemedicine: true })
  t.match((await doctor.get(at(id))).body, {
    last_daily_round: { id: (first as { id: string }).id },
    last_updated_by_telemedicine: true
  })

  const path = at(id, `daily_rounds/${(first as { id: string }).id}/`)
  await kernel.clock.advance('1m')
  t.match(
    (
      await nurse.patch(path, {
        pulse: 85,
        glasgow_verbal_response: 5,
        glasgow_motor_response: 6,
        external_id: crypto.randomUUID()
      })
    ).body,
    {
      id: (first as { id: string }).id,
      pulse: 85,
      glasgow_total_calculated: 15,
      last_edited_by: { id: nurse.user.id },
      created_by: { id: doctor.user.id }
    }
  )
  t.match((await nurse.patch(path, { infusions: [{ name: 'Dopamine', quantity: 3 }] })).body, {
    total_intake_calculated: '3.00',
    pulse: 85
  })
  t.same((await doctor.put(path, {})).body, { taken_at: ['This field is required.'], rounds_type: ['This field is required.'] })
  const told = results<{
    event_type: { name: string }
    value: object
    is_latest: boolean
    taken_at: string
    caused_by: { id: number }
  }>((await doctor.get(at(id, 'events/?limit=100'))).body)
  t.match(
    told.filter(({ event_type: { name }, is_latest: latest }) => name === 'PULSE' && latest),
    [{ value: { pulse: 85 }, taken_at: TAKEN, caused_by: { id: nurse.user.id } }]
  )
  t.notOk(
    told.some(({ event_type: { name } }) => name === 'TOTAL_OUTPUT'),
    'zero says nothing'
  )

  t.same((await add({ rounds_type: 'TELEMEDICINE' })).body, {
    rounds_type: 'Telemedicine Rounds are only allowed for Domiciliary Care patients'
  })
  const { id: admitted } = await begin({ suggestion: 'A', patient_no: 'IP-1' })
  t.same((await doctor.post(at(admitted, 'daily_rounds/'), { rounds_type: 'NORMAL', taken_at: TAKEN })).body, {
    bed: 'Patient does not have a bed assigned. Please assign a bed first'
  })
  await doctor.post(at(id, 'discharge_patient/'), { new_discharge_reason: 1, discharge_date: '2024-06-10T10:00:00+05:30' })
  t.same((await add({})).body, { consultation: ['Discharged Consultation data cannot be updated'] })
  t.same((await doctor.patch(path, { pulse: 1 })).body, { consultation: ['Discharged Consultation data cannot be updated'] })
  t.equal((await doctor.delete(path)).status, 405)
})

t.test('who records and reads rounds', async t => {
  const { kernel, as, doctor, staff, begin, beside, south, north, state } = await clinic(t)
  const { id } = await begin()
  const body = { rounds_type: 'NORMAL', taken_at: TAKEN }
  const made = await doctor.post(at(id, 'daily_rounds/'), body)
  const one = at(id, `daily_rounds/${(made.body as { id: string }).id}/`)
  for (const [who, person, reads, adds, changes] of [
    ['nurse', await staff(14), 200, 201, 200],
    ['read-only nurse', await staff(13), 200, 403, 403],
    ['staff', await staff(10), 403, 403, 403],
    ['doctor elsewhere', await staff(15, beside, south), 403, 403, 403],
    ['district admin', await as({ user_type: 30, district_id: north, state_id: state }), 200, 201, 200],
    ['district admin elsewhere', await as({ user_type: 30, district_id: south, state_id: state }), 403, 403, 403],
    ['unverified doctor', await as({ user_type: 15, verified: false }), 403, 403, 403]
  ] as const) {
    t.equal((await person.get(at(id, 'daily_rounds/'))).status, reads, `${who} lists`)
    t.equal((await person.get(one)).status, reads, `${who} reads`)
    t.equal((await person.post(at(id, 'daily_rounds/analyse/'), { fields: ['pulse'] })).status, reads, `${who} analyses`)
    t.equal((await person.post(at(id, 'daily_rounds/'), body)).status, adds, `${who} adds`)
    t.equal((await person.patch(one, { pulse: 70 })).status, changes, `${who} changes`)
  }
  t.equal((await kernel.get(at(id, 'daily_rounds/'))).status, 401)
  t.equal((await doctor.get(at(crypto.randomUUID(), 'daily_rounds/'))).status, 404)
  t.equal((await doctor.get(at('x', 'daily_rounds/'))).status, 400)
  const { id: other } = await begin()
  t.equal((await doctor.get(one.replace(id, other))).status, 404, 'a round of another consultation is not there')
})

t.test('lists by kind and time, and what an analysis answers', async t => {
  const { kernel, doctor, begin } = await clinic(t)
  const { id } = await begin()
  const add = (rounds_type: string, taken_at: string, values: object = {}) =>
    doctor.post(at(id, 'daily_rounds/'), { rounds_type, taken_at, ...values })
  await add('NORMAL', '2024-06-02T08:00:00+05:30', {
    temperature: '98.6',
    bp: { systolic: 120, diastolic: 80 },
    rhythm: 'REGULAR'
  })
  await add('VENTILATOR', '2024-06-02T09:00:00.123456+05:30', { ph: '7.4', infusions: [{ name: 'Dopamine', quantity: 2.5 }] })
  await add('AUTOMATED', '2024-06-02T10:00:00+05:30')
  const count = async (query: string) => ((await doctor.get(at(id, `daily_rounds/?${query}`))).body as { count: number }).count
  t.equal(await count(''), 3)
  t.equal(await count('rounds_type=ventilator,Normal,NOPE'), 2)
  t.equal(await count('rounds_type=NOPE'), 0)
  t.equal(await count('taken_at_after=2024-06-02T08:30&taken_at_before=2024-06-02 10:00'), 2, 'both ends count')
  t.equal(await count('taken_at_after=2024-06-02T03:00:00Z'), 2)
  t.same((await doctor.get(at(id, 'daily_rounds/?taken_at_after=x'))).body, { taken_at: ['Enter a valid date/time.'] })
  t.same(
    results<{ rounds_type: string }>((await doctor.get(at(id, 'daily_rounds/'))).body).map(({ rounds_type: type }) => type),
    ['AUTOMATED', 'VENTILATOR', 'NORMAL']
  )

  const analyse = (body: object) => doctor.post(at(id, 'daily_rounds/analyse/'), body)
  const { body: seen } = await analyse({
    fields: ['bp.systolic', 'temperature', 'rhythm', 'ph', 'total_intake_calculated', 'taken_at']
  })
  t.match(seen, { count: 3, page_size: 36 })
  const entries = Object.entries((seen as { results: Record<string, object> }).results)
  t.same(
    entries.map(([key]) => key),
    ['2024-06-02 04:30:00+00:00', '2024-06-02 03:30:00.123456+00:00', '2024-06-02 02:30:00+00:00'],
    'newest first, UTC with a space'
  )
  t.match(entries[2]?.[1], {
    bp: { systolic: 120, diastolic: 80 },
    temperature: 98.6,
    rhythm: 5,
    ph: null,
    total_intake_calculated: 0,
    taken_at: '2024-06-02T02:30:00Z',
    id: String
  })
  t.match(entries[1]?.[1], { ph: 7.4, total_intake_calculated: 2.5 })
  for (const [body, answer] of [
    [{}, { fields: 'Field not present' }],
    [{ fields: 'pulse' }, { fields: 'Must be an List' }],
    [{ fields: Array<string>(20).fill('pulse') }, { fields: 'Must be smaller than 20' }],
    [{ fields: ['nope', "x' or 1=1"] }, { nope: 'Not a valid field', "x' or 1=1": 'Not a valid field' }],
    [{ fields: ['pulse'], page: 'x' }, { page: 'A valid page is required' }],
    [{ fields: ['pulse'], page: 0 }, { page: 'A valid page is required' }]
  ] as const) {
    const refused = await analyse(body)
    t.same([refused.status, refused.body], [400, answer])
  }
  t.same((await analyse({ fields: ['pulse'], page: 2 })).body, { results: {}, count: 3, page_size: 36 })

  const columns = (
    await kernel.sql<{ name: string }>(
      `select column_name as name from information_schema.columns where table_name = 'facility_dailyround' and column_name not in ('id', 'external_id', 'taken_at')`
    )
  ).map(({ name }) => `"${name}"`)
  const costs = () =>
    Promise.all([kernel.statements(async () => t.equal((await doctor.get(at(id, 'daily_rounds/?limit=100'))).status, 200))])
  await costs()
  const few = await costs()
  t.same(few, [2])
  await kernel.sql(
    `insert into facility_dailyround (external_id, taken_at, ${columns.join(', ')}) select gen_random_uuid(), timestamptz '2024-01-01' + n * interval '1 hour', ${columns.join(', ')}
    from (select * from facility_dailyround order by id limit 1) d, generate_series(1, 97) n`
  )
  t.same(await costs(), few, 'with 100 rows as with three')
  const keys = async (page: number) =>
    Object.keys(((await analyse({ fields: ['pulse'], page })).body as { results: object }).results)
  const [one, two, three] = [await keys(1), await keys(2), await keys(3)]
  t.same([one.length, two.length, three.length], [37, 37, 28])
  t.same([one.at(-1), two.at(-1)], [two[0], three[0]], 'one in common with the next page')
  t.equal(await kernel.statements(async () => t.equal((await analyse({ fields: ['pulse'] })).status, 200)), 2)
})

t.test('a save is one statement for its events, and the same number whatever it holds', async t => {
  const { kernel, doctor, begin } = await clinic(t)
  const { id } = await begin()
  const add = (values: object) => doctor.post(at(id, 'daily_rounds/'), { rounds_type: 'NORMAL', taken_at: TAKEN, ...values })
  await add({})
  const cost = (values: object) => kernel.statements(async () => t.equal((await add(values)).status, 201))
  const little = await cost({ pulse: 70 })
  const everything = Object.fromEntries(Object.entries(CASES).map(([name, [value]]) => [name, value]))
  t.equal(await cost(everything), little)
  t.equal(little, 8, 'who asks, begin, hold, the round, its consultation, its events, the answer, commit')
  const many = await Promise.all(Array.from({ length: 50 }, (_, pulse) => add({ pulse })))
  t.ok(
    many.every(({ status }) => status === 201),
    'rounds of one consultation at once'
  )
  t.same(
    await kernel.sql(
      `select count(*)::int as n, count(distinct external_id)::int as ids, max(length(external_id))::int as length from facility_patientconsultationevent e
      join facility_eventtype t on t.id = e.event_type_id where t.name = 'PULSE'`
    ),
    [{ n: 51, ids: 51, length: 26 }],
    'each has its event; a pulse of zero says nothing'
  )
})

t.test('observers see what a registration and a round write', async t => {
  const { kernel, doctor, begin } = await clinic(t)
  const { writes } = kernel.scopes.get('consultations') as unknown as { readonly writes: Writes }
  const seen: string[] = []
  writes.observe(({ action, model, rows }) => {
    for (const { values } of rows) seen.push(`${action} ${model.name} ${'modified_date' in values}`)
  })
  const { id } = await begin()
  t.ok(seen.includes('insert PatientRegistration true'), seen.join())
  seen.length = 0
  t.equal((await doctor.post(at(id, 'daily_rounds/'), { rounds_type: 'NORMAL', taken_at: TAKEN, pulse: 70 })).status, 201)
  t.same(seen.sort(), ['insert DailyRound true', 'update PatientConsultation true'])
})
