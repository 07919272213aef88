import t from 'tap'
import type { Requester, TestKernel } from '../../platform/testing/index.ts'
import type { Schema } from './sweep.ts'
import { twoDistricts } from './two-districts.ts'

// Plans are looked at on a grown district, so that they say what happens in one, whatever this machine does meanwhile.
const ROWS = 20_000

interface Asked {
  readonly text: string
  readonly values: readonly unknown[]
}
interface Node {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly Plans?: readonly Node[]
}
interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema?: Schema }[]
}

/** Orders of the large lists (docs/api/patients.md §5, docs/api/shifting-resources.md §3.2, §9.2). */
const ORDERS: Readonly<Record<string, readonly string[]>> = {
  '/api/v1/patient/': [
    'facility__name',
    'id',
    'name',
    'created_date',
    'modified_date',
    'review_time',
    'last_consultation__current_bed__bed__name',
    'date_declared_positive',
    'category_severity'
  ],
  '/api/v1/facility/{facility}/discharged_patients/': ['id', 'name', 'created_date', 'modified_date', 'category_severity'],
  '/api/v1/shift/': ['id', 'created_date', 'modified_date', 'emergency'],
  '/api/v1/resource/': ['id', 'created_date', 'modified_date', 'emergency', 'priority']
}

/** What is large in a hospital district; everything else may be read from end to end. */
const LARGE = new Set([
  'facility_patientregistration',
  'facility_historicalpatientregistration',
  'facility_patientconsultation',
  'facility_consultationdiagnosis',
  'facility_encountersymptom',
  'facility_dailyround',
  'facility_patientconsultationevent',
  'facility_patientnotes',
  'facility_shiftingrequest',
  'facility_shiftingrequestcomment',
  'facility_resourcerequest',
  'facility_resourcerequestcomment',
  'facility_patientsample',
  'facility_patientsampleflow',
  'facility_patientexternaltest',
  'facility_fileupload',
  'facility_notification'
])

/** Copies of a table's first row, with the columns that are to differ as SQL over the number `n`. */
async function grow(kernel: TestKernel, table: string, over: Readonly<Record<string, string>>, count = ROWS): Promise<void> {
  const columns = (
    await kernel.sql<{ name: string }>(
      `select column_name as name from information_schema.columns where table_name = $1 and (column_name <> 'id' or $2) and is_generated = 'NEVER'`,
      [table, 'id' in over]
    )
  ).map(({ name }) => name)
  const all: Record<string, string> = { external_id: 'gen_random_uuid()', deleted: 'false', ...over }
  await kernel.sql(
    `insert into ${table} (${columns.map(name => `"${name}"`).join(', ')})
    select ${columns.map(name => all[name] ?? `r."${name}"`).join(', ')} from generate_series(1, ${count}) n cross join (select * from ${table} order by id limit 1) r`
  )
}

const nth = (table: string) => `(select array_agg(id order by id) from ${table})`
const when = `timestamptz '2023-01-01' + n * interval '37 minutes'`

