// The store of files, the text messages and the mail server of a deployment are away while people work: in silence, refusing, slow, or
// answering 500. `node dist/test/system/providers.js [--long]`; needs Redis.
import { setTimeout as wait } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { startProxy, type Proxy } from '../plugins/proxy.ts'
import { start } from './deployment.ts'
import { atPace, percentile } from './load.ts'
import { amazon, type Kind } from './swap-kinds.ts'
import { idOf, patientAt, playDay, sessionOf, type Session } from './swap-scenario.ts'

export interface Sizes {
  /** How long there is load before the first fault, and how long each lasts. */
  readonly seconds: number
}

/** What came of one fault. */
export interface ProviderOutcome {
  readonly fault: string
  readonly facts: string
  /** Everything that is not as promised. */
  readonly failures: readonly string[]
}

const SHORT: Sizes = { seconds: 6 }
const LONG: Sizes = { seconds: 60 }
const SLOW_BYTES_PER_SECOND = 8192
const DELIVERED_SECONDS = 60
const REPEATS_MS = 5000
/** Below this nobody waits, and chance decides which is the longer. */
const NOBODY_WAITS_MS = 50
const BROKEN = 'HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'

const FAULTS: Readonly<Record<string, (proxy: Proxy) => Promise<() => Promise<void>>>> = {
  'no answer': proxy => proxy.silence(),
  refused: proxy => proxy.refuse(),
  slow: proxy => proxy.throttle(SLOW_BYTES_PER_SECOND),
  'answers 500': proxy => proxy.answer(BROKEN)
}

/** Requests of one kind, so many a second. */
interface Work {
  readonly name: string
  readonly perSecond: number
  run(session: Session, n: number): Promise<unknown>
}

/** What must arrive, by number or address. */
interface Sent {
  readonly texts: string[]
  readonly mails: string[]
}

async function worksOf({ done }: Session, sent: Sent): Promise<Work[]> {
  const me = await done(200, 'GET', 'users/getcurrentuser/')
  const facility = await done(200, 'GET', `facility/${(me.home_facility_object as { id: string }).id}/`)
  const { results } = await done(200, 'GET', 'patient/?name=Asha%20Menon&is_active=false')
  const [discharged] = results as { last_consultation: { id: string } }[]
  if (!discharged) throw new Error('the patient of the day is not there')
  const patient = idOf(await done(201, 'POST', 'patient/', patientAt(facility, ['+919800000000', '+919700000000'])))
  const place = `files/?file_type=PATIENT&associating_id=${patient}`
  const slot = {
    original_name: 'scan.pdf',
    name: 'X-ray',
    file_type: 'PATIENT',
    associating_id: patient,
    mime_type: 'application/pdf'
  }
  return [
    { name: 'patients', perSecond: 10, run: ({ done }) => done(200, 'GET', 'patient/') },
    { name: 'files', perSecond: 10, run: ({ done }) => done(200, 'GET', place) },
    { name: 'place for a file', perSecond: 5, run: ({ done }) => done(201, 'POST', 'files/', slot) },
    {
      name: 'shift with text messages',
      perSecond: 1,
      async run({ done }, n) {
        const phones = [`+9198${String(10_000_000 + n)}`, `+9197${String(10_000_000 + n)}`] as const
        const shift = await done(201, 'POST', 'shift/', {
          patient: idOf(await done(201, 'POST', 'patient/', patientAt(facility, phones))),
          status: 'PENDING',
          origin_facility: facility.id,
          shifting_approving_facility: facility.id,
          assigned_facility: facility.id,
          reason: 'a ventilator'
        })
        await done(200, 'PATCH', `shift/${idOf(shift)}/`, { status: 'DESTINATION APPROVED' })
        sent.texts.push(...phones)
      }
    },
    {
      name: 'mail with a summary',
      perSecond: 0.5,
      async run({ done }, n) {
        const email = `family-${n}@example.org`
        await done(202, 'POST', `consultation/${discharged.last_consultation.id}/email_discharge_summary/`, { email })
        sent.mails.push(email)
      }
    }
  ]
}

