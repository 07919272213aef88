// Workers that are killed, and workers that freeze.
import {
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
  allDone,
  type Test
} from './site.ts'

const DEADLY = `insert into kernel_message (id, task, payload, due_at, created_at) values (gen_random_uuid(), 'fault.deadly', '{"n":0}', '-infinity', now())`
const CONCURRENCY = 10

/** One of the workers is killed at random, again and again, until every job is done (field test 1); with them a job that kills its worker (3). */
export const killedWorkers: Test = async (backend, { jobs, workers, killEveryMs }) => {
  const site = await openSite(backend)
  try {
    await site.sql(FILL, [jobs])
    await site.sql(DEADLY)
    const crew = keepUp(site, 'worker', workers)
    const killer = killAtRandom(crew, killEveryMs)
    const from = performance.now()
    await until(async () => (await single(site, `${LEFT} and task = 'fault.work'`)) === 0, jobs < 1000 ? 150 : 900)
    const took = (performance.now() - from) / 1000
    const parked = await until(async () => (await single(site, `${LEFT} and state <> 'parked'`)) === 0, 90)
    const kills = await killer.end()
    await crew.end()
    const [poison] = await site.sql<{ reason: string; attempts: number }>(
      `select reason, attempts from kernel_message where task = 'fault.deadly'`
    )
    const again = await single(site, `select sum(attempts) - count(*) as count from kernel_message where task = 'fault.work'`)
    return {
      facts: `${jobs} jobs in ${took.toFixed(0)} s, ${kills} kills, ${again} begun again; the deadly job parked after ${poison?.attempts} attempts`,
      failures: [
        ...(await effects(site, jobs)),
        ...failing(
          !(parked && poison?.reason === 'crashed') && `the deadly job is ${poison?.reason ?? 'not parked'}`,
          kills === 0 && 'no worker was killed',
          again > kills * workers * CONCURRENCY && `${again} begun again after ${kills} kills`
        )
      ]
    }
  } finally {
    await site.close()
  }
}

/** A worker freezes with jobs in hand until their time is over, others take them, it comes back (6). */
export const frozenWorker: Test = async (backend, { freezeSeconds }) => {
  const site = await openSite(backend)
  try {
    const jobs = 2000
    const first = await site.spawn('worker')
    await site.sql(FILL, [jobs])
    await until(async () => (await single(site, EFFECTS)) > 0, 10)
    first.kill('SIGSTOP')
    await site.spawn('worker')
    await new Promise(resolve => setTimeout(resolve, freezeSeconds * 1000))
    const meanwhile = await single(site, EFFECTS)
    first.kill('SIGCONT')
    await allDone(site, 60)
    return {
      facts: `${meanwhile} of ${jobs} done by the other one within ${freezeSeconds} s`,
      failures: [...(await effects(site, jobs))]
    }
  } finally {
    await site.close()
  }
}
