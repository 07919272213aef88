// A broker that is away, one that is killed, and one that is replaced by another.
import { setTimeout as wait } from 'node:timers/promises'
import { careApart, start } from '../deployment.ts'
import { ownServer } from './brokers.ts'
import {
  allDone,
  BACKENDS,
  effects,
  EFFECTS,
  failing,
  FILL,
  keepUp,
  killAtRandom,
  LEFT,
  openSite,
  single,
  until,
  type Test
} from './site.ts'
import { write } from './writing.ts'

/** The broker is away while requests write (4), then comes and goes. */
export const brokerAway: Test = async (backend, { outageSeconds, writesPerSecond: perSecond }) => {
  const site = await openSite(backend)
  const server = await start(site.config, [], site.env)
  const servers = () => [server]
  try {
    const before = await write({ servers, from: 0, perSecond, seconds: 1 })
    const back = await site.proxy.refuse()
    const writing = write({ servers, from: 1_000_000, perSecond, seconds: outageSeconds })
    await wait(1500)
    const ready = (await (await fetch(`${server.url}/health/ready`)).json()) as { status: string }
    const during = await writing
    await back()
    const jobs = before.numbers.length + during.numbers.length
    const from = performance.now()
    const done = await allDone(site, 30)
    const took = (performance.now() - from) / 1000
    if (!done) await allDone(site, 120)
    let more = 0
    for (let cut = 0; cut < 5; cut++) {
      const again = await site.proxy.refuse()
      more += (await write({ servers, from: 2_000_000 + cut * 1000, perSecond, seconds: 0.5 })).numbers.length
      await again()
      more += (await write({ servers, from: 3_000_000 + cut * 1000, perSecond, seconds: 0.5 })).numbers.length
    }
    await allDone(site, 60)
    return {
      facts: `${during.numbers.length} writes in ${outageSeconds} s without a broker, done ${took.toFixed(1)} s after its return; ${more} writes through five cuts`,
      failures: [
        ...(await effects(site, jobs + more)),
        ...failing(
          during.refused.length > 0 && `${during.refused.length} requests failed: ${during.refused[0]}`,
          ready.status !== 'degraded' && `readiness says ${ready.status}`,
          !done && 'not done within 30 s'
        )
      ]
    }
  } finally {
    await server.stop()
    await site.close()
  }
}

const WRITES_PER_SECOND = 20

/**
 * kill -9 of the broker itself, again and again, while workers are killed as well and requests write (2). On PostgreSQL that is
 * the whole database: requests are refused meanwhile, and what was answered with 201 is there (11).
 */
export const brokerKilled: Test = async (backend, { jobs, workers, brokerKills, killEveryMs }) => {
  const own = await ownServer(backend)
  const site = await openSite(backend, { server: own })
  const server = await start(site.config, ['--role', 'web'], site.env)
  try {
    await site.sql(FILL, [jobs])
    const crew = keepUp(site, 'worker', workers)
    const killer = killAtRandom(crew, killEveryMs)
    let ended = false
    const writing = write({ servers: () => [server], from: 1_000_000, perSecond: WRITES_PER_SECOND, seconds: () => ended })
    const away: number[] = []
    for (let kill = 1; kill <= brokerKills; kill++) {
      await until(async () => (await single(site, EFFECTS)) >= (jobs * kill) / (brokerKills + 1), 300)
      const from = performance.now()
      await own.kill()
      await wait(1000)
      await own.start()
      away.push((performance.now() - from) / 1000)
    }
    ended = true
    const { numbers, refused } = await writing
    const kills = await killer.end()
    await allDone(site, jobs < 1000 ? 120 : 600)
    await crew.end()
    const kept = await single(site, 'select count(*) from fault_write')
    const [{ lost } = { lost: 0 }] = await site.sql<{ lost: number }>(
      'select count(*)::int as lost from unnest($1::int[]) as answered (n) where n not in (select n from fault_write)',
      [numbers]
    )
    return {
      facts: `${jobs} jobs and ${numbers.length} writes, the broker killed ${brokerKills} times and away for ${(away.reduce((sum, one) => sum + one, 0) / away.length).toFixed(1)} s each, ${kills} workers killed`,
      failures: [
        ...(await effects(site, jobs + kept)),
        ...failing(
          lost > 0 && `${lost} writes that were answered with 201 are gone`,
          crew.died() > 0 && `${crew.died()} workers ended by themselves`,
          backend !== 'postgres' && refused.length > 0 && `${refused.length} requests failed: ${refused[0]}`
        )
      ]
    }
  } finally {
    await server.stop()
    await site.close()
    await own.close()
  }
}

/** The queue is another one in the config of a running deployment: what the old one held is done by the new one. */
export const brokerReplaced: Test = async (backend, { jobs }) => {
  const site = await openSite(backend)
  const next = BACKENDS[(BACKENDS.indexOf(backend) + 1) % BACKENDS.length] ?? 'postgres'
  try {
    const worker = await site.spawn('worker')
    await site.sql(FILL, [jobs])
    await until(async () => (await single(site, EFFECTS)) >= Math.min(50, jobs / 4), 60)
    // As in an orderly restart: what is in hand ends, the rest stays where it is.
    worker.kill('SIGTERM')
    await new Promise(resolve => worker.once('exit', resolve))
    const inOldBroker = await single(site, `select count(*) from kernel_message where state = 'queued'`)
    const from = performance.now()
    await careApart(['jobs', 'drain', '--config', site.on(next)], site.env)
    const took = (performance.now() - from) / 1000
    const left = await single(site, LEFT)
    // Going back, the old broker still has what the new one did: it is taken for the repeat it is.
    await careApart(['jobs', 'drain', '--config', site.config], site.env)
    return {
      facts: `${inOldBroker} of ${jobs} jobs were on ${backend} and were done on ${next} in ${took.toFixed(1)} s`,
      failures: [
        ...(await effects(site, jobs)),
        ...failing(
          inOldBroker === 0 && 'the old broker held nothing',
          left > 0 && `${left} not done when the command ended`,
          took > 30 + jobs / 100 && 'took too long'
        )
      ]
    }
  } finally {
    await site.close()
  }
}
