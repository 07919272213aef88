import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { connect } from 'amqplib'
import { openGateway, queueSuite, type QueueUnderTest, testDeployment as deployment } from 'care-kernel/testing'
import { Redis } from 'ioredis'
import pg from 'pg'
import t, { type Test } from 'tap'
import type { Gateway } from '../../kernel/plugin/gateway.ts'
import type { Database } from '../../kernel/ports/database.ts'
import type { Queue, StoredMessage } from '../../kernel/ports/queue.ts'
import { databaseUrl, testServer } from '../../platform/testing/database.ts'
import { until } from '../../platform/testing/suites/tools.ts'
import { examineRedis } from '../../plugins/queue-bullmq/findings.ts'
import queueBullmq from '../../plugins/queue-bullmq/gateway.ts'
import queueRabbitmq from '../../plugins/queue-rabbitmq/gateway.ts'
import { DEATHS } from '../../plugins/queue-rabbitmq/topology.ts'
import { forgetQueues } from '../leftovers.ts'
import { startProxy } from './proxy.ts'

const required = process.env.REQUIRE_SERVICES === '1'
const run = `care-test-${randomBytes(6).toString('hex')}`

const openQueue = (...args: Parameters<typeof openGateway>) => openGateway<'queue'>(...args)

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

  t.test('keeps nothing of what is done but a short list of events', async t => {
    const prefix = `${run}-small`
    const { port, close } = await openQueue(queueBullmq, { url, prefix })
    t.teardown(close)
    await workThrough(port, 2000)
    t.equal((await client.keys(`${prefix}:*`)).filter(key => /:\d+(:|$)/.test(key)).length, 0, 'no job')
    t.ok((await client.xlen(`${prefix}:work:events`)) < 500)
  })

  t.test('what the doctor finds, and the log says', async t => {
    const lines: string[] = []
    const { findings, close } = await openQueue(queueBullmq, { url, prefix: run }, { lines })
    t.teardown(close)
    const found = await findings()
    t.match(
      found.map(({ fact }) => fact).join('\n'),
      /Redis \d+[^]*takes writes[^]*evict|maxmemory[^]*memory:[^]*append-only file/
    )
    const wrong = found.filter(({ ok }) => !ok)
    await until(() => lines.filter(line => line.includes('not fit for a queue')).length === wrong.length)
    for (const { remedy } of wrong) t.ok(remedy)
  })

  t.test('a server that forgets messages is reported', async t => {
    const info = (over: object) =>
      Object.entries({
        redis_version: '7.0.15',
        role: 'master',
        maxmemory: 100,
        maxmemory_policy: 'noeviction',
        used_memory: 10,
        used_memory_human: '10',
        maxmemory_human: '100',
        aof_enabled: 1,
        aof_last_write_status: 'ok',
        ...over
      })
        .map(entry => entry.join(':'))
        .join('\r\n')
    const wrong = (over: object) =>
      examineRedis(info(over))
        .filter(({ ok }) => !ok)
        .map(({ fact }) => fact)
    t.strictSame(wrong({}), [])
    t.match(wrong({ maxmemory_policy: 'allkeys-lru' }), [/drops jobs .* allkeys-lru/])
    t.match(wrong({ maxmemory_policy: 'volatile-lru' }), [/drops jobs/])
    t.match(wrong({ aof_enabled: 0 }), [/a crash loses/])
    t.match(wrong({ aof_last_write_status: 'err' }), [/cannot be written/])
    t.match(wrong({ used_memory: 95 }), [/memory/])
    t.match(wrong({ role: 'slave' }), [/replica/])
    t.match(wrong({ redis_version: '6.0.9' }), [/6\.0\.9/])
  })

  t.test('a refused login stays out of the log', async t => {
    const lines: string[] = []
    const wrong = new URL(url)
    wrong.username = 'unknown'
    wrong.password = 'secret-word'
    const { port, close } = await openQueue(queueBullmq, { url: wrong.href, prefix: run }, { lines })
    t.teardown(close)
    await t.rejects(port.check(), /WRONGPASS/)
    t.match(lines.join(''), /WRONGPASS/)
    t.notMatch(lines.join(''), /secret-word/)
  })
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

  t.test('uses the database of the deployment by default', async t => {
    await t.rejects(openQueue(queueBullmq, {}), /no database to work on/)
    await t.rejects(openQueue(queueBullmq, { url: 'mysql://localhost' }), /must begin with/)
    const database = { url } as Database
    const [one, other] = [
      await openQueue(queueBullmq, { prefix: 'one' }, { ports: { database } }),
      await openQueue(queueBullmq, { prefix: 'other' }, { ports: { database } })
    ]
    t.teardown(() => Promise.all([one.close(), other.close()]))
    for (const { port } of [one, other]) await port.declare('same', { attempts: 1, backoffMs: 1 })
    await one.port.publish('same', [{ id: 'a', body: 1 }])
    t.equal((await one.port.counts('same')).waiting, 1)
    t.equal((await other.port.counts('same')).waiting, 0, 'another prefix is another deployment')
  })

  t.test('keeps nothing of what is done, and listens on one connection', async t => {
    const { port, close } = await openQueue(queueBullmq, { url, prefix: 'small', poolSize: 2 })
    t.teardown(close)
    for (let index = 0; index < 15; index++) {
      await port.declare(`idle ${index}`, { attempts: 1, backoffMs: 1 })
      await port.consume(`idle ${index}`, async () => undefined, { concurrency: 1 })
    }
    await workThrough(port, 500)
    const connections = new pg.Client({ connectionString: url })
    await connections.connect()
    t.teardown(() => connections.end())
    const ask = async (text: string) => Number((await connections.query<{ count: string }>(text)).rows[0]?.count)
    t.equal(await ask(`select count(*) from bullmq.job where queue = 'small.work'`), 0)
    t.ok((await ask(`select count(*) from bullmq.event where queue = 'small.work'`)) < 1000)
    const own = await ask(
      `select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
       and query ~* 'bullmq_jobs|listen|move_to|small' `
    )
    t.ok(own <= 3, `${own} connections for 16 consumers`)
  })

  t.test('what the doctor finds', async t => {
    const { findings, close } = await openQueue(queueBullmq, { url, prefix: run })
    t.teardown(close)
    const found = await findings()
    t.strictSame(
      found.filter(({ ok, fact }) => !ok && !fact.includes('connections')),
      []
    )
    t.match(found.map(({ fact }) => fact).join('\n'), /PostgreSQL \d+[^]*takes writes[^]*notifications arrive/)
  })
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
  const made = new Set([`${prefix}early`])
  t.teardown(() => forgetQueues('', made, url))
  const settings = { prefix, heartbeatSeconds: 1 }
  queueSuite(t, async () => watched(await throughProxy(queueRabbitmq, url, settings), prefix, made), { priorities: false })
  t.test('opens without a server, and works once there is one', t => opensWithoutServer(t, queueRabbitmq, url, settings))

  t.test('a deleted queue is noticed and declared again', async t => {
    const opened = await openQueue(queueRabbitmq, { ...settings, url })
    t.teardown(opened.close)
    const { port } = opened
    const name = 'deleted'
    made.add(`${prefix}${name}`)
    await port.declare(name, { attempts: 1, backoffMs: 1 })
    const heard: unknown[] = []
    await port.consume(name, async ({ body }) => void heard.push(body), { concurrency: 1 })
    await port.publish(name, [{ id: 'a', body: 1 }])
    await until(() => heard.length === 1)
    const channel = await model.createChannel()
    await channel.deleteQueue(`${prefix}${name}`)
    await port.publish(name, [{ id: 'b', body: 2 }]).then(
      () => t.pass('the consumer was faster and made it again'),
      (error: unknown) => t.match(error, /it was deleted/)
    )
    // A queue made again in the very moment of its deletion may go with the old one: that is the broker's.
    await wait(500)
    await port.publish(name, [{ id: 'c', body: 3 }])
    await until(() => heard.includes(3))
    await channel.close()
  })

  t.test('a queue with other properties is refused by name', async t => {
    const opened = await openQueue(queueRabbitmq, { ...settings, url })
    t.teardown(opened.close)
    const channel = await model.createChannel()
    await channel.assertQueue(`${prefix}foreign`, { durable: true })
    made.add(`${prefix}foreign`)
    await t.rejects(opened.port.declare('foreign', { attempts: 1, backoffMs: 1 }), /foreign/)
    await t.rejects(opened.port.publish('foreign', [{ id: 'a', body: 1 }]), /foreign/)
    await opened.port.check()
    await channel.close()
  })

  t.test('a message of another program, and one over the delivery limit, is parked', async t => {
    const opened = await openQueue(queueRabbitmq, { ...settings, url })
    t.teardown(opened.close)
    const { port } = opened
    const name = 'poison'
    made.add(`${prefix}${name}`)
    await port.declare(name, { attempts: 1, backoffMs: 1 })
    await port.publish(name, [{ id: 'killer', body: 1 }])
    const channel = await model.createChannel()
    for (let death = 0; death <= DEATHS; death++)
      await until(async () => {
        const message = await channel.get(`${prefix}${name}`)
        if (message) channel.nack(message, false, true)
        return message !== false || (await port.counts(name)).parked === 1
      })
    await until(async () => (await port.counts(name)).parked === 1)
    channel.sendToQueue(`${prefix}${name}`, Buffer.from('not json'), { messageId: 'foreign' })
    await port.consume(
      name,
      async ({ body }) => {
        throw new Error(`unknown: ${String(body)}`)
      },
      { concurrency: 1 }
    )
    await until(async () => (await port.counts(name)).parked === 2)
    const parked: StoredMessage[] = []
    await port.drain(name, 'parked', async message => {
      parked.push(message)
      return true
    })
    t.match(parked, [
      { id: 'killer', body: 1, error: /delivered 10 times/ },
      { id: 'foreign', body: 'not json', error: 'unknown: not json' }
    ])
    await channel.close()
  })

  t.test('what the doctor finds', async t => {
    const { findings, close } = await openQueue(queueRabbitmq, { ...settings, url })
    t.teardown(close)
    const found = await findings()
    t.strictSame(
      found.filter(({ ok }) => !ok),
      []
    )
    t.match(found.map(({ fact }) => fact).join('\n'), /RabbitMQ 3[^]*can be made[^]*guest/)
    const strict = await openQueue(
      queueRabbitmq,
      { ...settings, url },
      { deployment: { ...deployment, environment: 'production' } }
    )
    t.teardown(strict.close)
    t.match(
      (await strict.findings()).filter(({ ok }) => !ok).map(({ fact }) => fact),
      [/guest/]
    )
    await t.rejects(openQueue(queueRabbitmq, { url: 'http://localhost' }), /must begin with/)
  })

  t.test('a refused login stays out of the log', async t => {
    const lines: string[] = []
    const wrong = new URL(url)
    wrong.username = 'unknown'
    wrong.password = 'secret-word'
    const { port, close } = await openQueue(queueRabbitmq, { ...settings, url: wrong.href }, { lines })
    t.teardown(close)
    await t.rejects(port.check(), /ACCESS_REFUSED|refused/i)
    t.match(lines.join(''), /the queue is away/)
    t.notMatch(lines.join(''), /secret-word/)
  })
})

/** Publishes and runs so many messages on the queue `work`. */
async function workThrough(port: Queue, count: number): Promise<void> {
  await port.declare('work', { attempts: 1, backoffMs: 1 })
  let done = 0
  await port.consume('work', async () => void done++, { concurrency: 20 })
  for (let sent = 0; sent < count; sent += 500)
    await port.publish(
      'work',
      Array.from({ length: 500 }, (_, index) => ({ id: String(sent + index), body: index }))
    )
  await until(async () => done === count && (await port.counts('work')).active === 0)
}

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
