import { randomBytes } from 'node:crypto'
import { connect, type ChannelModel } from 'amqplib'
import { fastify } from 'fastify'
import { Redis } from 'ioredis'
import pg from 'pg'
import t, { type Test } from 'tap'
import { Value } from 'typebox/value'
import type { Deployment } from '../../kernel/deployment.ts'
import type { Gateway, GatewayContext } from '../../kernel/gateway.ts'
import type { Queue } from '../../kernel/ports/queue.ts'
import { systemClock } from '../../kernel/ports/clock.ts'
import { makeLogger } from '../../kernel/ports/logger.ts'
import { databaseUrl, testServer } from '../../kernel/testing/database.ts'
import { queueSuite, type QueueUnderTest } from '../../kernel/testing/suites/queue.ts'
import { until } from '../../kernel/testing/suites/tools.ts'
import queueBullmq from '../../plugins/queue-bullmq/gateway.ts'
import queueRabbitmq from '../../plugins/queue-rabbitmq/gateway.ts'
import { LIFETIMES } from '../../plugins/queue-rabbitmq/topology.ts'
import { startProxy } from './proxy.ts'

const required = process.env.REQUIRE_SERVICES === '1'
const deployment: Deployment = {
  name: 'test',
  environment: 'development',
  timeZone: 'Asia/Kolkata',
  appVersion: 'test',
  frontendUrl: 'http://localhost:4000',
  security: { secretKey: 'care-kernel-development-only', rateLimit: false },
  processes: 1
}
const run = `care-test-${randomBytes(6).toString('hex')}`

/** Opens a gateway as the kernel does. `lines` gets the log. */
async function openQueue(gateway: Gateway, settings: object, over: Partial<GatewayContext> & { lines?: string[] } = {}) {
  const { lines, ...context } = over
  const app = fastify()
  const config = Value.Default(gateway.config, structuredClone(settings))
  Value.Assert(gateway.config, config)
  const logger = lines ? makeLogger('debug', {}, { write: line => void lines.push(line) }) : makeLogger('silent', {})
  const port = (await gateway.open(config, { app, clock: systemClock(), logger, deployment, ports: {}, ...context })) as Queue
  const close = async () => {
    await port.close()
    await app.close()
  }
  return { port, close, findings: async () => (await gateway.doctor?.(port, config)) ?? [] }
}

/** Opens a gateway whose server is behind a proxy that can be cut. */
async function throughProxy(gateway: Gateway, address: string, settings: object): Promise<QueueUnderTest> {
  const url = new URL(address)
  const proxy = await startProxy(url.hostname, Number(url.port))
  url.hostname = '127.0.0.1'
  url.port = String(proxy.port)
  const { port, close } = await openQueue(gateway, { ...settings, url: url.href })
  return {
    port,
    outages: { refused: () => proxy.refuse(), silent: () => proxy.silence() },
    kill: async () => void (await proxy.refuse()),
    async cleanup() {
      await close()
      await proxy.stop()
    }
  }
}

async function opensWithoutServer(t: Test, gateway: Gateway, address: string, settings: object): Promise<void> {
  const url = new URL(address)
  const proxy = await startProxy(url.hostname, Number(url.port))
  t.teardown(() => proxy.stop())
  url.hostname = '127.0.0.1'
  url.port = String(proxy.port)
  const restore = await proxy.refuse()
  const lines: string[] = []
  const from = performance.now()
  const { port, close, findings } = await openQueue(gateway, { ...settings, url: url.href }, { lines })
  t.teardown(close)
  t.ok(performance.now() - from < 6000, 'it does not wait long')
  t.match(lines.join(''), /the queue is away/)
  t.match(await findings(), [{ ok: false, fact: /ECONNREFUSED/ }])
  await port.declare('early', { attempts: 1, backoffMs: 1 })
  const heard: unknown[] = []
  await port.consume('early', async ({ body }) => void heard.push(body), { concurrency: 1 })
  await t.rejects(port.check(), /ECONNREFUSED/)
  await t.rejects(port.publish('early', [{ id: 'a', body: 1 }]), /ECONNREFUSED/)
  await restore()
  await until(() =>
    port.publish('early', [{ id: 'a', body: 2 }]).then(
      () => true,
      () => false
    )
  )
  await until(() => heard.length > 0)
  t.strictSame(heard, [2])
  t.match(lines.join(''), /the queue is back/)
  t.equal(lines.filter(line => line.includes('is away')).length, 1, 'one line when it goes')
  t.notMatch(lines.join(''), /secret-word/)
}

t.test('queue-bullmq on Redis', async t => {
  const url = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379'
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, connectTimeout: 1000 })
  client.on('error', () => undefined)
  if (
    !(await client.ping().then(
      () => true,
      () => false
    ))
  ) {
    client.disconnect()
    if (required) throw new Error('the Redis server of REDIS_URL does not answer')
    return t.pass('skipped: no Redis server at REDIS_URL')
  }
  t.teardown(async () => {
    const keys = await client.keys(`${run}*`)
    if (keys.length > 0) await client.del(...keys)
    client.disconnect()
  })
  const settings = { prefix: run, lockSeconds: 1 }
  queueSuite(t, () => throughProxy(queueBullmq, url, settings), { priorities: true })
  t.test('opens without a server, and works once there is one', t => opensWithoutServer(t, queueBullmq, url, settings))
})

t.test('queue-bullmq on PostgreSQL', async t => {
  const server = await testServer()
  const admin = new pg.Client({ connectionString: server.url })
  await admin.connect()
  const name = run.replaceAll('-', '_')
  await admin.query(`create database ${name}`)
  t.teardown(async () => {
    await admin.query(`drop database if exists ${name} with (force)`)
    await admin.end()
    await server.close()
  })
  const url = databaseUrl(server.url, name)
  const settings = { prefix: run, lockSeconds: 1 }
  queueSuite(t, () => throughProxy(queueBullmq, url, settings), { priorities: true })
  t.test('opens without a server, and works once there is one', t => opensWithoutServer(t, queueBullmq, url, settings))
})

t.test('queue-rabbitmq', async t => {
  const url = process.env.AMQP_URL ?? 'amqp://guest:guest@127.0.0.1:5672'
  const model = await connect(url).catch(() => undefined)
  if (!model) {
    if (required) throw new Error('the RabbitMQ broker of AMQP_URL does not answer')
    return t.pass('skipped: no RabbitMQ broker at AMQP_URL')
  }
  t.teardown(() => model.close())
  const prefix = `${run}.`
  const made = new Set<string>()
  t.teardown(() => forget(model, made))
  const settings = { prefix, heartbeatSeconds: 1 }
  queueSuite(t, async () => watched(await throughProxy(queueRabbitmq, url, settings), prefix, made), { priorities: false })
  t.test('opens without a server, and works once there is one', t => opensWithoutServer(t, queueRabbitmq, url, settings))
})

/** Notes what was declared, for AMQP cannot list it. */
function watched(under: QueueUnderTest, prefix: string, made: Set<string>): QueueUnderTest {
  const { port } = under
  return {
    ...under,
    port: {
      ...port,
      declare(name, retry) {
        made.add(`${prefix}${name}`)
        return port.declare(name, retry)
      }
    }
  }
}

async function forget(model: ChannelModel, names: ReadonlySet<string>): Promise<void> {
  const channel = await model.createChannel()
  for (const name of names)
    for (const suffix of ['', '.parked', ...LIFETIMES.map(life => `.delay.${life}`)])
      await channel.deleteQueue(`${name}${suffix}`)
}
