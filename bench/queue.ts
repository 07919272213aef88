// Measures the queue port beside the bare libraries on each broker: messages per second published and consumed with empty handlers, and the
// latency of a single message. Needs DATABASE_URL, REDIS_URL, AMQP_URL; skips the brokers whose address is not set.
import { deploymentOf } from '../kernel/lifecycle/deployment.ts'
import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { connect } from 'amqplib'
import { createPostgresBackend, Queue as BullQueue, runMigrations, withBackend, Worker as BullWorker } from 'bullmq'
import fastify from 'fastify'
import { Redis } from 'ioredis'
import pg from 'pg'
import { Value } from 'typebox/value'
import type { Queue } from 'care-kernel'
import { makeLogger, systemClock } from 'care-kernel/platform'
import type { Gateway } from 'care-kernel/gateway'
import { rootDefaults } from '../platform/testing/defaults.ts'
import { databaseUrl } from '../platform/testing/database.ts'
import queueBullmq from '../plugins/queue-bullmq/gateway.ts'
import queueRabbitmq from '../plugins/queue-rabbitmq/gateway.ts'
import { forgetKeys, forgetQueues } from '../test/leftovers.ts'

const BATCH = 500
const CONCURRENCY = 50
const SINGLES = 200
const WARM = 500
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3)
const name = `bench-${randomBytes(4).toString('hex')}`
const body = { patient: 'b9f2c6d0-6f4e-4f0a-9c58-1f2a3b4c5d6e', status: 'APPROVED', at: '2024-10-01T10:00:00Z' }

/** Publishes and consumes, with the bare library or through the port. */
interface Driver {
  publish(ids: readonly string[]): Promise<unknown>
  consume(handler: (id: string) => Promise<void>): Promise<() => Promise<unknown>>
  close(): Promise<unknown>
}

interface Figures {
  readonly publish: number
  readonly consume: number
  readonly both: number
  readonly p50: number
  readonly p99: number
}

async function measure(open: () => Promise<Driver>, count: number): Promise<Figures> {
  const driver = await open()
  const ids = Array.from({ length: count }, (_, index) => `id-${index}`)
  const publishAll = async (all: readonly string[]) => {
    for (let at = 0; at < all.length; at += BATCH) await driver.publish(all.slice(at, at + BATCH))
  }
  let done = 0
  let target = WARM
  let reached = () => undefined as void
  let picked: (() => void) | undefined
  const handler = async () => {
    picked?.()
    if (++done === target) reached()
  }
  const finished = (of: number) =>
    new Promise<void>(resolve => {
      target = of
      done = 0
      reached = resolve
    })
  let all = finished(WARM)
  let stop = await driver.consume(handler)
  await publishAll(ids.slice(0, WARM))
  await all
  await stop()

  const from = performance.now()
  await publishAll(ids)
  const published = performance.now()
  all = finished(count)
  stop = await driver.consume(handler)
  await all
  const consumed = performance.now()
  all = finished(count)
  await publishAll(ids)
  await all
  const both = performance.now() - consumed

  const latencies: number[] = []
  for (let index = 0; index < SINGLES; index++) {
    const sent = performance.now()
    const got = new Promise<void>(resolve => {
      picked = resolve
    })
    await driver.publish([`single-${index}`])
    await got
    latencies.push(performance.now() - sent)
    await wait(5)
  }
  await stop()
  await driver.close()
  latencies.sort((a, b) => a - b)
  const rate = (ms: number) => (count / ms) * 1000
  return {
    publish: rate(published - from),
    consume: rate(consumed - published),
    both: rate(both),
    p50: latencies[SINGLES / 2] ?? 0,
    p99: latencies[Math.floor(SINGLES * 0.99)] ?? 0
  }
}

/** Opens the gateway as the kernel does. */
const throughPort = (gateway: Gateway, settings: object) => async (): Promise<Driver> => {
  const app = fastify()
  const context = {
    app,
    clock: systemClock(),
    logger: makeLogger('silent', {}),
    deployment: deploymentOf(rootDefaults()),
    ports: {}
  }
  const port = (await gateway.open(Value.Default(gateway.config, settings), context)) as Queue
  await port.declare('work', { attempts: 5, backoffMs: 1000 })
  return {
    publish: ids =>
      port.publish(
        'work',
        ids.map(id => ({ id, body }))
      ),
    consume: handler => port.consume('work', ({ id }) => handler(id), { concurrency: CONCURRENCY }),
    close: () => Promise.all([port.close(), app.close()])
  }
}

const JOB = { attempts: 5, backoff: { type: 'exponential', delay: 1000 }, removeOnComplete: true }

const bareRedis = (url: string) => async (): Promise<Driver> => {
  const connection = new Redis(url, { maxRetriesPerRequest: null })
  const queue = new BullQueue('work', { connection, prefix: `${name}-bare` })
  return {
    publish: ids => queue.addBulk(ids.map(id => ({ name: id, data: body, opts: JOB }))),
    async consume(handler) {
      const worker = new BullWorker('work', job => handler(job.name), {
        connection,
        prefix: `${name}-bare`,
        concurrency: CONCURRENCY
      })
      await worker.waitUntilReady()
      return () => worker.close()
    },
    async close() {
      await queue.close()
      connection.disconnect()
    }
  }
}

