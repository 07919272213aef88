import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Requester, TestKernel } from '../../platform/testing/index.ts'
import { root as project } from './deployment.ts'
import { bodyOf, Crawler, digests, fill, rowDigests, send, valueOf, type Route, type Schema } from './sweep.ts'
import { twoDistricts } from './two-districts.ts'

/** What the contract leaves open, and where it says so: that a route shows something, says whether it is there, adds something. */
interface Open {
  readonly routes: readonly string[]
  readonly open: readonly ('shows' | 'tells' | 'adds')[]
  readonly why: string
}
const OPEN = JSON.parse(readFileSync(join(project, 'test/system/bola-open.json'), 'utf8')) as readonly Open[]

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema?: Schema }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
}

/** Rows that are everybody's. */
const COMMON = /^(kernel_|users_(skill|state|district|localbody|ward)$|facility_(eventtype|icd11diagnosis)$)/

/** Every text, telephone number and id that rows of a district hold, and that neither a list of choices nor the public directory does. */
async function holdings(kernel: TestKernel): Promise<ReadonlySet<string>> {
  const columns = await kernel.sql<{ table: string; column: string }>(
    `select table_name as table, column_name as column from information_schema.columns
    where table_schema = 'public' and data_type in ('text', 'character varying', 'uuid')`
  )
  const common = new Set<string>()
  const gather = (value: unknown): void => {
    if (typeof value === 'string') common.add(value)
    else if (value && typeof value === 'object') Object.values(value).forEach(gather)
  }
  gather(kernel.app.swagger())
  gather((await kernel.get('/api/v1/getallfacilities/?limit=1000')).body)
  const held = new Set<string>()
  for (const { table, column } of columns) {
    const values = await kernel.sql<{ value: string }>(
      `select distinct "${column}"::text as value from ${table} where length("${column}"::text) >= 6`
    )
    for (const { value } of values) (COMMON.test(table) ? common : held).add(value)
  }
  return new Set([...held].filter(value => !common.has(value)))
}

/** What an answer tells of the holdings, beyond what the question said itself. */
function leaked(text: string, held: ReadonlySet<string>, asked: string): string | undefined {
  if (text === '') return undefined
  const told =
    text.match(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\+\d{10,13}|"(?:[^"\\]|\\.)*"|[^,\r\n"]+/g) ?? []
  const found = told
    .map(part => (part.startsWith('"') ? unquoted(part) : part))
    .find(part => held.has(part) && !asked.includes(part))
  if (found !== undefined || text.length > 2000) return found
  for (const value of held) if (text.includes(value) && !asked.includes(value)) return value
  return undefined
}

function unquoted(text: string): string {
  try {
    return JSON.parse(text) as string
  } catch {
    return text
  }
}

/** Routes whose things none of their people gets at by the same question: of an earlier text there is no single read, a patient has a token. */
const UNPROVEN = ['GET /api/v1/patient/:patient/notes/:note/edits/:edit/', 'GET /api/v1/otp/patient/:id/']

const NOBODY = '5f0e4b7a-3c1d-4e2f-9a8b-7c6d5e4f3a2b'

