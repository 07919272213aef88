// What was answered is there, whole, whatever is killed: `node dist/test/system/crash.js [--long] [--care]`, with every plugin or with those of
// the care alone; crash.test.ts runs the short form.
import { pathToFileURL } from 'node:url'
import { Writer, type Answered } from './crash-writer.ts'
import { care, configFile, FEATURES, sql, start, type Running } from './deployment.ts'
import { ownServer } from './faults/brokers.ts'
import { ownPort } from '../services.ts'

interface Sizes {
  readonly kills: number
  readonly writesPerSecond: number
  /** Between two kills. */
  readonly seconds: number
}
export const SHORT: Sizes = { kills: 2, writesPerSecond: 300, seconds: 3 }
export const LONG: Sizes = { kills: 10, writesPerSecond: 300, seconds: 8 }

/** Those that know patients and what is done for them. */
const CARE = ['auth-permissions', 'places', 'facilities', 'patients', 'consultations', 'shifting', 'resources']

/** What is to be told of a row; nothing where nobody tells it. */
const told = (plugins: readonly string[], event: string, field: string, id: string) =>
  plugins.includes('notifications')
    ? `exists (select from kernel_message m where m.task = 'notifications.${event}' and (m.payload ->> '${field}')::bigint = ${id})`
    : 'true'

/** Rows of each kind that are not whole; what was never answered must be whole, too, where it is at all. */
const tornRows = (plugins: readonly string[]): Readonly<Record<string, string>> => ({
  'patients without history, illness, occupation or message': `select p.external_id from facility_patientregistration p where p.name like 'Crash %' and not (
    exists (select from facility_historicalpatientregistration h where h.id = p.id and h.history_type = '+')
    and exists (select from facility_historicalpatientregistration h where h.id = p.id and h.history_type = '~')
    and exists (select from facility_disease d where d.patient_id = p.id and not d.deleted)
    and exists (select from facility_patientmetainfo m where m.id = p.meta_info_id and m.occupation = 11)
    and ${told(plugins, 'patients/patient-registered', 'patientId', 'p.id')})`,
  'consultations without diagnosis, symptom, events, message, or their patient': `select c.external_id from facility_patientconsultation c
    join facility_patientregistration p on p.id = c.patient_id where p.name like 'Crash %' and not (
    p.last_consultation_id = c.id
    and exists (select from facility_consultationdiagnosis d where d.consultation_id = c.id)
    and exists (select from facility_encountersymptom s where s.consultation_id = c.id)
    and 3 = (select count(distinct e.object_model) from facility_patientconsultationevent e
      where e.consultation_id = c.id and e.object_model in ('PatientConsultation', 'ConsultationDiagnosis', 'EncounterSymptom'))
    and ${told(plugins, 'consultations/consultation-created', 'consultationId', 'c.id')})`,
  'rounds without events, message, or their consultation': `select r.external_id from facility_dailyround r join facility_patientconsultation c on c.id = r.consultation_id
    join facility_patientregistration p on p.id = c.patient_id where p.name like 'Crash %' and not (
    c.last_daily_round_id is not null
    and exists (select from facility_patientconsultationevent e where e.consultation_id = c.id and e.object_model = 'DailyRound' and e.object_id = r.id)
    and ${told(plugins, 'consultations/round-created', 'roundId', 'r.id')})`,
  'patients with two open requests or none of those answered': `select p.external_id from facility_patientregistration p where p.name like 'Crash %'
    and (select count(*) from facility_shiftingrequest r where r.patient_id = p.id and not r.deleted) > 1`,
  'messages that gave up': `select id from kernel_message where state = 'parked'`
})

