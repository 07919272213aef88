import { randomBytes } from 'node:crypto'
import pg from 'pg'
import t from 'tap'
import type { ClassedColumn } from 'care-kernel/data'
import { testKernel, testServer, type TestContext, type TestKernel } from '../../platform/testing/index.ts'

const CARE = ['places', 'auth-permissions', 'facilities', 'patients', 'consultations', 'shifting', 'resources']
const TABLE = 'facility_patientregistration'

/** Every planted value has one of these in it, and nothing else has, but for pseudonyms: by chance one may hold a short mark. */
const MARKS = ['zq7c', '777000', '5ca1ab1e', '1931-0', ':17:23.45']
const PSEUDONYM = /(?!5ca1ab1e)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g
function found(text: string): string[] {
  const told = text.toLowerCase().replace(PSEUDONYM, '')
  return MARKS.filter(mark => told.includes(mark))
}

interface Reader {
  /** Everything a statement tells, rows, notices and errors alike, and the error's code. */
  ask(text: string): Promise<{ told: string; code: string | undefined }>
  rows<Row = Record<string, unknown>>(text: string): Promise<Row[]>
}

/** A name for a role that nobody else has; dropped with its owner once the databases of the test are gone. */
async function aRole(context: TestContext): Promise<string> {
  const role = `bi_${randomBytes(5).toString('hex')}`
  const server = await testServer()
  context.teardown(async () => {
    const client = new pg.Client({ connectionString: server.url })
    await client.connect()
    for (const name of [role, `${role}_owner`]) await client.query(`drop role if exists ${name}`)
    await client.end()
    await server.close()
  })
  return role
}

async function deployment(context: TestContext, role: string, plugins = CARE, databaseUrl?: string): Promise<TestKernel> {
  return testKernel(context, {
    plugins: [...plugins, 'reporting'],
    config: { plugins: { reporting: { role } } },
    ...(databaseUrl ? { databaseUrl } : {})
  })
}

/** Runs a command of the plugin: its exit code and what it printed. */
async function run(kernel: TestKernel, command: string, options: Record<string, unknown> = {}) {
  const printed: string[] = []
  const plugin = kernel.plugins.find(({ name }) => name === 'reporting')?.plugin
  const code = await plugin?.commands?.[command]?.run(kernel.scopes.get('reporting') ?? {}, [], options, {
    print: line => void printed.push(line),
    progress: (title, total, work) => work(() => undefined),
    secret: async () => 'correct horse battery'
  })
  return { code, text: printed.join('\n') }
}

const urlOf = (kernel: TestKernel) => kernel.ports.database?.url ?? ''

async function readerOf(context: TestContext, kernel: TestKernel, role: string): Promise<Reader> {
  const url = new URL(urlOf(kernel))
  url.username = role
  url.password = 'correct horse battery'
  const client = new pg.Client({ connectionString: url.href })
  client.on('error', () => undefined)
  await client.connect()
  context.teardown(() => client.end())
  const notices: string[] = []
  client.on('notice', ({ message, detail, hint, where }) => notices.push(`${message} ${detail} ${hint} ${where}`))
  return {
    async ask(text) {
      notices.length = 0
      try {
        const { rows } = await client.query({ text, rowMode: 'array' })
        return { told: JSON.stringify(rows) + notices.join('\n'), code: undefined }
      } catch (error) {
        const { message, detail, hint, where, code } = error as pg.DatabaseError
        return { told: [message, detail, hint, where, ...notices].join('\n'), code }
      }
    },
    async rows<Row>(text: string) {
      return (await client.query(text)).rows as Row[]
    }
  }
}

const columnsOf = (kernel: TestKernel) => kernel.scopes.get('reporting')?.columns as readonly ClassedColumn[]