const barePostgres = (url: string) => async (): Promise<Driver> => {
  const { Queue, Worker } = withBackend(createPostgresBackend)
  const pool = new pg.Pool({ connectionString: url, max: 6, options: '-c search_path=bullmq' })
  const client = await pool.connect()
  await runMigrations(client)
  client.release()
  const connection = pool as never
  const queue = new Queue('bare', { connection })
  return {
    publish: ids => queue.addBulk(ids.map(id => ({ name: id, data: body, opts: JOB }))),
    async consume(handler) {
      const worker = new Worker('bare', job => handler(job.name), { connection, concurrency: CONCURRENCY })
      await worker.waitUntilReady()
      return () => worker.close()
    },
    async close() {
      await queue.close()
      await pool.end()
    }
  }
}

const bareRabbit = (url: string) => async (): Promise<Driver> => {
  const model = await connect(url, { noDelay: true })
  const channel = await model.createConfirmChannel()
  const queue = `${name}.bare`
  await channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } })
  return {
    async publish(ids) {
      for (const messageId of ids)
        channel.sendToQueue(queue, Buffer.from(JSON.stringify(body)), { messageId, persistent: true, mandatory: true })
      await channel.waitForConfirms()
    },
    async consume(handler) {
      const own = await model.createChannel()
      await own.prefetch(CONCURRENCY)
      const { consumerTag } = await own.consume(queue, message => {
        if (!message) return
        JSON.parse(message.content.toString())
        void handler(String(message.properties.messageId)).then(() => own.ack(message))
      })
      return async () => {
        await own.cancel(consumerTag)
        // The last one is acknowledged after its handler has ended.
        await wait(10)
        await own.close()
      }
    },
    async close() {
      await channel.deleteQueue(queue)
      await model.close()
    }
  }
}

async function compare(broker: string, count: number, bare: () => Promise<Driver>, port: () => Promise<Driver>): Promise<void> {
  const best = { bare: undefined as Figures | undefined, port: undefined as Figures | undefined }
  for (let round = 0; round < ROUNDS; round++)
    for (const [kind, open] of [
      ['bare', bare],
      ['port', port]
    ] as const) {
      const figures = await measure(open, count)
      const known = best[kind]
      best[kind] = known
        ? {
            publish: Math.max(known.publish, figures.publish),
            consume: Math.max(known.consume, figures.consume),
            both: Math.max(known.both, figures.both),
            p50: Math.min(known.p50, figures.p50),
            p99: Math.min(known.p99, figures.p99)
          }
        : figures
    }
  const per = (of: keyof Figures) => `${Math.round(((best.port?.[of] ?? 0) / (best.bare?.[of] ?? 1)) * 100)} %`
  const row = (kind: string, figures?: Figures) =>
    figures &&
    console.log(
      `${broker.padEnd(11)} ${kind.padEnd(5)} ${[figures.publish, figures.consume, figures.both].map(rate => Math.round(rate).toString().padStart(8)).join(' ')}   ${figures.p50.toFixed(1).padStart(6)} ${figures.p99.toFixed(1).padStart(6)}`
    )
  row('bare', best.bare)
  row('port', best.port)
  console.log(`${''.padEnd(17)} ${[per('publish'), per('consume'), per('both')].map(share => share.padStart(8)).join(' ')}`)
}

console.log(`messages per second, best of ${ROUNDS}; concurrency ${CONCURRENCY}, batches of ${BATCH}; latency in ms`)
console.log(`${''.padEnd(17)}  publish  consume     both      p50    p99`)
const { DATABASE_URL, REDIS_URL, AMQP_URL } = process.env
if (REDIS_URL) {
  const settings = { url: REDIS_URL, prefix: `${name}-port` }
  await compare('redis', 20_000, bareRedis(REDIS_URL), throughPort(queueBullmq, settings))
  await forgetKeys(`${name}-`, REDIS_URL)
}
if (AMQP_URL) {
  const settings = { url: AMQP_URL, prefix: `${name}.` }
  await compare('rabbitmq', 20_000, bareRabbit(AMQP_URL), throughPort(queueRabbitmq, settings))
  await forgetQueues(`${name}.`, ['work'], AMQP_URL)
}
if (DATABASE_URL) {
  const admin = new pg.Client({ connectionString: DATABASE_URL })
  await admin.connect()
  const database = name.replaceAll('-', '_')
  await admin.query(`create database ${database}`)
  const url = databaseUrl(DATABASE_URL, database)
  await compare('postgresql', 3000, barePostgres(url), throughPort(queueBullmq, { url }))
  await admin.query(`drop database ${database} with (force)`)
  await admin.end()
}
