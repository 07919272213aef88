import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import pg from 'pg'
import t, { type Test } from 'tap'
import {
  cacheSuite,
  databaseSuite,
  emailSuite,
  openGateway,
  readMail,
  smsSuite,
  testDeployment as deployment
} from 'care-kernel/testing'
import { fakeClock } from '../../platform/testing/clock.ts'
import { databaseUrl, testServer } from '../../platform/testing/database.ts'
import { until } from '../../platform/testing/suites/tools.ts'
import cacheMemory from '../../plugins/cache-memory/gateway.ts'
import cacheRedis from '../../plugins/cache-redis/gateway.ts'
import databasePostgres from '../../plugins/database-postgres/gateway.ts'
import emailLog from '../../plugins/email-log/gateway.ts'
import emailSmtp from '../../plugins/email-smtp/gateway.ts'
import smsLog from '../../plugins/sms-log/gateway.ts'
import { startMailServer } from './mail-server.ts'
import { forgetKeys } from '../leftovers.ts'
import { startProxy } from './proxy.ts'

const required = process.env.REQUIRE_SERVICES === '1'
async function temporaryFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'care-gateways-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function reachable(url: string): Promise<boolean> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, connectTimeout: 1000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return true
  } catch {
    return false
  } finally {
    client.disconnect()
  }
}

t.test('cache-memory', async t => {
  const open = async () => {
    const clock = fakeClock()
    const { port, close } = await openGateway<'cache'>(cacheMemory, {}, { clock })
    return { port, advance: (seconds: number) => clock.advance(seconds * 1000), cleanup: close }
  }
  cacheSuite(t, open, { shared: false })

  t.test('is bounded in entries and in bytes', async t => {
    const { port, close } = await openGateway<'cache'>(cacheMemory, { maxEntries: 3, maxMegabytes: 1 })
    t.teardown(close)
    for (const key of ['a', 'b', 'c']) await port.set(key, key, 60)
    await port.get('a')
    await port.set('d', 'd', 60)
    t.strictSame(await Promise.all(['a', 'b', 'c', 'd'].map(key => port.get(key))), ['a', undefined, 'c', 'd'])
    await port.set('large', 'x'.repeat(2 ** 20), 60)
    t.equal(await port.get('large'), undefined, 'a value above the limit is not kept')
    t.equal(await port.get('d'), 'd', 'and pushes nothing out')
  })
})

