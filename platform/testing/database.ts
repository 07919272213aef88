import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fastify from 'fastify'
import pg from 'pg'
import { deploymentOf } from '../../kernel/lifecycle/deployment.ts'
import { loadGateway } from '../../kernel/lifecycle/import-plugins.ts'
import { migrate, type Migration } from '../data/migrate.ts'
import type { Database } from '../../kernel/ports/database.ts'
import { systemClock } from '../../kernel/lifecycle/system-clock.ts'
import { makeLogger } from '../data/logger.ts'
import { VERSION } from '../../kernel/plugin/version.ts'
import { rootDefaults } from './defaults.ts'

const LOCAL = 'postgres://postgres@127.0.0.1:5432/postgres'
const TEMPLATE_LOCK = 7_238_110_417

/** A PostgreSQL server for tests: the one of `DATABASE_URL`, a local one, or an embedded one that ends with `close`. */
export interface TestServer {
  readonly url: string
  close(): Promise<void>
}

/** Finds or starts a server. With `REQUIRE_SERVICES=1` nothing is started: a missing server is an error. */
export async function testServer(env: NodeJS.ProcessEnv = process.env): Promise<TestServer> {
  const given = env.DATABASE_URL ?? LOCAL
  if (await answers(given)) return { url: given, close: async () => undefined }
  if (env.DATABASE_URL || env.REQUIRE_SERVICES === '1') throw new Error('the PostgreSQL server of DATABASE_URL does not answer')
  const gateway = await loadGateway('database-embedded', import.meta.filename, [])
  if (!gateway) throw new Error('there is no PostgreSQL server, and database-embedded is not installed')
  const directory = await mkdtemp(join(tmpdir(), 'care-test-'))
  const app = fastify()
  const database = (await gateway.open(
    { directory, poolSize: 2, statementSeconds: 30 },
    { app, clock: systemClock(), logger: makeLogger('silent', {}), deployment: deploymentOf(rootDefaults()), ports: {} }
  )) as Database
  return {
    url: database.url,
    async close() {
      await app.close()
      await database.close()
      await rm(directory, { recursive: true, force: true })
    }
  }
}

/** A fresh database with these migrations applied: a copy of a template that is made once per set of migrations. */
export async function freshDatabase(
  server: TestServer,
  migrations: readonly Migration[]
): Promise<{ url: string; drop(): Promise<void> }> {
  const hash = createHash('sha1')
    .update(migrations.map(({ owner, name, checksum }) => `${owner}/${name}/${checksum}`).join('\n'))
    .digest('hex')
    .slice(0, 12)
  const template = `care_template_${hash}`
  const name = `care_test_${randomBytes(6).toString('hex')}`
  await withClient(server.url, async client => {
    await client.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK])
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [template])
    if (!rowCount) {
      const making = `${template}_making`
      await client.query(`drop database if exists ${making}`)
      await client.query(`create database ${making}`)
      await migrate(databaseUrl(server.url, making), migrations, { version: VERSION })
      await client.query(`alter database ${making} rename to ${template}`)
    }
    await client.query(`create database ${name} template ${template}`)
  })
  return {
    url: databaseUrl(server.url, name),
    drop: () =>
      withClient(server.url, async client => {
        await client.query(`drop database if exists ${name} with (force)`)
      })
  }
}

/** The same server, another database. */
export function databaseUrl(server: string, name: string): string {
  const url = new URL(server)
  url.pathname = `/${name}`
  return url.href
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

async function answers(url: string): Promise<boolean> {
  return withClient(url, client => client.query('select 1')).then(
    () => true,
    () => false
  )
}