/** Fifty rows in every table of every plugin, with a mark in everything that may say who somebody is, keys included. */
async function plant(kernel: TestKernel): Promise<number> {
  const tables = new Map<string, ClassedColumn[]>()
  for (const column of columnsOf(kernel)) tables.set(column.table, [...(tables.get(column.table) ?? []), column])
  const types = await kernel.sql<{ key: string; type: string; length: number | null }>(
    `select table_name || '.' || column_name as key, udt_name as type, character_maximum_length as length
     from information_schema.columns where table_schema = 'public'`
  )
  const typeOf = new Map(types.map(({ key, type, length }) => [key, { type, length }]))
  const client = new pg.Client({ connectionString: urlOf(kernel) })
  await client.connect()
  let planted = 0
  client.on('error', () => undefined)
  // The values break every rule there is; foreign keys stay, because the views read them.
  await client.query(`set session_replication_role = replica`)
  await client.query(`do $$ declare a text; begin
    for a in select format('alter table %s drop constraint %I', conrelid::regclass, conname) from pg_constraint
      where contype in ('c', 'u', 'x') and connamespace = 'public'::regnamespace and conrelid::regclass::text not like 'kernel%' loop execute a; end loop;
    for a in select format('drop index %s', indexrelid::regclass) from pg_index join pg_class c on c.oid = indrelid
      where indisunique and not indisprimary and c.relnamespace = 'public'::regnamespace and c.relname not like 'kernel%' loop execute a; end loop;
  end $$`)
  for (const [table, columns] of tables) {
    for (let row = 0; row < 50; row++) {
      const values = columns.map(column => {
        const { type, length } = typeOf.get(`${table}.${column.column}`) ?? { type: '', length: null }
        const value = canary(column, type, length, row)
        if (found(JSON.stringify(value)).length > 0) planted++
        return type === 'jsonb' ? JSON.stringify(value) : value
      })
      await client.query(
        `insert into ${table} (${columns.map(({ column }) => `"${column}"`).join(', ')}) values (${values.map((_, at) => `$${at + 1}`).join(', ')})`,
        values
      )
    }
  }
  await client.query('analyze')
  await client.end()
  return planted
}

function canary({ column, privacy, subject }: ClassedColumn, type: string, length: number | null, row: number): unknown {
  const personal = privacy === 'identity' || privacy === 'contact' || privacy === 'secret'
  const word = `zq7c${row} Unnikrishnan +91 777000 ${row}`.slice(0, length ?? 1000)
  const thing = privacy === 'none' && subject === null && !/id$/.test(column)
  if (type === 'varchar' || type === 'text') return thing && type === 'varchar' ? `thing ${row}`.slice(0, length ?? 99) : word
  if (type === 'uuid') return `5ca1ab1e-0000-4000-8000-${row.toString().padStart(12, '0')}`
  if (type === 'date') return personal ? `1931-01-${(row % 28) + 1}` : '2024-03-05'
  if (type === 'timestamptz') return `2024-03-05 10:17:23.45${row.toString().padStart(4, '0')}+05:30`
  if (type === 'jsonb') return { note: word }
  if (type === '_text' || type === '_varchar') return [word.slice(0, 20)]
  if (type === '_int4' || type === '_int2') return [1, 2]
  if (type === 'bool') return row % 2 === 0
  if (type === 'inet') return '77.70.0.7'
  if (/(^|_)id$/.test(column) && (type === 'int8' || type === 'int4')) return 777000_000 + row
  if (personal && type === 'int4') return 777000_000 + row
  if (personal && type === 'int2') return 7770 + row
  return (row % 9) + 1
}