t.test('cache-redis', async t => {
  const url = new URL(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379')
  if (!process.env.REDIS_URL) url.pathname = '/15'
  if (!(await reachable(url.href))) {
    if (required) throw new Error('the Redis server of REDIS_URL does not answer')
    return t.plan(0, 'no Redis server at REDIS_URL')
  }
  const run = `care-test-${randomBytes(6).toString('hex')}:`
  const prefix = () => `${run}${randomBytes(6).toString('hex')}:`
  const shared = prefix()
  t.teardown(() => forgetKeys(run, url.href))

  const throughProxy = async (own = prefix(), lines?: string[]) => {
    const proxy = await startProxy(url.hostname, Number(url.port || 6379))
    const address = new URL(url)
    address.hostname = '127.0.0.1'
    address.port = String(proxy.port)
    const opened = await openGateway<'cache'>(cacheRedis, { url: address.href, prefix: own }, lines ? { lines } : {})
    const cleanup = async () => {
      await opened.close()
      await proxy.stop()
    }
    return { ...opened, proxy, cleanup, outages: { refused: () => proxy.refuse(), silent: () => proxy.silence() } }
  }
  // Tests of the suite run one after another, so that one prefix is enough for ports that must see each other.
  let round = 0
  t.beforeEach(() => void round++)
  cacheSuite(t, () => throughProxy(`${shared}${round}:`), { shared: true })

  t.test('keys carry the prefix and expire', async t => {
    const own = prefix()
    const { port, app, cleanup } = await throughProxy(own)
    t.teardown(cleanup)
    await port.set('a', { b: 1 }, 30)
    await port.increment('n', 30)
    t.equal(await app.redis.get(`${own}a`), '{"b":1}', 'app.redis is the connection')
    t.ok((await app.redis.pttl(`${own}a`)) > 29_000)
    t.ok((await app.redis.pttl(`${own}n`)) > 29_000)
    await app.redis.set(`${own}foreign`, 'not json')
    t.equal(await port.get('foreign'), undefined, 'what somebody else wrote is a miss')
  })

  t.test('opens without a server, and works once there is one', async t => {
    const lines: string[] = []
    const proxy = await startProxy(url.hostname, Number(url.port || 6379))
    t.teardown(() => proxy.stop())
    const restore = await proxy.refuse()
    const from = performance.now()
    const address = `redis://127.0.0.1:${proxy.port}/15`
    const { port, close, findings } = await openGateway<'cache'>(cacheRedis, { url: address, prefix: prefix() }, { lines })
    t.teardown(close)
    t.ok(performance.now() - from < 4000, 'it does not wait long')
    t.match(lines.join(''), /the cache is away/)
    t.match(await findings(), [{ ok: false, fact: /ECONNREFUSED/, remedy: /Redis/ }])
    const heard: string[] = []
    await port.subscribe('early', message => heard.push(message))
    await t.rejects(port.check(), /ECONNREFUSED/)
    await restore()
    await until(async () => {
      await port.publish('early', 'hello').catch(() => undefined)
      return heard.length > 0
    })
    t.equal(heard[0], 'hello', 'a subscription from before is served')
    t.match(lines.join(''), /the cache is back/)
    t.equal(lines.filter(line => line.includes('is away')).length, 1, 'one line when it goes')
  })

  t.test('opens with a server that accepts and says nothing', async t => {
    const proxy = await startProxy(url.hostname, Number(url.port || 6379))
    t.teardown(() => proxy.stop())
    const restore = await proxy.silence()
    const from = performance.now()
    const { port, close } = await openGateway<'cache'>(cacheRedis, {
      url: `redis://127.0.0.1:${proxy.port}/15`,
      prefix: prefix()
    })
    t.teardown(close)
    t.ok(performance.now() - from < 4000, 'it does not wait long')
    t.equal(await port.get('a'), undefined)
    await restore()
    await until(() =>
      port.increment('n', 60).then(
        () => true,
        () => false
      )
    )
    await port.check()
  })

  t.test('a process that was busy does not give its connection up', async t => {
    const lines: string[] = []
    const { port, cleanup } = await throughProxy(prefix(), lines)
    t.teardown(cleanup)
    await port.set('a', 1, 60)
    for (let round = 0; round < 3; round++) {
      const asked = port.get<number>('a')
      for (const end = performance.now() + 300; performance.now() < end;);
      t.ok([1, undefined].includes(await asked), 'a miss at most')
      await until(async () => (await port.get('a')) === 1)
    }
    t.notMatch(lines.join(''), /away/)
  })

  t.test('a refused login stays out of the log', async t => {
    const lines: string[] = []
    const wrong = new URL(url)
    wrong.username = 'nobody'
    wrong.password = 'wrong-secret'
    const { port, close } = await openGateway<'cache'>(cacheRedis, { url: wrong.href }, { lines })
    t.teardown(close)
    t.equal(await port.get('a'), undefined)
    await t.rejects(port.check(), /WRONGPASS/)
    t.match(lines.join(''), /WRONGPASS/)
    t.notMatch(lines.join(''), /wrong-secret/)
  })

  t.test('an outage does not stop the application from closing', async t => {
    const { port, app, proxy } = await throughProxy()
    t.teardown(() => proxy.stop())
    await port.subscribe('a', () => undefined)
    await proxy.silence()
    const from = performance.now()
    await app.close()
    await port.close()
    t.ok(performance.now() - from < 5000)
    const refused = await throughProxy()
    t.teardown(() => refused.proxy.stop())
    await refused.proxy.refuse()
    await refused.port.get('a')
    await refused.port.close()
    await refused.app.close()
  })

  t.test('what the doctor finds', async t => {
    const { findings, cleanup } = await throughProxy()
    t.teardown(cleanup)
    const found = await findings()
    t.strictSame(
      found.filter(({ ok }) => !ok),
      []
    )
    t.match(found.map(({ fact }) => fact).join('\n'), /Redis \d+[^]*takes writes[^]*when full[^]*persistence/)
  })
})

t.test('database-postgres', async t => {
  const server = await testServer()
  const name = `care_gateways_${randomBytes(6).toString('hex')}`
  const url = databaseUrl(server.url, name)
  await administer(server.url, `create database ${name}`)
  t.teardown(async () => {
    await administer(server.url, `drop database ${name} with (force)`)
    await server.close()
  })
  const open = async (settings: object = {}) =>
    openGateway<'database'>(databasePostgres, { url, poolSize: 4, statementSeconds: 1, ...settings })

  databaseSuite(t, async () => {
    const { port, close } = await open()
    return { port, statementSeconds: 1, cleanup: close }
  })

  t.test('what the doctor finds', async t => {
    const { findings, close } = await open()
    t.teardown(close)
    const found = await findings()
    t.strictSame(
      found.filter(({ ok }) => !ok),
      []
    )
    t.match(
      found.map(({ fact }) => fact).join('\n'),
      /PostgreSQL \d+[^]*UTF8[^]*Asia\/Kolkata is known[^]*pg_trgm[^]*1 processes × 8[^]*clocks agree[^]*takes writes/
    )
    const skewed = await openGateway<'database'>(
      databasePostgres,
      { url, poolSize: 200 },
      { clock: fakeClock(new Date(Date.now() + 60_000)), deployment: { ...deployment, processes: 8 } }
    )
    t.teardown(skewed.close)
    t.match(
      (await skewed.findings()).filter(({ ok }) => !ok),
      [{ fact: /3210 of/, remedy: /poolSize to \d/ }, { fact: /its clock is (59|60)(\.\d)? s behind ours/ }]
    )
  })

  t.test('the pool fits the processes', async t => {
    for (const [processes, size] of [
      [1, 10],
      [4, 10],
      [8, 5],
      [64, 2]
    ] as const) {
      const { port, close } = await openGateway<'database'>(
        databasePostgres,
        { url },
        { deployment: { ...deployment, processes } }
      )
      t.equal(port.sequelize.config.pool?.max, size, `${processes} processes`)
      t.equal(port.pool.options.max, Math.min(size, 2 * availableParallelism() + 1), `${processes} processes`)
      await close()
    }
  })

  t.test('a server that starts later is waited for', async t => {
    const target = new URL(url)
    const proxy = await startProxy(target.hostname, Number(target.port || 5432))
    t.teardown(() => proxy.stop())
    const restore = await proxy.refuse()
    target.hostname = '127.0.0.1'
    target.port = String(proxy.port)
    const opening = open({ url: target.href })
    setTimeout(() => void restore(), 1000)
    const { port, close } = await opening
    t.teardown(close)
    await port.check()
  })

  t.test('what will not pass by waiting fails at once', async t => {
    const from = performance.now()
    await t.rejects(open({ url: databaseUrl(url, 'care_no_such_database') }), { code: '3D000' })
    const zone = { ...deployment, timeZone: 'Asia/Nowhere' }
    await t.rejects(openGateway<'database'>(databasePostgres, { url }, { deployment: zone }), /TimeZone/)
    t.ok(performance.now() - from < 3000)
  })
})

async function administer(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(text).finally(() => client.end())
}

t.test('email-log', async t => {
  const open = async (lines?: string[]) => {
    const directory = join(await temporaryFolder(t), 'outbox', 'email')
    const { port, close, findings } = await openGateway<'email'>(emailLog, { directory }, lines ? { lines } : {})
    const received = async () => {
      const files = await Promise.all(
        (await readdir(directory)).map(async name => ({
          name,
          made: (await stat(join(directory, name), { bigint: true })).mtimeNs
        }))
      )
      files.sort((a, b) => (a.made < b.made ? -1 : 1))
      return Promise.all(files.map(async ({ name }) => readMail(await readFile(join(directory, name)))))
    }
    return { port, received, directory, findings, cleanup: close }
  }
  emailSuite(t, open, { dropsRepeats: true })

  t.test('files are for a person, and for nobody else', async t => {
    const lines: string[] = []
    const { port, directory, findings, cleanup } = await open(lines)
    t.teardown(cleanup)
    const { id } = await port.send({ to: ['asha@example.org'], subject: 'Passwort für ആശ', text: 'Click here', key: 'k' })
    t.strictSame(await readdir(directory), [`${id}.eml`], 'no draft is left')
    const file = join(directory, `${id}.eml`)
    t.match(
      await readFile(file, 'utf8'),
      /^From: Care <care@localhost>\nTo: asha@example.org\nSubject: Passwort für ആശ\n[^]*\nClick here\n/
    )
    t.equal((await stat(file)).mode & 0o777, 0o600)
    t.equal((await stat(directory)).mode & 0o777, 0o700)
    t.match(lines.join(''), new RegExp(id))
    t.notMatch(lines.join(''), /asha|Passwort|Click/)
    t.match(await findings(), [{ ok: true }])
    await rm(directory, { recursive: true })
    await port.send({ to: ['asha@example.org'], subject: 's', text: 't' })
    t.equal((await readdir(directory)).length, 1, 'a deleted folder is made again')
    await t.rejects(openGateway(emailLog, { directory: join(import.meta.filename, 'below-a-file') }))
  })
})

t.test('sms-log', async t => {
  const open = async (lines?: string[]) => {
    const directory = join(await temporaryFolder(t), 'outbox', 'sms')
    const { port, close } = await openGateway<'sms'>(smsLog, { directory }, lines ? { lines } : {})
    const received = async () =>
      Promise.all(
        (await readdir(directory)).map(
          async name => JSON.parse(await readFile(join(directory, name), 'utf8')) as { to: string; text: string }
        )
      )
    return { port, received, directory, cleanup: close }
  }
  smsSuite(t, open, { dropsRepeats: true })

  t.test('files are for a person, and for nobody else', async t => {
    const lines: string[] = []
    const { port, directory, cleanup } = await open(lines)
    t.teardown(cleanup)
    const { id } = await port.send({ to: '+919876543210', text: 'OTP is 45612' })
    t.strictSame(await readdir(directory), [`${id}.json`])
    t.equal((await stat(join(directory, `${id}.json`))).mode & 0o777, 0o600)
    t.equal((await stat(directory)).mode & 0o777, 0o700)
    t.match(JSON.parse(await readFile(join(directory, `${id}.json`), 'utf8')), {
      id,
      at: /^20.*Z$/,
      to: '+919876543210',
      text: 'OTP is 45612'
    })
    t.match(lines.join(''), new RegExp(id))
    t.notMatch(lines.join(''), /98765|45612/)
  })
})

t.test('email-smtp', async t => {
  for (const pooled of [true, false]) {
    await t.test(pooled ? 'pooled' : 'one connection per message', async t => {
      emailSuite(t, () => openSmtp({ pooled }), { dropsRepeats: false })
    })
  }

  t.test('the id is the Message-ID, made from the key', async t => {
    const { port, received, cleanup } = await openSmtp({})
    t.teardown(cleanup)
    const { id } = await port.send({ to: ['asha@example.org'], subject: 's', text: 't', key: 'k' })
    t.match(id, /^<[0-9a-f]{32}@care\.example>$/)
    t.equal((await received())[0]?.messageId, id)
  })

  t.test('some refused recipients do not send it to the others again', async t => {
    const lines: string[] = []
    const { port, received, cleanup } = await openSmtp({}, lines)
    t.teardown(cleanup)
    await port.send({ to: ['asha@example.org', 'refused@example.org'], subject: 's', text: 't' })
    t.equal((await received()).length, 1)
    t.match(lines.join(''), /"refused":1/)
    t.notMatch(lines.join(''), /example\.org/)
  })

  t.test('a wrong password and a missing STARTTLS reject', async t => {
    const wrong = await openSmtp({ password: 'wrong-secret' })
    t.teardown(wrong.cleanup)
    await t.rejects(wrong.port.check(), { code: 'EAUTH' })
    await t.rejects(wrong.port.send({ to: ['asha@example.org'], subject: 's', text: 't' }), { code: 'EAUTH' })
    t.match(await wrong.findings(), [{ ok: false }, { ok: true, fact: 'no encryption' }])
    const encrypted = await openSmtp({ tls: true })
    t.teardown(encrypted.cleanup)
    await t.rejects(encrypted.port.send({ to: ['asha@example.org'], subject: 's', text: 't' }))
    t.equal((await encrypted.received()).length, 0, 'nothing travels unencrypted')
  })

  t.test('a silent server is given up in time', async t => {
    const { port, proxy, cleanup } = await openSmtp({ timeoutSeconds: 1 })
    t.teardown(cleanup)
    await port.send({ to: ['asha@example.org'], subject: 's', text: 't' })
    await proxy.silence()
    const from = performance.now()
    await t.rejects(port.send({ to: ['asha@example.org'], subject: 's', text: 't' }))
    await t.rejects(port.check())
    t.ok(performance.now() - from < 6000, `${Math.round(performance.now() - from)} ms`)
  })
})

async function openSmtp(settings: object, lines?: string[]) {
  const server = await startMailServer({ user: 'care', password: 'right' })
  const proxy = await startProxy('127.0.0.1', server.port)
  const base = {
    host: '127.0.0.1',
    port: proxy.port,
    user: 'care',
    password: 'right',
    tls: false,
    from: 'Care <ops@care.example>',
    timeoutSeconds: 2
  }
  const opened = await openGateway<'email'>(emailSmtp, { ...base, ...settings }, lines ? { lines } : {})
  const cleanup = async () => {
    await opened.close()
    await proxy.stop()
    await server.stop()
  }
  return {
    ...opened,
    proxy,
    received: async () => server.messages.map(readMail),
    refused: 'refused@example.org',
    outage: () => proxy.refuse(),
    cleanup
  }
}