async function growAll(kernel: TestKernel): Promise<void> {
  await kernel.sql(`insert into users_district (name, state_id) select 'District ' || n, 1 from generate_series(1, 60) n`)
  await grow(
    kernel,
    'facility_facility',
    { name: `'Facility ' || n`, district_id: `(${nth('users_district')})[1 + n % 60]` },
    300
  )
  await grow(kernel, 'users_user', { username: `'grown' || n`, email: `'grown' || n || '@example.org'` }, 2000)
  const dates = { created_date: when, modified_date: when }
  const places = await kernel.sql<{ id: number }>('select id from facility_facility order by id limit 300')
  const pick = `('{${places.map(({ id }) => id).join(',')}}'::bigint[])[1 + n % 300]`
  await grow(kernel, 'facility_patientregistration', {
    ...dates,
    name: `md5(n::text) || ' ' || n`,
    phone_number: `'+9197' || (10000000 + n)`,
    emergency_phone_number: `'+9196' || (10000000 + n)`,
    facility_id: pick,
    last_consultation_id: 'null',
    meta_info_id: 'null',
    is_active: 'n % 3 > 0',
    assigned_to_id: 'null',
    srf_id: `''`,
    district_id: `(select district_id from facility_facility where id = ${pick})`
  })
  await kernel.sql('analyze')
  const first = await kernel.sql<{ id: number }>(
    `select min(id) as id from facility_patientregistration where phone_number like '+9197%'`
  )
  const patient = `${first[0]?.id} + n - 1`
  await grow(kernel, 'facility_patientconsultation', {
    ...dates,
    patient_id: patient,
    facility_id: pick,
    patient_no: `'P-' || n`,
    last_daily_round_id: 'null',
    previous_consultation_id: 'null',
    assigned_to_id: 'null',
    discharge_date: `case when n % 3 = 0 then ${when} end`,
    encounter_date: when,
    category: `(array['Comfort', 'Stable', 'Moderate', 'Critical'])[1 + n % 4]`
  })
  await kernel.sql(
    `update facility_patientregistration p set last_consultation_id = c.id from facility_patientconsultation c where c.patient_id = p.id and p.phone_number like '+9197%'`
  )
  const [consultation] = await kernel.sql<{ id: number }>(
    `select min(id) as id from facility_patientconsultation where patient_no = 'P-1'`
  )
  const of = { consultation_id: `${consultation?.id} + n - 1` }
  await grow(kernel, 'facility_dailyround', { ...dates, ...of, taken_at: when })
  await grow(kernel, 'facility_consultationdiagnosis', { ...dates, ...of })
  await grow(kernel, 'facility_encountersymptom', { ...dates, ...of })
  await grow(kernel, 'facility_patientconsultationevent', { ...of, created_date: when, external_id: `left(md5(n::text), 26)` })
  await grow(kernel, 'facility_patientnotes', { ...dates, patient_id: patient, facility_id: pick, ...of })
  await grow(kernel, 'facility_historicalpatientregistration', { history_id: '1000000 + n', id: patient, history_date: when })
  const shift = {
    ...dates,
    status: '10 + 10 * (n % 3)',
    emergency: 'n % 50 = 0',
    created_by_id: 'null',
    last_edited_by_id: 'null',
    assigned_to_id: 'null'
  }
  await grow(kernel, 'facility_shiftingrequest', {
    ...shift,
    patient_id: patient,
    origin_facility_id: pick,
    shifting_approving_facility_id: pick,
    assigned_facility_id: pick
  })
  await grow(kernel, 'facility_resourcerequest', {
    ...shift,
    origin_facility_id: pick,
    approving_facility_id: pick,
    assigned_facility_id: pick,
    title: `md5(n::text)`
  })
  const [request] = await kernel.sql<{ shift: number; resource: number }>(
    'select (select max(id) from facility_shiftingrequest) as shift, (select max(id) from facility_resourcerequest) as resource'
  )
  await grow(kernel, 'facility_shiftingrequestcomment', { ...dates, request_id: `${request?.shift} - n % 10000` })
  await grow(kernel, 'facility_resourcerequestcomment', { ...dates, request_id: `${request?.resource} - n % 10000` })
  await grow(kernel, 'facility_patientsample', {
    ...dates,
    ...of,
    patient_id: patient,
    testing_facility_id: pick,
    status: '1 + n % 7',
    result: '1 + n % 4',
    sample_type: 'n % 10'
  })
  const [sample] = await kernel.sql<{ id: number }>('select max(id) as id from facility_patientsample')
  await grow(kernel, 'facility_patientsampleflow', {
    ...dates,
    patient_sample_id: `${sample?.id} - n % 10000`,
    created_by_id: `(${nth('users_user')})[1 + n % 2000]`
  })
  await grow(kernel, 'facility_patientexternaltest', {
    ...dates,
    srf_id: `md5(n::text)`,
    name: `md5((n + 1)::text)`,
    mobile_number: `'97' || (10000000 + n)`,
    sample_collection_date: `(${when})::date`,
    result_date: `(${when})::date`,
    district_id: `(${nth('users_district')})[1 + n % 60]`,
    local_body_id: `(${nth('users_localbody')})[1 + n % 4]`
  })
  await grow(kernel, 'facility_fileupload', { ...dates, associating_id: `gen_random_uuid()::text` })
  await grow(kernel, 'facility_notification', { ...dates, intended_for_id: `(select min(id) from users_user) + n % 20` })
  await kernel.sql('vacuum analyze')
}

/** Large tables that a plan reads from end to end. */
function scanned(node: Node): string[] {
  const own = node['Node Type'] === 'Seq Scan' && LARGE.has(node['Relation Name'] ?? '') ? [node['Relation Name'] ?? ''] : []
  return [...own, ...(node.Plans ?? []).flatMap(scanned)]
}