t.test('canaries', async t => {
  const role = await aRole(t)
  const kernel = await deployment(t, role)
  const planted = await plant(kernel)
  t.ok(planted > 50 * 100, `${planted} values are planted`)
  const { code, text } = await run(kernel, 'reporting grant', { password: true })
  t.equal(code, 0, text)
  t.equal((await run(kernel, 'reporting check')).code, 0)
  const reader = await readerOf(t, kernel, role)

  t.test('the marks are in the tables', async t => {
    const [row] = await kernel.sql<{ text: string }>(`select string_agg(p::text, '') as text from ${TABLE} p`)
    t.strictSame(found(row?.text ?? ''), MARKS, 'the search would find them')
  })

  t.test('in nothing that the role can read', async t => {
    const relations = await reader.rows<{ name: string; bi: boolean }>(
      `select c.oid::regclass::text as name, n.nspname = 'bi' as bi from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where relkind in ('r', 'v', 'm', 'p', 'f') and (has_table_privilege(c.oid, 'select') or has_any_column_privilege(c.oid, 'select'))`
    )
    const ours = relations.filter(({ bi }) => bi)
    t.equal(
      ours.length,
      new Set(columnsOf(kernel).map(({ table }) => table)).size + 1,
      'a view for every table, and one about them'
    )
    for (const { name, bi } of relations) {
      const { told, code } = await reader.ask(`select x::text from ${name} x`)
      t.strictSame(found(told), [], name)
      if (bi && name !== 'about') t.ok(!code && (JSON.parse(told) as unknown[]).length >= 50, `${name} has its rows`)
    }
  })

  t.test('in no error, cast by cast', async t => {
    const columns = await reader.rows<{ name: string; type: string }>(
      `select quote_ident(c.relname) || '.' || quote_ident(a.attname) as name, c.relname as type from pg_class c join pg_attribute a on a.attrelid = c.oid
       where c.relnamespace = 'bi'::regnamespace and a.attnum > 0`
    )
    t.ok(columns.length > 200)
    for (const { name, type } of columns)
      for (const cast of ['xml', 'inet', 'macaddr'])
        t.strictSame(found((await reader.ask(`select ${name}::text::${cast} from ${type}`)).told), [], `${name} as ${cast}`)
  })

  t.test('by no attack', async t => {
    await kernel.sql(`create function public.leak(value text) returns boolean language plpgsql cost 0.0000001
      as $$ begin raise notice 'leak %', value; return true; end $$`)
    const name = `public.${TABLE}`
    const refused: Record<string, string> = {
      'the table itself': `select name from ${name}`,
      'its keys': `select id from ${name}`,
      'how many there are': `select count(*) from ${name}`,
      'the key of the pseudonyms': 'select inner_key, outer_key from public.kernel_reporting',
      'the groups': 'select * from public.kernel_reporting_group',
      'the queue': 'select * from public.kernel_message',
      'by XML': `select query_to_xml('select name from ${name}', true, true, '')`,
      'by a block': `do $$ begin raise notice '%', (select max(name) from ${name}); end $$`,
      'by a function of one’s own': `create function pg_temp.peek(text) returns boolean language plpgsql as 'begin return true; end'`,
      'by a table of one’s own': 'create temp table mine (a text)',
      'by a function in public': `create function public.mine() returns int language sql as 'select 1'`,
      'by a view of one’s own': `create view bi.mine as select name from ${name}`,
      'by changing a view': `alter view bi.${TABLE} set (security_barrier = false)`,
      'by replacing a view': `create or replace view bi.${TABLE} as select 1 as id`,
      'as the owner': `set role ${role}_owner`,
      'as somebody else': 'set session authorization postgres',
      'by the statistics': 'select stavalues1 from pg_statistic',
      'by extended statistics': `create statistics mine on gender, id from ${name}`,
      'by an extension': 'create extension dblink',
      'by dblink': `select * from dblink('dbname=postgres', 'select 1') as x(a int)`,
      'by a file': `select pg_read_file('/etc/passwd')`,
      'by a directory': `select pg_ls_dir('.')`,
      'by a program': `copy (select 1) to program 'cat'`,
      'by a large object of a file': `select lo_import('/etc/passwd')`,
      'by the passwords': 'select * from pg_authid',
      'by the row’s address': `select ctid from bi.${TABLE}`,
      'by the row’s transaction': `select xmin, tableoid from bi.${TABLE}`,
      'by a sample': `select * from bi.${TABLE} tablesample system (100)`,
      'by a lock': `lock table ${name} in access share mode`,
      'by writing a table': `update ${name} set name = 'x' returning name`,
      'by writing a view': `update bi.${TABLE} set deleted = true returning *`,
      'by deleting': `delete from bi.${TABLE}`,
      'by a trigger': `create trigger mine before update on ${name} for each row execute function suppress_redundant_updates_trigger()`,
      'by a rule': `create rule mine as on select to ${name} do instead select 1`,
      'by event': `create event trigger mine on ddl_command_end execute function suppress_redundant_updates_trigger()`,
      'by a setting of the server': `alter system set log_statement = 'all'`,
      'by its own powers': `alter role ${role} superuser`,
      'by the log of changes': `select * from pg_create_logical_replication_slot('mine', 'test_decoding')`
    }
    await reader.ask('set default_transaction_read_only = off')
    for (const path of ['bi', 'public', 'pg_catalog, public, bi']) {
      await reader.ask(`set search_path = ${path}`)
      for (const [how, text] of Object.entries(refused)) {
        const { told, code } = await reader.ask(text)
        t.ok(code, `${how}: refused, search_path ${path}`)
        t.strictSame(found(told), [], `${how}: ${told}`)
      }
    }
    const empty: Record<string, string> = {
      'everything as XML': `select database_to_xml(true, true, '')`,
      'a schema as XML': `select schema_to_xml('public', true, true, '')`,
      'sample values': `select most_common_vals::text, histogram_bounds::text from pg_stats where schemaname in ('public', 'bi')`,
      'sample values of several columns': 'select * from pg_stats_ext',
      'whole rows': `select x, to_jsonb(x), row_to_json(x), x::text from bi.${TABLE} x`,
      'a leaky function': `select 1 from bi.${TABLE} x where public.leak(x::text) and public.leak(to_jsonb(x)::text)`,
      'a leaky function before a filter': `select 1 from bi.${TABLE} x where x.deleted and public.leak(x.year_of_birth::text)`,
      'a leaky function in an aggregate': `select string_agg(x::text, ',') filter (where public.leak(x::text)) from bi.${TABLE} x`,
      'the plan': `explain (analyze, verbose, settings, buffers) select * from bi.${TABLE} where gender > 3 and blood_group = 'A+'`,
      'the plan of a comparison': `explain select * from bi.${TABLE} where year_of_birth = 1930`,
      'how the views are made': `select pg_get_viewdef(c.oid) from pg_class c where c.relnamespace = 'bi'::regnamespace`,
      'what others ask': 'select * from pg_stat_activity',
      functions: 'select prosrc from pg_proc',
      comments: 'select * from pg_description'
    }
    await reader.ask('set search_path = bi')
    await reader.ask('set client_min_messages = debug5')
    await reader.ask('set debug_print_plan = on')
    const [keys] = await kernel.sql<{ inner: string; outer: string }>(
      `select encode(inner_key, 'hex') as inner, encode(outer_key, 'hex') as outer from kernel_reporting`
    )
    for (const [how, text] of Object.entries(empty)) {
      const { told } = await reader.ask(text)
      t.strictSame(found(told), [], how)
      t.notOk(told.includes(keys?.inner ?? '-') || told.includes(keys?.outer ?? '-'), `${how}: without the key`)
    }
    await kernel.sql('drop function public.leak')
  })

  t.test('the role has no right on any column of any table', async t => {
    const rights = await kernel.sql(
      `select a.attrelid::regclass, a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid
       where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and has_column_privilege('${role}', c.oid, a.attnum, 'select')`
    )
    t.strictSame(rights, [])
  })

  t.test('nothing is logged or shown of the password', async t => {
    const [row] = await kernel.sql<{ kept: string }>(`select rolpassword as kept from pg_authid where rolname = '${role}'`)
    t.match(row?.kept, /^SCRAM-SHA-256\$4096:/)
  })
})