/** Milliseconds of every request by kind, each begun at its time whether or not those before it have ended. */
async function load(session: Session, works: readonly Work[], seconds: number, from: number) {
  const failed: string[] = []
  const times = new Map<string, number[]>()
  const lanes = works.map(async ({ name, perSecond, run }) => {
    const took: number[] = []
    times.set(name, took)
    await atPace(
      perSecond,
      n => n < perSecond * seconds,
      n => {
        const at = performance.now()
        return run(session, from + n).then(
          () => took.push(performance.now() - at),
          (error: unknown) => failed.push(`${name}: ${String(error)}`)
        )
      }
    )
  })
  await Promise.all(lanes)
  return { failed, p99: (name: string) => percentile(times.get(name) ?? [], 0.99) }
}

/** Waits until everything has arrived, and a moment more for what comes twice; what is not as it should be. */
async function delivered(kind: Kind, sent: Sent): Promise<{ readonly seconds: number; readonly failures: string[] }> {
  const arrived = async () => ({
    texts: (await kind.texts()).map(({ to }) => to),
    mails: (await kind.mails()).flatMap(({ to }) => to)
  })
  const from = performance.now()
  const open = async () => {
    const { texts, mails } = await arrived()
    return sent.texts.filter(to => !texts.includes(to)).length + sent.mails.filter(to => !mails.includes(to)).length
  }
  while ((await open()) > 0 && performance.now() - from < DELIVERED_SECONDS * 1000) await wait(200)
  const seconds = (performance.now() - from) / 1000
  await wait(REPEATS_MS)
  const left = await open()
  const { texts, mails } = await arrived()
  const twice = [...texts, ...mails].filter((to, at, all) => all.indexOf(to) !== at)
  return {
    seconds,
    failures: [
      ...(left > 0 ? [`${left} had not arrived after ${DELIVERED_SECONDS} s`] : []),
      ...(twice.length > 0 ? [`${twice.length} arrived twice`] : [])
    ]
  }
}

/** Every fault in turn, of all three providers at once. */
export async function* providersAway({ seconds }: Sizes): AsyncGenerator<ProviderOutcome> {
  const proxies: Proxy[] = []
  const kind = await amazon(async port => {
    const proxy = await startProxy('127.0.0.1', port)
    proxies.push(proxy)
    return proxy.port
  })
  const server = await start(kind.config, [], kind.env)
  try {
    await playDay(server.url, kind)
    const session = await sessionOf(server.url, 'demo-doctor')
    const sent: Sent = { texts: [], mails: [] }
    const works = await worksOf(session, sent)
    await load(session, works, 3, 1)
    const before = await load(session, works, seconds, 10_000)
    for (const [at, [fault, begin]] of Object.entries(FAULTS).entries()) {
      const ends = await Promise.all(proxies.map(begin))
      const during = await load(session, works, seconds, 100_000 * (at + 1))
      for (const end of ends) await end()
      const { seconds: took, failures } = await delivered(kind, sent)
      const slower = works.flatMap(({ name }) => {
        const [normal, now] = [before.p99(name), during.p99(name)]
        return now > 2 * Math.max(normal, NOBODY_WAITS_MS)
          ? [`${name}: p99 ${now.toFixed(0)} ms instead of ${normal.toFixed(0)}`]
          : []
      })
      const p99s = works.map(({ name }) => `${name} ${before.p99(name).toFixed(0)}/${during.p99(name).toFixed(0)}`).join(', ')
      yield {
        fault,
        facts: `p99 in ms before/during: ${p99s}; all ${sent.texts.length + sent.mails.length} there ${took.toFixed(1)} s after it was over`,
        failures: [...before.failed, ...during.failed, ...slower, ...failures]
      }
    }
  } finally {
    await server.stop()
    await kind.stop()
    await Promise.all(proxies.map(proxy => proxy.stop()))
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  let failed = false
  for await (const { fault, facts, failures } of providersAway(process.argv.includes('--long') ? LONG : SHORT)) {
    failed ||= failures.length > 0
    console.log(
      `${failures.length > 0 ? 'FAIL' : 'ok'.padEnd(4)}  ${fault.padEnd(12)}  ${[facts, ...failures.slice(0, 5)].join('; ')}`
    )
  }
  process.exit(failed ? 1 : 0)
}
