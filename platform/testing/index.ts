// The testing kit: what plugin authors import as `care-kernel/testing`. Boots any set of plugins on a fresh database.
import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSigner } from 'fast-jwt'
import type { LightMyRequestResponse } from 'fastify'
import { mergeConfig } from '../../kernel/config/read.ts'
import type { Role } from '../../kernel/contributions/contribution.ts'
import { openCare, planCare, type CareKernel, type PlannedCare } from '../care-kernel.ts'
import { migrations } from '../data/migrations.ts'
import type { Plugin } from '../../kernel/plugin/plugin.ts'
import type { Email } from '../../kernel/ports/email.ts'
import type { Sms } from '../../kernel/ports/sms.ts'
import type { Gateway } from '../../kernel/plugin/gateway.ts'
import { makeLogger } from '../data/logger.ts'
import { fakeClock, type FakeClock } from './clock.ts'
import { freshDatabase, testServer } from './database.ts'
import { rootValues } from './defaults.ts'
import { capturingGateways } from './outboxes.ts'
import { memoryQueue, type TestBroker } from './queue.ts'
import { settled, steppedClock } from './stepping.ts'

export { fakeClock, type FakeClock } from './clock.ts'
export type { TestBroker } from './queue.ts'
export { databaseUrl, freshDatabase, testServer, type TestServer } from './database.ts'

/** The part of a tap test this kit needs. */
export interface TestContext {
  teardown(work: () => unknown): void
}

export interface TestOptions {
  /** Built-in names or plugin objects; settings by plugin name under `config.plugins`. */
  readonly plugins: readonly (string | Plugin)[]
  /** Laid over the kit's config, as a config file would be. */
  readonly config?: Readonly<Record<string, unknown>>
  readonly gateways?: Readonly<Record<string, Gateway>>
  /** Role to start; `all` by default, null for a kernel that is only open. */
  readonly role?: Role | null
  readonly clock?: FakeClock
  /** An existing database instead of a fresh one. */
  readonly databaseUrl?: string
}

/** Places and rank of a user a test asks for; everything may be left out. */
export interface TestUser {
  readonly username?: string
  readonly user_type?: number
  readonly is_superuser?: boolean
  readonly verified?: boolean
  readonly ward_id?: number
  readonly local_body_id?: number
  readonly district_id?: number
  readonly state_id?: number
  readonly home_facility_id?: number
}

/** One answer: `body` is the parsed JSON, or the text where it is none. */
export interface Answer {
  readonly status: number
  readonly headers: LightMyRequestResponse['headers']
  readonly body: unknown
  readonly text: string
}

