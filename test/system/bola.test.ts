import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Requester, TestKernel } from '../../kernel/testing/index.ts'
import { root as project } from './deployment.ts'
import { bodyOf, Crawler, digests, fill, send, type Route, type Schema } from './sweep.ts'
import { twoDistricts } from './two-districts.ts'

interface Open {
  readonly method: string
  readonly url: string
  /** Who may see it: where in the contract that stands, and why. */
  readonly why: string
  /** What is open: that it shows something, that it says whether something is there, that it writes something new. */
  readonly shows?: boolean
  readonly tells?: boolean
  readonly adds?: boolean
}
const OPEN = JSON.parse(readFileSync(join(project, 'test/system/bola-open.json'), 'utf8')) as readonly Open[]

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema?: Schema }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
}

/** Rows that are everybody's. */
const COMMON = /^(kernel_|users_(skill|state|district|localbody|ward)$|facility_(eventtype|icd11diagnosis)$)/

/** Every text, number of a telephone and id that rows of a district hold, and that no list of choices does. */
async function holdings(kernel: TestKernel): Promise<ReadonlySet<string>> {
  const columns = await kernel.sql<{ table: string; column: string }>(
    `select table_name as table, column_name as column from information_schema.columns
    where table_schema = 'public' and data_type in ('text', 'character varying', 'uuid')`
  )
  const common = new Set<string>()
  ;(function gather(value: unknown): void {
    if (typeof value === 'string') common.add(value)
    else if (value && typeof value === 'object') Object.values(value).forEach(gather)
  })(kernel.app.swagger())
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
  const told = text.match(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\+\d{10,13}|"(?:[^"\\]|\\.)*"|[^,\r\n"]+/g) ?? []
  const found = told.map(part => (part.startsWith('"') ? unquoted(part) : part)).find(part => held.has(part) && !asked.includes(part))
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

const NOBODY = '5f0e4b7a-3c1d-4e2f-9a8b-7c6d5e4f3a2b'

t.test('what belongs to one district is out of reach in the one beside it, on every route', { timeout: 280_000 }, async t => {
  const { kernel, root, near, beside } = await twoDistricts(t)
  const crawler = new Crawler(kernel, root)
  const paths = (kernel.app.swagger() as { paths: Record<string, Record<string, Operation>> }).paths
  const operation = ({ method, url }: Route) => paths[url.replace(/:([^/]+)/g, '{$1}')]?.[method.toLowerCase()]
  const routes = kernel.plan.routes.filter(({ url }) => url.startsWith('/api/v1/'))
  const chains = new Map<string, readonly string[] | undefined>()
  for (const { url } of routes) chains.set(url, await crawler.chain(url))
  const missing = [...chains].filter(([, chain]) => chain === undefined).map(([url]) => url)
  t.same(missing, [], 'there is something to try on every route')

  const held = await holdings(kernel)
  t.ok(held.size > 1000, `${held.size} texts and ids that must not be seen`)
  const others = await beside()
  const users: [string, Requester][] = [
    ...Object.entries(others.people),
    ['admin of another state', await kernel.as({ user_type: 40, state_id: await anotherState(kernel) })],
    ['read-only admin of another state', await kernel.as({ user_type: 39, state_id: await anotherState(kernel) })],
    ['nobody', kernel]
  ]
  const open = (kind: 'shows' | 'tells' | 'adds', { method, url }: Route) =>
    OPEN.some(of => of[kind] && of.method === method && of.url === url)

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
  const written = async (route: Route, who: string) => {
    const now = await digests(kernel)
    const changed = [...now].filter(([table, digest]) => before.get(table) !== digest).map(([table]) => table)
    before = now
    if (changed.length > 0 && !open('adds', route)) found.writes.add(`${who}: ${route.method} ${route.url} writes ${changed.join(', ')}`)
  }

  for (const route of routes) {
    const chain = chains.get(route.url) ?? []
    const { parameters = [], requestBody } = operation(route) ?? {}
    const schema = Object.values(requestBody?.content ?? {})[0]?.schema
    const reading = route.method === 'GET'
    const bodies = reading ? [undefined] : [{}, bodyOf(schema, near.own, false), bodyOf(schema, near.own, true)]
    const queries = reading ? ['', '?csv', ...questions(parameters, near.own)] : ['']
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
      if (!reading) await written(route, who)
    }
    if (reading) await written(route, 'somebody')
  }
  for (const [what, list] of Object.entries(found)) t.same([...list], [], what)
  t.comment(`${routes.length} routes, ${asked} requests`)
})

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

/** Each filter by what another district has. */
function questions(parameters: NonNullable<Operation['parameters']>, own: Readonly<Record<string, string>>): string[] {
  return parameters
    .filter(({ in: place, schema }) => place === 'query' && schema?.format === 'uuid')
    .map(({ name }) => {
      const kind = Object.keys(own).find(of => name.endsWith(of)) ?? 'facility'
      return `?${name}=${own[kind]}`
    })
}

async function anotherState(kernel: TestKernel): Promise<number> {
  const [state] = await kernel.sql<{ id: number }>(`insert into users_state (name) values ('Elsewhere') returning id`)
  return state?.id ?? 0
}
