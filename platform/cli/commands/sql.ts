import type { PoolClient } from 'pg'
import { prepareValue } from 'pg/lib/utils'
import type { CareKernel } from '../../care-kernel.ts'
import type { Gateway } from '../../../kernel/plugin/gateway.ts'
import { messageOf } from '../../../kernel/plugin/problems.ts'
import type { Cache } from '../../../kernel/ports/cache.ts'
import type { Database } from '../../../kernel/ports/database.ts'
import type { PortName } from '../../../kernel/ports/index.ts'
import type { MountedRoute } from '../../http/routes.ts'
import type { Cli, CliCommand } from '../command.ts'
import { withDeployment } from '../open.ts'
import { StatementRecorder, type RecordedStatement } from '../statement-recorder.ts'

const READS = ['GET', 'HEAD']
/** Ports that a read may use. */
const PORTS: readonly PortName[] = ['database', 'cache', 'storage']

/**
 * Runs one read in this process, in a transaction that is rolled back, and prints its statements; their comments name the contributor of
 * each part.
 */
export const sqlCommand: CliCommand = {
  name: 'sql',
  summary: 'print the statements that a GET request runs',
  usage: command =>
    command
      .argument('<request...>', "'GET /api/v1/facility/?limit=5'")
      .option('--as <username>', 'the user who sends it; anonymous without')
      .option('--explain', 'the plan of each statement, without running it again'),
  async run(cli, args, { as: username, explain }) {
    const { terminal } = cli
    const request = requestOf(args)
    if (!request) {
      terminal.warn("give a request: care-kernel sql 'GET /api/v1/facility/?limit=5'")
      return 2
    }
    if (!READS.includes(request.method)) {
      terminal.warn(`${request.method} may write: only ${READS.join(' and ')} are run here`)
      return 2
    }
    const recorder = new StatementRecorder()
    const replace = (port: PortName, gateway: Gateway) =>
      port === 'database' ? recorder.record(gateway) : port === 'cache' ? { ...gateway, open: async () => noCache } : gateway
    return withDeployment(cli, { only: PORTS, role: 'web', replace }, kernel =>
      printStatements(cli, kernel, { ...request, username: username as string | undefined, explain: explain === true, recorder })
    )
  }
}

interface Asked {
  readonly method: string
  readonly url: string
  readonly username: string | undefined
  readonly explain: boolean
  readonly recorder: StatementRecorder
}

async function printStatements({ terminal }: Cli, kernel: CareKernel, asked: Asked): Promise<number> {
  const { method, url, username, explain, recorder } = asked
  const route = routeOf(kernel.routes, url)
  if (!route) {
    const slashed = url.replace(/(?=\?|$)/, '/')
    terminal.warn(`no enabled plugin answers GET ${url}${routeOf(kernel.routes, slashed) ? `; it is GET ${slashed}` : ''}`)
    return 1
  }
  const headers = username === undefined ? {} : await headersFor(kernel, route, username)
  if (typeof headers === 'string') {
    terminal.warn(headers)
    return 1
  }
  let status = 0
  const statements = await recorder.run(async () => {
    const { statusCode } = await kernel.app.inject({ method: method as 'GET', url, headers })
    status = statusCode
  })

  const { owner, permission, scheme } = route
  terminal.print(`-- ${method} ${url}`)
  terminal.print(`-- ${owner}, ${route.url}, permission ${permission}, scheme ${scheme}, as ${username ?? 'anonymous'}`)
  terminal.print(`-- answered ${status}, ${statements.length} ${statements.length === 1 ? 'statement' : 'statements'}`)
  if ([401, 403].includes(status) && username === undefined) terminal.print('-- --as <username> sends it as a user')
  const typed = [decoded(url), username ?? '']
  // Imported here: it takes a tenth of a second, which every other command would pay.
  const { format } = await import('sql-formatter')
  for (const [index, statement] of statements.entries()) {
    terminal.print(`\n-- statement ${index + 1} of ${statements.length}`)
    terminal.print(`${format(statement.text, { language: 'postgresql', expressionWidth: 100 })};`)
    for (const [at, value] of statement.values.entries()) terminal.print(`-- $${at + 1} = ${display(value, typed)}`)
    if (explain && recorder.database)
      for (const line of await planOf(recorder.database, statement)) terminal.print(`--   ${line}`)
  }
  return status < 500 ? 0 : 1
}