/** Sends requests, as a user or anonymously. */
export interface Requester {
  readonly user?: { readonly id: number; readonly username: string; readonly externalId: string; readonly token: string }
  get(url: string, headers?: Record<string, string>): Promise<Answer>
  post(url: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  put(url: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  patch(url: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  delete(url: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
}

export interface TestKernel extends CareKernel, Requester {
  /** `advance` runs every job and schedule that comes due, each at its time, and ends when they have. */
  readonly clock: FakeClock
  readonly broker: TestBroker
  /** Does all work that is due now, and all that comes of it. */
  settle(): Promise<void>
  /** Mail and text messages that would have been sent. */
  readonly mail: Email[]
  readonly sms: Sms[]
  /** A requester for a new user; without `user` a verified superuser. */
  as(user?: TestUser): Promise<Requester>
  /** Statements that `work` ran. Meant for one request at a time. */
  statements(work: () => Promise<unknown>): Promise<number>
  /** Rows of a statement on the kernel's database. */
  sql<Row = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]>
}

/** Boots the plugins on a fresh database, and stops and drops everything when the test ends. */
export async function testKernel(t: TestContext, options: TestOptions): Promise<TestKernel> {
  const clock = options.clock ?? fakeClock()
  const server = await testServer()
  const { gateways, mail, sms } = capturingGateways()
  const { gateway: queue, broker } = memoryQueue()
  const folder = join(tmpdir(), `care-test-files-${randomUUID()}`)
  const objects = Object.fromEntries(
    options.plugins.filter(plugin => typeof plugin !== 'string').map(plugin => [plugin.contract.name, plugin])
  )
  const values = mergeConfig(
    {
      ...rootValues(),
      plugins: Object.fromEntries(
        options.plugins.map(plugin => [typeof plugin === 'string' ? plugin : plugin.contract.name, {}])
      ),
      gateways: {
        database: { use: 'database-postgres', url: 'postgres://unset', poolSize: 5 },
        cache: { use: 'cache-memory' },
        queue: { use: 'queue-memory' },
        email: { use: 'email-capture' },
        sms: { use: 'sms-capture' },
        storage: { use: 'files-local', directory: folder }
      }
    },
    options.config ?? {}
  )
  const planned = await planCare(
    {
      raw: { file: `${process.cwd()}/test.yaml`, values },
      plugins: objects,
      gateways: { ...gateways, 'queue-memory': queue, ...options.gateways }
    },
    { role: options.role ?? 'all', clock, stepped: true, logger: makeLogger('silent', {}) }
  )
  const database = options.databaseUrl
    ? { url: options.databaseUrl, drop: async () => undefined }
    : await freshDatabase(server, planned.of(migrations))
  const kernel = await openCare({ ...planned, gateways: onDatabase(planned.gateways, database.url) })
  t.teardown(async () => {
    await kernel.stop()
    await rm(folder, { recursive: true, force: true })
    await database.drop()
    await server.close()
  })
  if (options.role !== null) await kernel.start()
  const db = () => kernel.ports.database ?? never('this kernel has no database')
  return {
    ...kernel,
    clock: steppedClock(clock, kernel),
    broker,
    settle: () => settled(clock, kernel, clock.now()),
    mail,
    sms,
    ...requester(kernel),
    as: user => asUser(kernel, user ?? { is_superuser: true, user_type: 40, verified: true }),
    async statements(work) {
      const before = db().statements()
      await work()
      return db().statements() - before
    },
    sql: async <Row>(text: string, values: readonly unknown[] = []) => (await db().query<Row>(text, values)).rows
  }
}

/** The gateways of a plan, with the database gateway of another address. */
function onDatabase(gateways: PlannedCare['gateways'], url: string): PlannedCare['gateways'] {
  const chosen = gateways.get('database')
  if (!chosen) return gateways
  return new Map([...gateways, ['database' as const, { ...chosen, settings: { ...(chosen.settings as object), url } }]])
}

async function asUser(kernel: CareKernel, user: TestUser): Promise<Requester> {
  const database = kernel.ports.database ?? never('this kernel has no database')
  const externalId = randomUUID()
  const row = {
    password: '!',
    is_superuser: false,
    first_name: 'Test',
    last_name: 'User',
    email: 'test@example.org',
    is_staff: false,
    is_active: true,
    date_joined: kernel.clock.now().toISOString(),
    external_id: externalId,
    username: `t${externalId.slice(0, 12)}`.replaceAll('-', ''),
    user_type: 15,
    phone_number: '+919876543210',
    gender: 1,
    verified: true,
    deleted: false,
    date_of_birth: '1990-01-01',
    ...user
  }
  const columns = Object.keys(row)
  const {
    rows: [made]
  } = await database.query<{ id: number }>(
    `insert into users_user (${columns.join(', ')}) values (${columns.map((_, index) => `$${index + 1}`).join(', ')}) returning id`,
    Object.values(row)
  )
  const now = Math.floor(kernel.clock.now().getTime() / 1000)
  const sign = createSigner({ key: kernel.root.security.secretKey, algorithm: 'HS256', noTimestamp: true })
  const token = sign({
    token_type: 'access',
    exp: now + 86_400,
    iat: now,
    jti: randomUUID().replaceAll('-', ''),
    user_id: externalId
  })
  return {
    ...requester(kernel, { authorization: `Bearer ${token}` }),
    user: { id: made?.id ?? 0, username: row.username, externalId, token }
  }
}

function requester(kernel: CareKernel, always: Record<string, string> = {}): Requester {
  const send =
    (method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE') =>
    async (url: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> => {
      const payload =
        body === undefined
          ? {}
          : typeof body === 'string' || Buffer.isBuffer(body)
            ? { payload: body }
            : { payload: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
      const response = await kernel.app.inject({
        method,
        url,
        ...payload,
        headers: { ...(payload as { headers?: object }).headers, ...always, ...headers }
      })
      return { status: response.statusCode, headers: response.headers, text: response.payload, body: parsed(response.payload) }
    }
  const get = send('GET')
  return {
    get: (url, headers) => get(url, undefined, headers),
    post: send('POST'),
    put: send('PUT'),
    patch: send('PATCH'),
    delete: send('DELETE')
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function never(message: string): never {
  throw new Error(message)
}
