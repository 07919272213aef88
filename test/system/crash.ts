// What was answered is there, whole, whatever is killed: `node dist/test/system/crash.js [--long]`; crash.test.ts runs the short form.
import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import pg from 'pg'
import { startServer, type Server } from '../../plugins/database-embedded/launcher.ts'
import { care, configFile, FEATURES, start, type Running } from './deployment.ts'

interface Sizes {
  readonly kills: number
  readonly writesPerSecond: number
  /** Between two kills. */
  readonly seconds: number
}
export const SHORT: Sizes = { kills: 2, writesPerSecond: 300, seconds: 3 }
export const LONG: Sizes = { kills: 10, writesPerSecond: 300, seconds: 8 }

const KINDS = ['patient', 'consultation', 'round', 'shift', 'change'] as const
type Kind = (typeof KINDS)[number]

/** Rows of each kind that are not whole; what was never answered must be whole, too, where it is at all. */
const TORN: Readonly<Record<string, string>> = {
  'patients without history, illness, occupation or message': `select p.external_id from facility_patientregistration p where p.name like 'Crash %' and not (
    exists (select from facility_historicalpatientregistration h where h.id = p.id and h.history_type = '+')
    and exists (select from facility_historicalpatientregistration h where h.id = p.id and h.history_type = '~')
    and exists (select from facility_disease d where d.patient_id = p.id and not d.deleted)
    and exists (select from facility_patientmetainfo m where m.id = p.meta_info_id and m.occupation = 11)
    and exists (select from kernel_message m where m.task = 'notifications.patients/patient-registered' and (m.payload ->> 'patientId')::bigint = p.id))`,
  'consultations without diagnosis, symptom, events, message, or their patient': `select c.external_id from facility_patientconsultation c
    join facility_patientregistration p on p.id = c.patient_id where p.name like 'Crash %' and not (
    p.last_consultation_id = c.id
    and exists (select from facility_consultationdiagnosis d where d.consultation_id = c.id)
    and exists (select from facility_encountersymptom s where s.consultation_id = c.id)
    and 3 = (select count(distinct e.object_model) from facility_patientconsultationevent e
      where e.consultation_id = c.id and e.object_model in ('PatientConsultation', 'ConsultationDiagnosis', 'EncounterSymptom'))
    and exists (select from kernel_message m where m.task = 'notifications.consultations/consultation-created' and (m.payload ->> 'consultationId')::bigint = c.id))`,
  'rounds without events, message, or their consultation': `select r.external_id from facility_dailyround r join facility_patientconsultation c on c.id = r.consultation_id
    join facility_patientregistration p on p.id = c.patient_id where p.name like 'Crash %' and not (
    c.last_daily_round_id is not null
    and exists (select from facility_patientconsultationevent e where e.consultation_id = c.id and e.object_model = 'DailyRound' and e.object_id = r.id)
    and exists (select from kernel_message m where m.task = 'notifications.consultations/round-created' and (m.payload ->> 'roundId')::bigint = r.id))`,
  'patients with two open requests or none of those answered': `select p.external_id from facility_patientregistration p where p.name like 'Crash %'
    and (select count(*) from facility_shiftingrequest r where r.patient_id = p.id and not r.deleted) > 1`,
  'messages that gave up': `select id from kernel_message where state = 'parked'`
}

/** What was answered, by kind; of a change the latest text of each request, and the one under way. */
interface Answered {
  readonly ids: Readonly<Record<Exclude<Kind, 'change'>, string[]>>
  readonly changes: Map<string, { readonly told: string; readonly asked: string }>
  changed: number
  refused: number
  readonly odd: Set<string>
}

/** One who writes at a steady rate until told to stop, whatever answers. */
class Writer {
  readonly answered: Answered = {
    ids: { patient: [], consultation: [], round: [], shift: [] },
    changes: new Map(),
    changed: 0,
    refused: 0,
    odd: new Set()
  }
  readonly #free: Record<'patient' | 'shift', string[]> = { patient: [], shift: [] }
  readonly #url: string
  readonly #token: string
  readonly #place: { readonly facility: string; readonly doctor: number; readonly diagnosis: number }
  #count = 0
  #shifts = 0
  #open = 0
  #ended = false

  constructor(url: string, token: string, place: { facility: string; doctor: number; diagnosis: number }) {
    this.#url = url
    this.#token = token
    this.#place = place
  }