/** Method and address of `GET /path`, where the method may be absent. */
function requestOf(args: readonly string[]): { method: string; url: string } | undefined {
  const [, method = 'GET', url] = /^(?:([a-z]+)\s+)?(\/\S*)$/i.exec(args.join(' ').trim()) ?? []
  return url === undefined ? undefined : { method: method.toUpperCase(), url }
}

/** The route of an address. Of several that fit, the one with the fewest parameters, as the router chooses. */
function routeOf(routes: readonly MountedRoute[], url: string): MountedRoute | undefined {
  const path = url.replace(/\?.*$/s, '').split('/')
  const parameters = (pattern: string) => pattern.split('/').filter(part => /[:*]/.test(part)).length
  return routes
    .filter(({ method }) => method === 'GET')
    .filter(({ url: pattern }) => {
      const parts = pattern.split('/')
      return parts.length === path.length && parts.every((part, at) => (/[:*]/.test(part) ? path[at] !== '' : part === path[at]))
    })
    .sort((a, b) => parameters(a.url) - parameters(b.url))[0]
}

/** Headers that authenticate as a user on a route, or why there are none. */
async function headersFor({ plugins, scopes }: CareKernel, { scheme: name, url }: MountedRoute, username: string) {
  if (name === 'none') return {}
  const owner = plugins.find(({ plugin }) => plugin.schemes?.[name])
  const scheme = owner?.plugin.schemes?.[name]
  if (!owner || !scheme?.headersFor)
    return `${url} authenticates by the scheme ${name}, which knows no users by name: leave out --as`
  return (await scheme.headersFor(username, scopes.get(owner.name) ?? {})) ?? `there is no user ${username}`
}

const decoded = (url: string): string => {
  try {
    return decodeURIComponent(url.replaceAll('+', ' '))
  } catch {
    return url
  }
}

const ID = /^(\d{4}-\d\d-\d\d[\d:.TZ +-]*|[0-9a-f]{8}-[0-9a-f-]{27})$/i

/** A parameter as text. A text that the user did not type, such as one read by an earlier statement, is not shown: it may be personal. */
function display(value: unknown, typed: readonly string[]): string {
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return `[${value.map(item => display(item, typed)).join(', ')}]`
  if (typeof value !== 'string') return typeof value === 'object' && value !== null ? 'JSON' : String(value)
  const text = value.replace(/^%|%$/g, '').replace(/\\([\\%_])/g, '$1')
  return ID.test(value) || typed.some(part => part.includes(text)) ? JSON.stringify(value) : `text of ${value.length} characters`
}

/** The generic plan, which the prepared statement has, whatever the values are. */
async function planOf(database: Database, { text, values }: RecordedStatement): Promise<string[]> {
  if (!/^\s*(\/\*.*?\*\/\s*)*(select|with|insert|update|delete)\b/is.test(text)) return ['not explained: no query']
  const client = await database.pool.connect()
  try {
    await client.query(`prepare care_kernel_sql as ${text}`)
    const given = values.length > 0 ? `(${values.map(value => literal(client, value)).join(', ')})` : ''
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(`explain execute care_kernel_sql${given}`)
    return rows.map(row => row['QUERY PLAN'])
  } catch (error) {
    return [`not explained: ${messageOf(error)}`]
  } finally {
    await client.query('deallocate all').catch(() => undefined)
    client.release(true)
  }
}

function literal(client: PoolClient, value: unknown): string {
  const prepared = prepareValue(value)
  return prepared === null ? 'null' : client.escapeLiteral(prepared.toString())
}

/** A cache that is always empty, so that every statement of the request runs, and nothing of it is cached. */
const noCache: Cache = {
  get: async () => undefined,
  set: async () => undefined,
  delete: async () => undefined,
  increment: async () => 1,
  publish: async () => undefined,
  subscribe: async () => async () => undefined,
  check: async () => undefined,
  close: async () => undefined
}