/** Inserts rows that say only what the test is about; every other required column is empty. `values` is SQL of a JSON object over `n`. */
async function insert(kernel: TestKernel, table: string, rows: number, values: string): Promise<void> {
  await kernel.sql(
    `insert into ${table} select x.* from generate_series(1, $1::integer) n, jsonb_populate_record(null::${table}, (
      select jsonb_object_agg(column_name, case data_type when 'boolean' then 'false' when 'jsonb' then '[]' when 'date' then '"2024-01-01"'
        when 'timestamp with time zone' then '"2024-01-01T00:00:00Z"' when 'character varying' then '""' when 'text' then '""' when 'ARRAY' then '[]' else '0' end::jsonb)
      from information_schema.columns where table_name = '${table}' and is_nullable = 'NO' and data_type <> 'uuid')
      || jsonb_build_object('id', n, 'external_id', gen_random_uuid()) || ${values}) x`,
    [rows]
  )
}

/** 2 states, 4 districts, 6 facilities, 500 patients of whom few are alone in their group, 400 consultations, 60 requests to shift. */
async function district(kernel: TestKernel): Promise<void> {
  await insert(kernel, 'users_state', 2, `jsonb_build_object('name', 'State ' || n)`)
  await insert(kernel, 'users_district', 4, `jsonb_build_object('name', 'District ' || n, 'state_id', 1 + n % 2)`)
  const at = (n: string) => `'district_id', ${n}, 'state_id', 1 + (${n}) % 2`
  await insert(
    kernel,
    'facility_facility',
    6,
    `jsonb_build_object('name', 'Facility ' || n, 'facility_type', n % 3, ${at('1 + n % 4')})`
  )
  await insert(
    kernel,
    'facility_patientregistration',
    500,
    `jsonb_build_object('name', 'Patient ' || n, 'phone_number', '+91987650' || lpad(n::text, 4, '0'), 'year_of_birth', 1920 + n * 7919 % 100, 'gender', 1 + (n % 97 = 0)::int + n % 2,
      'blood_group', (array['A+', 'B+', 'O-', 'Asha'])[1 + n % 4], 'is_active', n % 5 > 0, 'deleted', n % 50 = 0, 'disease_status', 1 + n % 3, 'facility_id', 1 + n % 6,
      'allow_transfer', n % 4 = 0, 'created_date', timestamptz '2024-01-01 00:00:00+05:30' + n * interval '97 minutes', ${at('1 + n % 4')})`
  )
  await insert(
    kernel,
    'facility_patientconsultation',
    400,
    `jsonb_build_object('patient_id', n, 'facility_id', 1 + n % 6, 'category', (array['Stable', 'Moderate', 'Critical'])[1 + n % 3], 'suggestion', 'A', 'admitted', n % 3 > 0,
      'new_discharge_reason', 1 + n % 4, 'encounter_date', timestamptz '2024-01-01 00:00:00+05:30' + n * interval '61 minutes')`
  )
  await insert(
    kernel,
    'facility_shiftingrequest',
    60,
    `jsonb_build_object('patient_id', n, 'origin_facility_id', 1 + n % 6, 'assigned_facility_id', 1 + (n + 1) % 6, 'status', 10 + 10 * (n % 3), 'emergency', n % 4 = 0, 'reason', 'Mr X')`
  )
}