t.test('what belongs to one district is out of reach in the one beside it, on every route', { timeout: 280_000 }, async t => {
  const { kernel, root, near, beside } = await twoDistricts(t)
  const crawler = new Crawler(kernel, root, near.own)
  const paths = (kernel.app.swagger() as { paths: Record<string, Record<string, Operation>> }).paths
  const operation = ({ method, url }: Route) => paths[url.replace(/:([^/]+)/g, '{$1}')]?.[method.toLowerCase()]
  const routes = kernel.routes.filter(({ url }) => url.startsWith('/api/v1/'))
  const chains = new Map<string, readonly string[] | undefined>()
  for (const { url } of routes) chains.set(url, await crawler.chain(url))
  const missing = [...chains].filter(([, chain]) => chain === undefined).map(([url]) => url)
  t.same(missing, [], 'there is something to try on every route')

  const held = await holdings(kernel)
  t.ok(held.size > 1000, `${held.size} texts and ids that must not be seen`)
  const rows = await rowDigests(kernel)
  const others = await beside()
  const users: [string, Requester][] = [
    ...Object.entries(others.people),
    ['admin of another state', await kernel.as({ user_type: 40, state_id: await anotherState(kernel) })],
    ['read-only admin of another state', await kernel.as({ user_type: 39, state_id: await anotherState(kernel) })],
    ['nobody', kernel]
  ]
  const open = (kind: 'shows' | 'tells' | 'adds', { method, url }: Route) =>
    OPEN.some(of => of.open.includes(kind) && of.routes.includes(`${method} ${url}`))

  const found = { leaks: new Set<string>(), differences: new Set<string>(), writes: new Set<string>(), faults: new Set<string>() }
  let asked = 0
  const ask = async (route: Route, who: string, user: Requester, url: string, body?: unknown) => {
    asked++
    const answer = await send(user, route.method, url, body)
    const what = `${who}: ${route.method} ${route.url}${url.includes('?') ? url.slice(url.indexOf('?')) : ''}`
    if (answer.status >= 500) found.faults.add(`${what} answers ${answer.status}`)
    const leak = open('shows', route) ? undefined : leaked(answer.text, held, url + JSON.stringify(body ?? ''))
    if (leak !== undefined) found.leaks.add(`${what} answers ${answer.status} and tells ${leak}`)
    return answer
  }
  let before = await digests(kernel)
  const written = async (route: Route) => {
    const now = await digests(kernel)
    const changed = [...now].filter(([table, digest]) => before.get(table) !== digest).map(([table]) => table)
    before = now
    if (changed.length > 0 && !open('adds', route)) found.writes.add(`${route.method} ${route.url} writes ${changed.join(', ')}`)
  }

  for (const route of routes) {
    const chain = chains.get(route.url) ?? []
    const { parameters = [], requestBody } = operation(route) ?? {}
    const schema = Object.values(requestBody?.content ?? {})[0]?.schema
    const reading = route.method === 'GET'
    const bodies = reading ? [undefined] : [{}, bodyOf(schema, near.own, false), bodyOf(schema, near.own, true)]
    const asking = questions(route, parameters, near.own)
    const queries = reading ? ['', '?csv', ...asking] : asking.length > 0 && chain.length > 0 ? asking : ['']
    for (const [who, user] of users) {
      for (const [at, body] of bodies.entries())
        for (const query of queries) {
          const theirs = await ask(route, who, user, fill(route.url, chain) + query, body)
          if (chain.length === 0) continue
          for (const absent of nowhere(chain)) {
            const none = await ask(route, who, user, fill(route.url, absent) + query, body)
            const same = theirs.status === none.status && masked(theirs.text, chain) === masked(none.text, absent)
            if (!same && !open('tells', route))
              found.differences.add(
                `${who}: ${route.method} ${route.url}${query} (${at}): ${theirs.status} ${theirs.text.slice(0, 90)} | ${none.status} ${none.text.slice(0, 90)}`
              )
          }
        }
    }
    await written(route)
  }

  // What they may do with what is theirs, naming what is not: nothing of it comes along.
  const mine = new Crawler(kernel, others.people.admin ?? root, others.own)
  for (const route of routes.filter(({ method }) => ['POST', 'PUT', 'PATCH'].includes(method))) {
    const schema = Object.values(operation(route)?.requestBody?.content ?? {})[0]?.schema
    const chain = await mine.chain(route.url)
    if (!schema || !chain) continue
    for (const [name, of] of Object.entries(schema.properties ?? {})) {
      const theirs = valueOf(name, of, near.own)
      if (theirs === undefined || JSON.stringify(theirs) === JSON.stringify(valueOf(name, of, others.own))) continue
      for (const who of ['doctor', 'admin'])
        for (const rest of [{}, bodyOf(schema, others.own, false), bodyOf(schema, others.own, true)]) {
          const body = { ...rest, [name]: theirs }
          await ask(route, `${who} of ${name}`, others.people[who] ?? root, fill(route.url, chain), body)
        }
    }
  }
  const kept = await rowDigests(kernel)
  const lost = [...rows].filter(digest => !kept.has(digest)).map(digest => digest.split(' ')[0])

  for (const [what, list] of Object.entries({ ...found, lost })) t.same([...list], [], what)

  // The same requests by those whose things they are: what was refused above is not what nobody may do.
  const done = new Map<string, boolean>()
  for (const route of [...routes].sort((a, b) => rankOf(a) - rankOf(b))) {
    const chain = chains.get(route.url) ?? []
    if (chain.length === 0) continue
    const schema = Object.values(operation(route)?.requestBody?.content ?? {})[0]?.schema
    const [query = ''] = questions(route, operation(route)?.parameters ?? [], near.own)
    const name = `${route.method} ${route.url}`
    for (const user of [...Object.values(near.people), root])
      for (const all of [false, true]) {
        if (done.get(name)) continue
        const body = route.method === 'GET' ? undefined : bodyOf(schema, near.own, all)
        const { status } = await send(user, route.method, fill(route.url, chain) + query, body)
        done.set(name, ![401, 403, 404].includes(status) && status < 500)
      }
  }
  const refused = [...done].filter(([, did]) => !did).map(([name]) => name)
  t.same(refused, UNPROVEN, 'what was refused above is done by those whose it is')
  t.comment(
    `${routes.length} of ${kernel.routes.length} routes swept, ${done.size} of them about one thing, ${done.size - refused.length} of those open to its own people; ${asked} requests`
  )
})

/** What removes things comes last. */
const rankOf = ({ method, url }: Route) => ['GET', 'PATCH', 'PUT', 'POST', 'DELETE'].indexOf(method) - url.split('/').length / 100

/** The chain with its last id, and with all of its ids, of nothing there is. */
function nowhere(chain: readonly string[]): string[][] {
  const like = (id: string) => (/^\d+$/.test(id) ? '987654' : /^[0-9a-f-]{36}$/.test(id) ? NOBODY : 'nobody-of-this')
  const all = chain.map(like)
  const last = [...chain.slice(0, -1), like(chain.at(-1) ?? '')]
  return chain.length === 1 ? [last] : [last, all]
}

function masked(text: string, ids: readonly string[]): string {
  return ids.reduce((masked, id) => masked.replaceAll(id, '…'), text)
}

/** Each filter by what another district has; files are asked for by their owner. */
function questions(
  { url }: Route,
  parameters: NonNullable<Operation['parameters']>,
  own: Readonly<Record<string, string>>
): string[] {
  if (url.startsWith('/api/v1/files/')) return [`?file_type=CONSULTATION&associating_id=${own.consultation}`]
  return parameters
    .filter(({ in: place, schema }) => place === 'query' && schema?.format === 'uuid')
    .map(({ name, schema = {} }) => `?${name}=${String(valueOf(name, schema, own))}`)
}

async function anotherState(kernel: TestKernel): Promise<number> {
  const [state] = await kernel.sql<{ id: number }>(`insert into users_state (name) values ('Elsewhere') returning id`)
  return state?.id ?? 0
}