  async run(perSecond: number): Promise<void> {
    const begin = performance.now()
    for (let n = 0; !this.#ended; n++) {
      const pause = begin + (n * 1000) / perSecond - performance.now()
      if (pause > 1) await wait(pause)
      // A server that is slower than asked is not buried: what is open stays within what a proxy would hold.
      while (this.#open > 60 && !this.#ended) await wait(2)
      void this.#write(KINDS[n % KINDS.length] ?? 'patient')
    }
    while (this.#open > 0) await wait(10)
  }

  /** Until so many seconds have gone by and something of every kind was answered since, on a slow machine longer. */
  async progress(seconds: number): Promise<void> {
    const before = this.#counts()
    for (
      let tenth = 0;
      tenth < seconds * 10 || (tenth < 300 && this.#counts().some((count, at) => count < (before[at] ?? 0) + 3));
      tenth++
    )
      await wait(100)
  }

  #counts(): number[] {
    const { ids, changed } = this.answered
    return [...Object.values(ids).map(({ length }) => length), changed]
  }

  end(): void {
    this.#ended = true
  }

  async #write(kind: Kind): Promise<void> {
    this.#open++
    try {
      if (kind === 'patient') await this.#patient()
      else if (kind === 'consultation') await this.#of('patient', of => this.#consultation(of))
      else if (kind === 'round') await this.#any(of => this.#round(of))
      else if (kind === 'shift') await this.#shift()
      else await this.#of('shift', of => this.#change(of))
    } finally {
      this.#open--
    }
  }

  async #patient(): Promise<void> {
    const n = ++this.#count
    const made = await this.#send('POST', '/api/v1/patient/', {
      facility: this.#place.facility,
      name: `Crash ${n}`,
      gender: 1,
      blood_group: 'O+',
      is_antenatal: false,
      date_of_birth: '1990-05-17',
      phone_number: `+9198${String(10_000_000 + n)}`,
      medical_history: [{ disease: 'Diabetes', details: 'since long' }],
      meta_info: { occupation: 'TEACHER' }
    })
    if (made) this.#keep('patient', made)
  }

  async #consultation(patient: string): Promise<void> {
    const made = await this.#send('POST', '/api/v1/consultation/', {
      patient,
      suggestion: 'HI',
      route_to_facility: 10,
      category: 'Stable',
      patient_no: `C-${patient}`,
      treating_physician: this.#place.doctor,
      encounter_date: '2024-06-01T10:00:00+05:30',
      create_diagnoses: [{ diagnosis: this.#place.diagnosis, is_principal: true, verification_status: 'confirmed' }],
      create_symptoms: [{ symptom: 4, onset_date: '2024-05-28' }]
    })
    if (made) this.answered.ids.consultation.push(made)
  }

  async #round(consultation: string): Promise<void> {
    const made = await this.#send('POST', `/api/v1/consultation/${consultation}/daily_rounds/`, {
      rounds_type: 'NORMAL',
      taken_at: '2024-06-02T10:00:00+05:30',
      pulse: 80,
      other_details: 'as before'
    })
    if (made) this.answered.ids.round.push(made)
  }

  async #shift(): Promise<void> {
    const patient = this.answered.ids.patient[this.#shifts]
    if (patient === undefined) return
    this.#shifts++
    const made = await this.#send('POST', '/api/v1/shift/', {
      patient,
      origin_facility: this.#place.facility,
      status: 'APPROVED',
      assigned_facility_external: 'Abroad'
    })
    if (made) this.#keep('shift', made)
  }

  /** One change of a request at a time, so that the last one answered is what is there, or the one that was under way. */
  async #change(shift: string): Promise<void> {
    const asked = `change ${++this.#count}`
    const told = this.answered.changes.get(shift)?.told ?? ''
    this.answered.changes.set(shift, { told, asked })
    const done = await this.#send('PATCH', `/api/v1/shift/${shift}/`, { comments: asked, status: 'ON HOLD' })
    if (done) {
      this.answered.changes.set(shift, { told: asked, asked })
      this.answered.changed++
    }
    // Where no answer came, the change may still be under way: nobody asks for another one.
    if (done) this.#free.shift.push(shift)
  }

  #keep(kind: 'patient' | 'shift', id: string): void {
    this.answered.ids[kind].push(id)
    this.#free[kind].push(id)
  }

  async #of(kind: 'patient' | 'shift', write: (id: string) => Promise<void>): Promise<void> {
    const id = this.#free[kind].shift()
    if (id !== undefined) await write(id)
  }

  async #any(write: (id: string) => Promise<void>): Promise<void> {
    const ids = this.answered.ids.consultation
    const id = ids[this.#count % Math.max(1, ids.length)]
    if (id !== undefined) await write(id)
  }

  /** The id of what was written; nothing where no answer came, or one that takes nothing upon it. */
  async #send(method: string, path: string, body: object): Promise<string | undefined> {
    try {
      const answer = await fetch(this.#url + path, {
        method,
        headers: { 'content-type': 'application/json', authorization: `Bearer ${this.#token}` },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(20_000)
      })
      const text = await answer.text()
      if (answer.ok) return (JSON.parse(text) as { id: string }).id
      this.answered.refused++
      // 503 is the fault's; a patient whose request was written and not answered has one.
      if (answer.status !== 503 && !/already exists/.test(text))
        this.answered.odd.add(`${method} ${path.replace(/[0-9a-f-]{36}/g, '…')} ${answer.status} ${text.slice(0, 100)}`)
    } catch {
      this.answered.refused++
    }
    return undefined
  }
}