export async function crash(
  { kills, writesPerSecond, seconds }: Sizes,
  plugins = FEATURES
): Promise<{ facts: string; failures: string[] }> {
  const own = await ownServer('postgres')
  const { url } = own
  const port = await ownPort()
  const config = configFile(url, plugins, {
    environment: 'development',
    security: { secretKey: 'care-kernel-development-only', rateLimit: false },
    server: { port },
    plugins: {
      ...Object.fromEntries(plugins.map(name => [name, {}])),
      'auth-permissions': { accessTokenMinutes: 60, passwordHash: { memoryKiB: 64, passes: 1, lanes: 1 } }
    }
  })
  let server: Running | undefined
  try {
    await care(['migrate', '--config', config])
    server = await start(config)
    const login = await fetch(`${server.url}/api/v1/auth/login/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'demo-doctor', password: 'Care-Kernel-1' })
    })
    const { access } = (await login.json()) as { access: string }
    const [place] = await sql<{ facility: string; doctor: number; diagnosis: number }>(
      url,
      `select f.external_id as facility, u.id as doctor, (select min(id)::int from facility_icd11diagnosis) as diagnosis
      from users_user u join facility_facility f on f.id = u.home_facility_id where u.username = 'demo-doctor'`
    )
    if (!place) throw new Error('the demo district is not there')
    const writer = new Writer(`http://127.0.0.1:${port}`, access, place)
    const writing = writer.run(writesPerSecond)
    const began = performance.now()
    const rates: number[] = []
    for (let kill = 0; kill < kills; kill++) {
      rates.push(await writer.progress(seconds))
      // By turns the database and the server; the last time both.
      if (kill % 2 === 0 || kill === kills - 1) {
        await own.kill()
        await own.start()
      }
      if (kill % 2 === 1) {
        server.child.kill('SIGKILL')
        server = await start(config)
      }
    }
    rates.push(await writer.progress(seconds))
    writer.end()
    await writing
    const took = (performance.now() - began) / 1000
    const { ids, changes, changed, refused, odd } = writer.answered
    const written = Object.values(ids).flat().length + changed
    const failures = [
      ...(await missing(url, ids)),
      ...(await lostChanges(url, changes)),
      ...(await torn(url, plugins)),
      ...[...odd].map(answer => `an answer that no fault explains: ${answer}`)
    ]
    return {
      facts: `${kills} kills, ${written} writes answered in ${took.toFixed(0)} s (between kills ${Math.min(...rates).toFixed(0)} to ${Math.max(...rates).toFixed(0)}/s; ${Object.entries(
        ids
      )
        .map(([kind, list]) => `${list.length} ${kind}`)
        .join(', ')}), ${refused} not`,
      failures
    }
  } finally {
    server?.child.kill('SIGKILL')
    await own.close()
  }
}

const TABLES = {
  patient: 'facility_patientregistration',
  consultation: 'facility_patientconsultation',
  round: 'facility_dailyround',
  shift: 'facility_shiftingrequest'
} as const

async function missing(url: string, ids: Answered['ids']): Promise<string[]> {
  const lost: string[] = []
  for (const [kind, table] of Object.entries(TABLES)) {
    const gone = await sql(
      url,
      `select g.uuid from unnest($1::uuid[]) g(uuid) where not exists (select from ${table} t where t.external_id = g.uuid and not t.deleted)`,
      [ids[kind as keyof typeof TABLES]]
    )
    if (gone.length > 0) lost.push(`${gone.length} of kind ${kind} were answered and are not there`)
    if (ids[kind as keyof typeof TABLES].length === 0) lost.push(`nothing of kind ${kind} was written`)
  }
  return lost
}

async function lostChanges(url: string, changes: Answered['changes']): Promise<string[]> {
  const stored = new Map(
    (await sql<{ id: string; comments: string }>(url, 'select external_id as id, comments from facility_shiftingrequest')).map(
      ({ id, comments }) => [id, comments]
    )
  )
  const lost = [...changes].filter(([id, { told, asked }]) => ![told, asked].includes(stored.get(id) ?? '-'))
  return [
    ...(lost.length > 0 ? [`${lost.length} changes were answered and are not there`] : []),
    ...(changes.size === 0 ? ['nothing was changed'] : [])
  ]
}

async function torn(url: string, plugins: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for (const [what, text] of Object.entries(tornRows(plugins))) {
    const { length } = await sql(url, text)
    if (length > 0) found.push(`${length} ${what}`)
  }
  return found
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const asked = (option: string) => process.argv.includes(option)
  const { facts, failures } = await crash(asked('--long') ? LONG : SHORT, asked('--care') ? CARE : FEATURES)
  console.log(`${failures.length > 0 ? 'FAIL' : 'ok  '}  ${[facts, ...failures].join('; ')}`)
  process.exit(failures.length > 0 ? 1 : 0)
}
