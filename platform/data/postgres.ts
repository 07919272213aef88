import { createHash } from 'node:crypto'
import { availableParallelism } from 'node:os'
import fastifyPostgres from '@fastify/postgres'
import type { FastifyInstance } from 'fastify'
import pg from 'pg'
import { Sequelize } from 'sequelize'
import type { Database, Result } from '../../kernel/ports/database.ts'
import { runPrepared } from './prepared.ts'
import { makeTransactions } from './transaction.ts'

/** How a PostgreSQL server is reached and how much of it is used. */
export interface PostgresSettings {
  readonly url: string
  /** Connections of the hot reads, and as many again for transactions; `auto` by this machine's processors and processes. */
  readonly poolSize: number | 'auto'
  /** How many processes connect with these settings. */
  readonly processes: number
  readonly timeZone: string
  /** Longest a statement may run, in seconds; 0 for no limit. */
  readonly statementSeconds: number
  readonly applicationName: string
  /** Called for every error of an idle connection. */
  readonly onError: (error: Error) => void
}

const NAMED_AT_MOST = 1000
const INT8 = 20

/** Dates and times stay the text PostgreSQL wrote, so that nothing is lost on the way; int8 fits a number here. */
const TEXT_TYPES = new Set([1082, 1083, 1114, 1184, 1266])
const asText = (value: string) => value
const types = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (oid === INT8) return Number
    return (TEXT_TYPES.has(oid) ? asText : pg.types.getTypeParser(oid, format)) as (value: string) => unknown
  }
}

/**
 * Generic plans: planning dominates the lists (measured, five times). Pages are read by index and mostly from memory. A machine
 * that vanishes must not hold its locks for the two hours PostgreSQL would wait for it.
 */
const SERVER_SETTINGS = {
  plan_cache_mode: 'force_generic_plan',
  jit: 'off',
  random_page_cost: 1.1,
  tcp_keepalives_idle: 30,
  tcp_keepalives_interval: 10,
  tcp_keepalives_count: 3
} as const

/**
 * One database behind the port: the pool of @fastify/postgres for reads, Sequelize on the same settings for models and
 * transactions.
 */
export async function connectPostgres(app: FastifyInstance, settings: PostgresSettings): Promise<Database> {
  const { url, timeZone, statementSeconds, applicationName, onError } = settings
  const size = poolSizes(settings)
  const options = Object.entries({ ...SERVER_SETTINGS, TimeZone: timeZone, statement_timeout: statementSeconds * 1000 })
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ')
  await app.register(fastifyPostgres, {
    connectionString: url,
    max: size.reads,
    options,
    application_name: applicationName,
    types,
    connectionTimeoutMillis: 5000,
    idleTimeoutMillis: 60_000,
    keepAlive: true
  })
  const { pool } = app.pg
  pool.on('error', onError)
  // One that is taken out and rests between two statements would end the process with the server.
  pool.on('connect', client => client.on('error', onError))

  const sequelize = new Sequelize(url, {
    dialect: 'postgres',
    logging: () => void statements++,
    timezone: timeZone,
    pool: { max: size.transactions, idle: 60_000, acquire: 10_000 },
    dialectOptions: { options, application_name: applicationName, keepAlive: true, connectionTimeoutMillis: 5000 }
  })
  parseInt8(sequelize)
  const name = namer()
  let statements = 0

  return {
    url,
    pool,
    sequelize,
    query<Row>(text: string, values: readonly unknown[] = []): Promise<Result<Row>> {
      statements++
      return runPrepared<Row>(pool, { text, name: name(text), values, types })
    },
    statements: () => statements,
    transaction: makeTransactions({ sequelize, types, name, counted: () => void statements++ }),
    async check() {
      await pool.query('select 1')
    },
    async close() {
      await Promise.all([sequelize.close(), pool.ended ? undefined : pool.end()])
    }
  }
}

/**
 * Two reads per processor keep it busy while one waits; more of them only take turns (measured on two: 5 connections instead of 10 answer
 * a tenth more). Transactions wait for each other's locks as well. All processes stay within 80 of PostgreSQL's usual 100 connections.
 */
function poolSizes({ poolSize, processes }: PostgresSettings): { readonly reads: number; readonly transactions: number } {
  if (poolSize !== 'auto') return { reads: poolSize, transactions: poolSize }
  const transactions = Math.min(10, Math.max(2, Math.floor(80 / (2 * processes))))
  return { reads: Math.min(transactions, 2 * availableParallelism() + 1), transactions }
}

/** Gives every statement text a name, so that each connection prepares it once; the rare thousandth-and-first stays unnamed. */
function namer(): (text: string) => string | undefined {
  const names = new Map<string, string>()
  return text => {
    const known = names.get(text)
    if (known !== undefined || names.size >= NAMED_AT_MOST) return known
    const name = `k${createHash('sha1').update(text).digest('base64url')}`
    names.set(text, name)
    return name
  }
}

function parseInt8(sequelize: Sequelize): void {
  const manager = (sequelize as unknown as { connectionManager: { oidParserMap: Map<number, (value: string) => unknown> } })
    .connectionManager
  manager.oidParserMap.set(INT8, Number)
}
