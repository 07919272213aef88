import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mergeConfig } from '../../kernel/config/read.ts'
import type { Role } from '../../kernel/contributions/contribution.ts'
import type { Gateway } from '../../kernel/plugin/gateway.ts'
import type { Plugin } from '../../kernel/plugin/plugin.ts'
import type { Email } from '../../kernel/ports/email.ts'
import type { Sms } from '../../kernel/ports/sms.ts'
import { openCare, planCare, type CareKernel, type PlannedCare } from '../care-kernel.ts'
import { makeLogger } from '../data/logger.ts'
import { migrations } from '../data/migrations.ts'
import { fakeClock, type FakeClock } from './clock.ts'
import { freshDatabase, testServer } from './database.ts'
import { rootValues } from './defaults.ts'
import { capturingGateways } from './outboxes.ts'
import { memoryQueue, type TestBroker } from './queue.ts'
import { requester, type Requester } from './requesters.ts'
import { settled, steppedClock } from './stepping.ts'
import { asUser, type TestUser } from './users.ts'

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

function never(message: string): never {
  throw new Error(message)
}
