import { setTimeout as wait } from 'node:timers/promises'
import { secret, type Database } from 'care-kernel'
import { connectPostgres } from 'care-kernel/data'
import { defineGateway } from 'care-kernel/gateway'
import { Type } from 'typebox'
import { examine, type OpenPostgres } from './findings.ts'

const OLDEST = 130_000
const PATIENCE_MS = 10_000
const PAUSE_MS = 300

/** Error codes of a server that starts, and of the network to it. Other errors are not retried. */
const TRANSIENT = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EPIPE',
  '57P03',
  '53300'
])

export default defineGateway({
  port: 'database',
  name: 'database-postgres',
  summary: 'A PostgreSQL server, 13 or later',
  config: Type.Object(
    {
      url: secret({ description: 'postgres://user:password@host:5432/database' }),
      poolSize: Type.Union([Type.Literal('auto'), Type.Integer({ minimum: 1, maximum: 200 })], {
        default: 'auto',
        description:
          'Connections per process for reads, and as many for transactions; auto fits the processors and keeps all processes within 80'
      }),
      statementSeconds: Type.Integer({ default: 30, minimum: 0, description: 'Longest a statement may run; 0 for no limit' })
    },
    { additionalProperties: false }
  ),
  shared: true,
  async open({ url, poolSize, statementSeconds }, { app, clock, deployment, logger }): Promise<OpenPostgres> {
    const database = await connectPostgres(app, {
      url,
      poolSize,
      processes: deployment.processes,
      statementSeconds,
      timeZone: deployment.timeZone,
      applicationName: `care-kernel ${deployment.name}`,
      onError: error => logger.warn({ code: codeOf(error) }, 'a connection to the database ended')
    })
    try {
      await reach(database, () => logger.info({}, 'waiting for the database'))
    } catch (error) {
      await database.close()
      throw error
    }
    return { ...database, clock, processes: deployment.processes }
  },
  doctor: async port => examine(port as OpenPostgres)
})

/** Retries until the server answers, so that both can be started together. Uses the machine's time, because a test's clock may stand still. */
async function reach(database: Database, onWaiting: () => void): Promise<void> {
  const until = performance.now() + PATIENCE_MS
  for (let attempt = 1; ; attempt++) {
    try {
      const {
        rows: [server]
      } = await database.query<{ number: number; version: string }>(
        "select current_setting('server_version_num')::int as number, current_setting('server_version') as version"
      )
      if (!server || server.number < OLDEST)
        throw new Error(`PostgreSQL ${server?.version ?? '?'} is too old: 13 or later is needed`)
      return
    } catch (error) {
      if (!isTransient(error) || performance.now() + PAUSE_MS > until) throw error
      if (attempt === 1) onWaiting()
    }
    await wait(PAUSE_MS)
  }
}

function isTransient(error: unknown): boolean {
  const code = codeOf(error)
  return code ? TRANSIENT.has(code) : error instanceof Error && /timeout|terminated/i.test(error.message)
}

function codeOf(error: unknown): string | undefined {
  return (error as { code?: string }).code
}