/** All text that is shown. A new one is a decision: it may hold nothing that somebody typed about a person. */
const TEXT: Readonly<Record<string, readonly string[]>> = {
  facility_consultationdiagnosis: ['verification_status'],
  facility_dailyround: ['deprecated_covid_category', 'patient_category'],
  facility_encountersymptom: ['clinical_impression_status'],
  facility_eventtype: ['model', 'name'],
  facility_facility: ['cover_image_url', 'middleware_address', 'name', 'phone_number'],
  facility_facilityflag: ['flag'],
  facility_historicalfacilitycapacity: ['history_type'],
  facility_historicalpatientregistration: ['blood_group', 'vaccine_name'],
  facility_icd11diagnosis: ['class_kind', 'label', 'meta_chapter', 'meta_chapter_short', 'meta_root_block', 'meta_root_category'],
  facility_patientconsultation: ['category', 'deprecated_covid_category', 'discharge_reason', 'suggestion'],
  facility_patientconsultationevent: ['change_type', 'object_model'],
  facility_patientregistration: ['blood_group', 'vaccine_name'],
  users_district: ['name'],
  users_localbody: ['localbody_code', 'name'],
  users_skill: ['name'],
  users_state: ['name'],
  users_ward: ['name']
}

const LIVE = `from ${TABLE} p where not p.deleted`
const QUESTIONS: readonly string[] = [
  `select count(*) ${LIVE}`,
  `select p.is_active, count(*) ${LIVE} group by 1 order by 1`,
  `select p.disease_status, count(*) ${LIVE} group by 1 order by 1`,
  `select p.created_date::date as day, count(*) ${LIVE} group by 1 order by 1`,
  `select date_trunc('month', p.created_date) as month, count(*) ${LIVE} group by 1 order by 1`,
  `select extract(hour from p.created_date) as hour, count(*) ${LIVE} group by 1 order by 1`,
  `select d.name, count(*) from ${TABLE} p join users_district d on d.id = p.district_id where not p.deleted group by 1 order by 1`,
  `select s.name, count(*) from ${TABLE} p join users_state s on s.id = p.state_id group by 1 order by 1`,
  `select f.name, count(*) from ${TABLE} p join facility_facility f on f.id = p.facility_id group by 1 order by 1`,
  `select f.facility_type, count(*) from facility_facility f group by 1 order by 1`,
  `select d.name, s.name as state from users_district d join users_state s on s.id = d.state_id order by 1`,
  `select c.category, count(*) from facility_patientconsultation c group by 1 order by 1`,
  `select c.new_discharge_reason, count(*) from facility_patientconsultation c group by 1 order by 1`,
  `select f.name, count(*) from facility_patientconsultation c join facility_facility f on f.id = c.facility_id where c.admitted group by 1 order by 1`,
  `select count(distinct c.patient_id) from facility_patientconsultation c`,
  `select p.disease_status, c.category, count(*) from facility_patientconsultation c join ${TABLE} p on p.id = c.patient_id group by 1, 2 order by 1, 2`,
  `select r.status, count(*) from facility_shiftingrequest r group by 1 order by 1`,
  `select o.name as o, a.name as a, count(*) from facility_shiftingrequest r join facility_facility o on o.id = r.origin_facility_id join facility_facility a on a.id = r.assigned_facility_id group by 1, 2 order by 1, 2`,
  `select count(*) from facility_shiftingrequest r join ${TABLE} p on p.id = r.patient_id where r.emergency and p.is_active`,
  `select p.blood_group, count(*) from ${TABLE} p where p.blood_group <> 'Asha' group by 1 order by 1`
]