t.test('no list of the API reads a large table from end to end', { timeout: 280_000 }, async t => {
  const { kernel, root, near } = await twoDistricts(t)
  await growAll(kernel)
  const { paths } = kernel.app.swagger() as { paths: Record<string, Record<string, Operation>> }
  const database = kernel.ports.database as unknown as {
    query(text: string, values?: readonly unknown[]): Promise<{ rows: unknown[] }>
  }
  const query = database.query.bind(database)
  let asked: Asked[] = []
  database.query = async (text, values = []) => {
    if (/^\s*(with|select)/i.test(text)) asked.push({ text, values })
    return query(text, values)
  }
  const fill = (path: string) =>
    path.replace(/\{(\w+)\}/g, (_, name: string) =>
      name === 'id' ? (near.own[path.split('/')[3] ?? ''] ?? '') : (near.own[name] ?? '')
    )
  const found: Record<string, Set<string>> = {}
  let plans = 0
  for (const [path, { get }] of Object.entries(paths)) {
    const parameters = (get?.parameters ?? []).filter(of => of.in === 'query')
    if (!get || !parameters.some(({ name }) => name === 'limit' || name === 'page')) continue
    const orders = (ORDERS[path] ?? []).flatMap(order => [`ordering=${order}`, `ordering=-${order}`])
    const questions = ['', ...parameters.flatMap(of => question(of, near.own)), ...orders]
    for (const [who, user] of [
      ['doctor', near.people.doctor],
      ['admin', near.people.admin],
      ['root', root]
    ] as [string, Requester][])
      for (const search of questions) {
        asked = []
        const { status } = await user.get(`${fill(path)}?${search}`)
        if (status >= 500) t.fail(`${path}?${search} answers ${status}`)
        for (const { text, values } of asked) {
          plans++
          const { rows } = await query(`explain (format json) ${text}`, values)
          const [{ 'QUERY PLAN': plan }] = rows as [{ 'QUERY PLAN': [{ Plan: Node }] }]
          for (const table of scanned(plan[0].Plan))
            (found[`${who}: ${path}?${search.replace(/[0-9a-f-]{36}/, '…')}`] ??= new Set()).add(table)
        }
      }
  }
  const unexpected = Object.entries(found).filter(([what]) => !KNOWN.some(([pattern]) => pattern.test(what)))
  t.same(
    unexpected.map(([what, tables]) => `${what} ${[...tables].join(' ')}`),
    []
  )
  const idle = KNOWN.filter(([pattern]) => !Object.keys(found).some(what => pattern.test(what)))
  t.same(
    idle.map(([pattern]) => pattern.source),
    [],
    'whatever is known is so'
  )
  t.ok(plans > 900, `${plans} plans`)
})

/** What reads a large table from end to end, and why no index would serve. */
const KNOWN: readonly (readonly [RegExp, string])[] = [
  [/root: .*patient\/\?(gender|category)=/, 'a quarter of all patients and more: an index would lead to most pages of the table'],
  [/root: .*patient\/\?(is_declared_positive|is_kasp|last_consultation_\w+)=false/, 'almost all patients'],
  [/shift\/\?(disease_status=SUSPECTED|is_antenatal=false)/, 'almost all requests'],
  [
    /root: .*patient\/\?ordering=-?(facility__name|category_severity)/,
    'orders by a column of another table; whoever is of a place reads its patients only'
  ]
]

/** A value that many rows have, or a kind of value that a filter takes. */
function question({ name, schema = {} }: { name: string; schema?: Schema }, own: Readonly<Record<string, string>>): string[] {
  if (['limit', 'offset', 'page', 'ordering', 'csv'].includes(name)) return []
  const say = (value: unknown) => [`${name}=${encodeURIComponent(String(value))}`]
  if (schema.enum) return say(schema.enum[0])
  if (schema.format === 'uuid') return say(Object.entries(own).find(([kind]) => name.endsWith(kind))?.[1] ?? own.facility)
  if (schema.format === 'date') return say('2023-06-01')
  if (schema.format === 'date-time') return say('2023-06-01T00:00:00Z')
  if (schema.type === 'boolean') return [...say(true), ...say(false)]
  if (schema.type === 'integer' || schema.type === 'number') return say(7)
  if (/phone/.test(name)) return say('+919710000001')
  return say('c4ca4')
}
