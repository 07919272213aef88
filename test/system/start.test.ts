import { execFileSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import { absent, REDIS } from '../services.ts'
import { emptyDatabase, care, configFile, root, start, type Running } from './deployment.ts'

const embedded = join(root, 'config/default.yaml')

async function login(url: string, username: string): Promise<string> {
  const answer = await fetch(`${url}/api/v1/auth/login/`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password: 'Care-Kernel-1' })
  })
  return ((await answer.json()) as { access: string }).access
}

async function timed(work: () => Promise<Running>): Promise<[Running, number]> {
  const from = performance.now()
  return [await work(), performance.now() - from]
}

function serversIn(home: string): string[] {
  return execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter(line => line.includes(home) && !line.includes('ps -eo'))
}

t.test('the embedded default: first login, restart, crashes in any order', { timeout: 240_000 }, async t => {
  const home = mkdtempSync(join(tmpdir(), 'care-home-'))
  const env = { CARE_HOME: home, PORT: '0' }
  const [first, took] = await timed(() => start(embedded, [], env))
  t.ok(took < 20_000, `first start in ${Math.round(took)} ms`)
  const access = await login(first.url, 'demo-dist-admin')
  const list = (await (
    await fetch(`${first.url}/api/v1/facility/`, { headers: { authorization: `Bearer ${access}` } })
  ).json()) as { count: number; results: { id: string }[] }
  t.ok(list.count > 0, `${list.count} facilities in the demo district`)
  t.match(await (await fetch(`${first.url}/`)).text(), /Care Kernel/)
  t.equal(await first.stop(), 0, 'SIGTERM ends with 0')
  t.same(serversIn(home), [], 'the database ended with it')

  // The best of three, and no other file runs beside this one: other work of the machine is not the application's.
  const later: number[] = []
  for (let round = 1; round <= 3; round++) {
    const [second, again] = await timed(() => start(embedded, [], env))
    later.push(Math.round(again))
    second.child.kill('SIGKILL')
    await wait(1500)
    t.same(serversIn(home), [], 'no orphan after kill -9')
  }
  t.ok(Math.min(...later) < 5000, `later starts in ${later.join(', ')} ms`)

  const third = await start(embedded, [], env)
  const made = await fetch(`${third.url}/api/v1/facility/`, {
    headers: { authorization: `Bearer ${await login(third.url, 'demo-dist-admin')}` }
  })
  t.equal(((await made.json()) as { count: number }).count, list.count, 'everything is there')
  for (const line of serversIn(home)) process.kill(Number(line.trim().split(' ')[0]), 'SIGKILL')
  third.child.kill('SIGKILL')
  await wait(500)
  const fourth = await start(embedded, [], env)
  t.equal((await fetch(`${fourth.url}/health/ready`)).status, 200, 'recovers after both were killed')
  await fourth.stop()
})

t.test(
  'several processes on one port: one that dies is replaced, all stop together',
  { timeout: 180_000, skip: await absent(REDIS) },
  async t => {
    const database = await emptyDatabase()
    t.teardown(database.drop)
    const config = configFile(database.url, ['places', 'auth-permissions'], {
      server: { port: 19_000 + (process.pid % 1000), processes: 2 },
      gateways: {
        database: { use: 'database-postgres', url: database.url, poolSize: 4 },
        cache: { use: 'cache-redis', url: REDIS, prefix: `p${process.pid}:` },
        queue: { use: 'queue-bullmq' },
        email: { use: 'email-log' },
        sms: { use: 'sms-log' }
      }
    })
    await care(['migrate', '--config', config])
    const server = await start(config)
    const children = () =>
      execFileSync('pgrep', ['-P', String(server.child.pid)], { encoding: 'utf8' })
        .trim()
        .split('\n')
        .filter(Boolean)
        .map(Number)
    const before = children()
    t.equal(before.length, 2)
    process.kill(before[0] ?? 0, 'SIGKILL')
    let failed = 0
    for (let round = 0; round < 60; round++) {
      failed += await fetch(`${server.url}/ping/`, { headers: { connection: 'close' } }).then(
        answer => (answer.ok ? 0 : 1),
        () => 1
      )
      await wait(50)
    }
    t.equal(failed, 0, 'the other one answered meanwhile')
    const after = children()
    t.equal(after.length, 2, 'there are two again')
    t.notOk(after.includes(before[0] ?? 0))
    t.equal(await server.stop(), 0)
  }
)

t.test('a stop under load fails no request', { timeout: 60_000 }, async t => {
  const database = await emptyDatabase()
  t.teardown(database.drop)
  const config = configFile(database.url, ['places', 'auth-permissions'])
  await care(['migrate', '--config', config])
  const server = await start(config)
  let running = true
  const results = { ok: 0, refused: 0, failed: 0 }
  const client = async () => {
    while (running) {
      try {
        const answer = await fetch(`${server.url}/health/main_database`)
        await answer.text()
        if (answer.ok) results.ok++
        else if (answer.status === 503) results.refused++
        else results.failed++
      } catch (error) {
        // Nobody listens any more: a proxy would have asked another server. Anything cut off half-way is a failure.
        if (((error as { cause?: { code?: string } }).cause?.code ?? '') === 'ECONNREFUSED') return
        results.failed++
      }
    }
  }
  const clients = Array.from({ length: 10 }, client)
  await wait(800)
  t.equal(await server.stop(), 0)
  running = false
  await Promise.all(clients)
  t.ok(results.ok > 100, `${results.ok} answered`)
  t.equal(results.failed, 0, JSON.stringify(results))
})