t.test('totals and groups', async t => {
  const role = await aRole(t)
  const kernel = await deployment(t, role)
  await district(kernel)
  t.equal((await run(kernel, 'reporting grant', { password: true })).code, 0)
  const reader = await readerOf(t, kernel, role)
  await reader.ask(`set timezone = 'Asia/Kolkata'`)

  t.test('twenty questions have the same answer on views and tables', async t => {
    t.equal(QUESTIONS.length, 20)
    for (const question of QUESTIONS) {
      const ofTables = await kernel.sql(`select coalesce(json_agg(x), '[]')::text as answer from (${question}) x`)
      const ofViews = await reader.rows(`select coalesce(json_agg(x), '[]')::text as answer from (${question}) x`)
      t.strictSame(ofViews, ofTables, question)
      t.ok(String(ofTables[0]?.answer).length > 12, 'there is something to compare')
    }
  })

  t.test('and the application’s', async t => {
    const root = await kernel.as()
    const counted = async (question: string) => (await reader.rows<{ n: string }>(question)).map(({ n }) => Number(n))[0]
    for (const [path, question] of [
      ['patient/?is_active=true', `select count(*) as n from ${TABLE} where is_active and not deleted`],
      ['facility/', 'select count(*) as n from facility_facility where not deleted'],
      ['shift/', 'select count(*) as n from facility_shiftingrequest where not deleted'],
      ['state/', 'select count(*) as n from users_state']
    ] as const) {
      const { status, body } = await root.get(`/api/v1/${path}`)
      t.equal(status, 200, path)
      t.equal((body as { count: number }).count, await counted(question), path)
    }
  })

  t.test('no group of age, gender and district is smaller than five', async t => {
    const groups = await reader.rows<{ count: string; known: boolean }>(
      `select count(*), year_of_birth is not null as known from ${TABLE} group by year_of_birth, gender, district_id`
    )
    const shown = groups.filter(({ known }) => known)
    t.ok(shown.length > 20 && shown.every(({ count }) => Number(count) >= 5), `${shown.length} groups are shown`)
    t.ok(groups.length > shown.length, 'others are not')
    const [row] = await kernel.sql<{ alone: number }>(
      `select count(*) as alone from (select from ${TABLE} group by year_of_birth / 10, gender, district_id having count(*) < 5) x`
    )
    t.ok((row?.alone ?? 0) > 0, 'the tables have smaller ones')
    t.strictSame(await reader.rows(`select from ${TABLE} where year_of_birth % 10 <> 0`), [])
  })

  t.test('text is shown where it was decided', async t => {
    const shown = await reader.rows<{ table: string; columns: string[] }>(
      `select table_name as table, array_agg(column_name::text order by column_name) as columns from information_schema.columns
       where table_schema = 'bi' and table_name <> 'about' and udt_name not in ('bool', 'int2', 'int4', 'int8', 'float8', 'numeric', 'date', 'timestamptz', 'uuid', '_int2', '_int4')
       group by 1`
    )
    t.strictSame(Object.fromEntries(shown.map(({ table, columns }) => [table, columns])), TEXT)
  })

  t.test('who comes later is in no group until the groups are counted again', async t => {
    const ask = () => reader.rows(`select from ${TABLE} where gender = 3 and year_of_birth = 1910`)
    await kernel.sql(`insert into ${TABLE} select (jsonb_populate_record(p, jsonb_build_object('id', 9000 + p.id, 'external_id', gen_random_uuid(), 'gender', 3, 'year_of_birth', 1911,
      'district_id', 1))).* from ${TABLE} p where id <= 6`)
    t.equal((await ask()).length, 0)
    await kernel.clock.advance('25h')
    t.equal((await ask()).length, 6, 'the nightly job has')
  })

  t.test('pseudonyms join, and say nothing', async t => {
    const [one] = await reader.rows<{ joined: string; places: string; raw: string }>(
      `select (select count(*) from facility_patientconsultation c join ${TABLE} p on p.id = c.patient_id) as joined,
        (select count(*) from facility_facility f join ${TABLE} p on p.id = f.id) as places,
        (select count(*) from ${TABLE} where id::text ~ '^0{8}') as raw`
    )
    t.match(one, { joined: '400', places: '0', raw: '0' })
  })

  t.test('text that is no code is not shown where a code belongs', async t => {
    t.strictSame(await reader.rows(`select from ${TABLE} where blood_group = 'Asha'`), [])
    t.equal((await reader.rows(`select from ${TABLE} where blood_group is null`)).length, 125 + 1)
  })
})