/** Kills a process and those it started, at once, as when the power goes. */
async function killAll(pid: number): Promise<void> {
  const children = await promisify(execFile)('pgrep', ['-P', String(pid)]).then(
    ({ stdout }) => stdout.trim().split('\n').map(Number),
    () => []
  )
  for (const each of [pid, ...children])
    try {
      process.kill(each, 'SIGKILL')
    } catch {
      // It ended by itself meanwhile.
    }
}

const freePort = (): Promise<number> =>
  new Promise(resolve => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })

export async function crash({ kills, writesPerSecond, seconds }: Sizes): Promise<{ facts: string; failures: string[] }> {
  const directory = mkdtempSync(join(tmpdir(), 'care-crash-'))
  chmodSync(directory, 0o755)
  const [databasePort, port] = [await freePort(), await freePort()]
  const database = { directory, port: databasePort, password: 'crash' }
  let postgres: Server = await startServer(database)
  const url = postgres.url
  const config = configFile(url, FEATURES, {
    environment: 'development',
    security: { secretKey: 'care-kernel-development-only', rateLimit: false },
    server: { port },
    plugins: {
      ...Object.fromEntries(FEATURES.map(name => [name, {}])),
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
    const [place] = await rows<{ facility: string; doctor: number; diagnosis: number }>(
      url,
      `select f.external_id as facility, u.id as doctor, (select min(id)::int from facility_icd11diagnosis) as diagnosis
      from users_user u join facility_facility f on f.id = u.home_facility_id where u.username = 'demo-doctor'`
    )
    if (!place) throw new Error('the demo district is not there')
    const writer = new Writer(`http://127.0.0.1:${port}`, access, place)
    const writing = writer.run(writesPerSecond)
    const began = performance.now()
    for (let kill = 0; kill < kills; kill++) {
      await writer.progress(seconds)
      // By turns the database and the server; the last time both.
      if (kill % 2 === 0 || kill === kills - 1) {
        await killAll(postgres.pid)
        await postgres.stop().catch(() => undefined)
        postgres = await startServer(database)
      }
      if (kill % 2 === 1) {
        server.child.kill('SIGKILL')
        server = await start(config)
      }
    }
    await writer.progress(seconds)
    writer.end()
    await writing
    const took = (performance.now() - began) / 1000
    const { ids, changes, changed, refused, odd } = writer.answered
    const written = Object.values(ids).flat().length + changed
    const failures = [
      ...(await missing(url, ids)),
      ...(await lostChanges(url, changes)),
      ...(await torn(url)),
      ...[...odd].map(answer => `an answer that no fault explains: ${answer}`)
    ]
    return {
      facts: `${kills} kills, ${written} writes answered in ${took.toFixed(0)} s (${(written / took).toFixed(0)}/s; ${Object.entries(
        ids
      )
        .map(([kind, list]) => `${list.length} ${kind}`)
        .join(', ')}), ${refused} not`,
      failures
    }
  } finally {
    server?.child.kill('SIGKILL')
    await postgres.stop().catch(() => undefined)
    rmSync(directory, { recursive: true, force: true })
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
    const gone = await rows(
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
    (await rows<{ id: string; comments: string }>(url, 'select external_id as id, comments from facility_shiftingrequest')).map(
      ({ id, comments }) => [id, comments]
    )
  )
  const lost = [...changes].filter(([id, { told, asked }]) => ![told, asked].includes(stored.get(id) ?? '-'))
  return [
    ...(lost.length > 0 ? [`${lost.length} changes were answered and are not there`] : []),
    ...(changes.size === 0 ? ['nothing was changed'] : [])
  ]
}

async function torn(url: string): Promise<string[]> {
  const found: string[] = []
  for (const [what, text] of Object.entries(TORN)) {
    const { length } = await rows(url, text)
    if (length > 0) found.push(`${length} ${what}`)
  }
  return found
}

async function rows<Row = object>(url: string, text: string, values: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text, values)).rows as Row[]
  } finally {
    await client.end()
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { facts, failures } = await crash(process.argv.includes('--long') ? LONG : SHORT)
  console.log(`${failures.length > 0 ? 'FAIL' : 'ok  '}  ${[facts, ...failures].join('; ')}`)
  process.exit(failures.length > 0 ? 1 : 0)
}
