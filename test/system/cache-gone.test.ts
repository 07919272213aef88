import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import { care, configFile, emptyDatabase, sql, start } from './deployment.ts'
import { missing, ownServer } from './faults/brokers.ts'

const PASSWORD = 'Care-Kernel-1'
const PERMISSION_SECONDS = 5
const FAILED_LOGINS = 5

/** Field test 16: the cache is killed, and comes back empty. */
t.test('Redis gone as cache', { timeout: 120_000, skip: missing.redis ?? false }, async t => {
  const [database, redis] = await Promise.all([emptyDatabase(), ownServer('redis')])
  t.teardown(async () => {
    await redis.close()
    await database.drop()
  })
  const config = configFile(database.url, ['places', 'auth-permissions', 'facilities', 'patients', 'consultations'], {
    environment: 'development',
    gateways: {
      database: { use: 'database-postgres', url: database.url, poolSize: 4 },
      cache: { use: 'cache-redis', url: redis.url },
      queue: { use: 'queue-bullmq' },
      email: { use: 'email-log' },
      sms: { use: 'sms-log' },
      storage: { use: 'files-local' }
    },
    security: { secretKey: 'care-kernel-development-only', rateLimit: `${FAILED_LOGINS}/10m` }
  })
  await care(['migrate', '--config', config])
  const server = await start(config)
  t.teardown(() => server.stop())
  const { url } = server

  const ask = async (path: string, token?: string) => {
    const from = performance.now()
    const answer = await fetch(`${url}${path}`, token ? { headers: { authorization: `Bearer ${token}` } } : {})
    return { status: answer.status, text: await answer.text(), ms: performance.now() - from }
  }
  const login = async (username: string, password = PASSWORD) => {
    const answer = await fetch(`${url}/api/v1/auth/login/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username, password })
    })
    return { status: answer.status, token: ((await answer.json()) as { access?: string }).access ?? '' }
  }
  const readiness = async () => (JSON.parse((await ask('/health/ready')).text) as { status: string }).status
  const reads = async (token: string) => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask('/api/v1/facility/', token)))
    return { statuses: [...new Set(answers.map(({ status }) => status))], slowest: Math.max(...answers.map(({ ms }) => ms)) }
  }

  const { token } = await login('demo-dist-admin')
  const { token: leaving } = await login('demo-staff')
  t.same((await reads(token)).statuses, [200])
  t.same((await reads(leaving)).statuses, [200])
  for (let call = 0; call < FAILED_LOGINS; call++) await login('demo-doctor', 'wrong')
  t.equal((await login('demo-doctor', 'wrong')).status, 429, 'the limit holds with the cache')

  await redis.kill()
  await wait(300)
  t.equal(await readiness(), 'degraded')
  for (let round = 0; round < 5; round++) t.same((await reads(token)).statuses, [200], 'reads are answered')
  for (let call = 0; call < 3; call++) t.equal((await login('demo-dist-admin')).status, 200, 'logins are answered')
  const wrong: number[] = []
  for (let call = 0; call < FAILED_LOGINS + 3; call++) wrong.push((await login('demo-volunteer', 'wrong')).status)
  t.same(wrong, [...Array<number>(FAILED_LOGINS).fill(401), 429, 429, 429], 'every process counts for itself')
  t.equal((await login('demo-dist-admin')).status, 200, 'and nobody else is refused for it')
  t.equal((await ask('/api/v1/facility/', 'x.y.z')).status, 403, 'a token that is none stays none')

  // What is taken away while the cache is gone stays away when it comes back empty.
  await sql(database.url, `update users_user set is_active = false where username = 'demo-staff'`)
  await wait(PERMISSION_SECONDS * 1000 + 500)
  const refused = (await ask('/api/v1/facility/', leaving)).status
  t.ok(refused === 401 || refused === 403, `a user who was switched off is refused: ${refused}`)
  await redis.start()
  for (let look = 0; look < 100 && (await readiness()) !== 'ok'; look++) await wait(100)
  t.equal(await readiness(), 'ok', 'it is found again')
  t.same((await reads(token)).statuses, [200])
  t.equal((await ask('/api/v1/facility/', leaving)).status, refused, 'and nothing opened')
  t.equal((await login('demo-staff')).status, 401)
  for (let call = 0; call < FAILED_LOGINS; call++) await login('demo-volunteer', 'wrong')
  t.equal((await login('demo-volunteer', 'wrong')).status, 429, 'the limit holds again')
})