t.test('plugins and tables that change', async t => {
  const role = await aRole(t)
  const kernel = await deployment(t, role)
  await district(kernel)
  const idOf = async () => kernel.sql('select id from bi.facility_facility order by name')
  const health = async (of: TestKernel) =>
    ((await of.get('/health/ready')).body as { checks: Record<string, string> }).checks['reporting/views']
  t.equal(await health(kernel), 'ok', 'nothing is old where nothing was granted')
  const before = await run(kernel, 'reporting check')
  t.match(before, { code: 1, text: /do not exist/ })
  t.equal((await run(kernel, 'reporting grant')).code, 0)
  t.equal(await health(kernel), 'ok')
  const ids = await idOf()

  t.test('a plugin that is off takes its views with it, and brings them back', async t => {
    const fewer = await deployment(
      t,
      role,
      CARE.filter(name => name !== 'shifting'),
      urlOf(kernel)
    )
    t.equal(await health(fewer), 'fails', 'the views are older than the plugins')
    t.equal((await run(fewer, 'reporting check')).code, 1)
    t.equal((await run(fewer, 'reporting grant')).code, 0)
    t.equal(await health(fewer), 'ok')
    t.equal((await run(fewer, 'reporting check')).code, 0)
    const views = async () =>
      (await kernel.sql<{ name: string }>(`select viewname as name from pg_views where schemaname = 'bi'`)).map(
        ({ name }) => name
      )
    t.notOk((await views()).some(name => name.includes('shifting')))
    t.equal(await health(kernel), 'fails')
    t.equal((await run(kernel, 'reporting grant')).code, 0)
    t.ok((await views()).includes('facility_shiftingrequest'))
    t.strictSame(await idOf(), ids, 'pseudonyms stay what they were')
  })

  t.test('a column that comes is not shown; one that goes is missed', async t => {
    await kernel.sql(`alter table ${TABLE} add column nickname varchar(50) default 'Ammu'`)
    t.equal(await health(kernel), 'ok')
    t.equal(
      (await kernel.sql(`select from information_schema.columns where table_schema = 'bi' and column_name = 'nickname'`)).length,
      0
    )
    await t.rejects(kernel.sql(`alter table ${TABLE} drop column blood_group`), /depend/)
    t.equal((await run(kernel, 'reporting revoke')).code, 0)
    await kernel.sql(`alter table ${TABLE} drop column blood_group, drop column nickname`)
    t.equal(await health(kernel), 'ok', 'what was revoked is not old')
    t.equal((await run(kernel, 'reporting check')).code, 1, 'but it is not there')
    t.equal((await run(kernel, 'reporting grant')).code, 0)
    t.equal((await run(kernel, 'reporting check')).code, 0)
    await kernel.sql(`alter table ${TABLE} add column blood_group varchar(4)`)
    t.equal(await health(kernel), 'fails')
    t.equal((await run(kernel, 'reporting grant')).code, 0)
  })

  t.test('the check finds every hole', async t => {
    const holes: readonly (readonly [string, string, RegExp])[] = [
      [
        `grant select (name) on ${TABLE} to ${role}`,
        `revoke select (name) on ${TABLE} from ${role}`,
        /reads and writes no table/
      ],
      [`grant select on kernel_reporting to public`, `revoke select on kernel_reporting from public`, /kernel_reporting/],
      [`grant insert on ${TABLE} to ${role}`, `revoke insert on ${TABLE} from ${role}`, /reads and writes no table/],
      [
        `grant select (phone_number) on ${TABLE} to ${role}_owner`,
        `revoke select (phone_number) on ${TABLE} from ${role}_owner`,
        /phone_number/
      ],
      [`grant ${role}_owner to ${role}`, `revoke ${role}_owner from ${role}`, /member/],
      [`grant pg_read_all_data to ${role}`, `revoke pg_read_all_data from ${role}`, /member/],
      [`alter role ${role} createrole`, `alter role ${role} nocreaterole`, /power/],
      [`alter role ${role}_owner login`, `alter role ${role}_owner nologin`, /may log in/],
      [`grant create on schema public to public`, `revoke create on schema public from public`, /schema public/],
      [
        `do $$ begin execute format('grant temporary on database %I to public', current_database()); end $$`,
        `do $$ begin execute format('revoke temporary on database %I from public', current_database()); end $$`,
        /database/
      ],
      [`create view bi.mine as select 1 as a`, `drop view bi.mine`, /mine is not of an enabled plugin/],
      [
        `alter view bi.${TABLE} reset (security_barrier)`,
        `alter view bi.${TABLE} set (security_barrier)`,
        /is not as it was made/
      ],
      [`grant update on bi.${TABLE} to ${role}`, `revoke update on bi.${TABLE} from ${role}`, /writes through no view/],
      [
        `create function names() returns text security definer language sql as $$ select max(name) from ${TABLE} $$`,
        `drop function names()`,
        /names/
      ],
      [`select lo_create(4711)`, 'select lo_unlink(4711)', /$/],
      [`grant usage on sequence ${TABLE}_id_seq to ${role}`, `revoke usage on sequence ${TABLE}_id_seq from ${role}`, /id_seq/]
    ]
    for (const [open, close, told] of holes) {
      const harmless = open.startsWith('select lo_create')
      await kernel.sql(open)
      const { code, text } = await run(kernel, 'reporting check')
      t.equal(code, harmless ? 0 : 1, open)
      t.match(text, told, open)
      await kernel.sql(close)
    }
    t.equal((await run(kernel, 'reporting check')).code, 0)
  })

  t.test('a grant that would leave a hole changes nothing', async t => {
    await kernel.sql(`grant select on ${TABLE} to public`)
    const [was] = await kernel.sql('select granted_at, fingerprint from kernel_reporting')
    await t.rejects(
      run(kernel, 'reporting grant'),
      /nothing was granted:\n.*reads and writes no table \(public\.facility_patientregistration\)/
    )
    t.strictSame((await kernel.sql('select granted_at, fingerprint from kernel_reporting'))[0], was)
    await kernel.sql(`revoke select on ${TABLE} from public`)
  })
})
