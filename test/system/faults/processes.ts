// Writers, relays, schedulers and servers that end at the worst moment.
import { setTimeout as wait } from 'node:timers/promises'
import { start, type Running } from '../deployment.ts'
import { allDone, effects, EFFECTS, failing, keepUp, LEFT, openSite, REPEATED, single, until, type Test } from './site.ts'
import { write } from './writing.ts'

const AT_ONCE = 4

/** Transactions that write a job and roll back; processes that die between commit and publication; relays that die with a lease in hand (5). */
export const crashBeforePublication: Test = async (backend, { rollbacks, crashes }) => {
  const site = await openSite(backend)
  try {
    const rolling = await site.spawn('rollbacks', String(rollbacks))
    const seen = await single(site, 'select count(*) from kernel_message')
    const rolled = rolling.exitCode === 0 && seen === 0
    for (let first = 1; first <= crashes; first += AT_ONCE)
      await Promise.all(
        Array.from({ length: Math.min(AT_ONCE, crashes - first + 1) }, (_, index) => site.spawn('writer', String(first + index)))
      )
    const written = await single(site, 'select count(*) from kernel_message')
    await site.sql(
      `with held as (update kernel_message set state = 'queued', batch = id, due_at = now() + interval '1 minute'
        where ctid in (select ctid from kernel_message limit $1) returning batch)
      insert into kernel_lease (id, batches, until) select gen_random_uuid(), array_agg(batch), now() + interval '5 seconds' from held`,
      [Math.ceil(crashes / 2)]
    )
    await site.spawn('worker')
    await allDone(site, 40)
    return {
      facts: `${rollbacks} rollbacks, ${seen} jobs seen; ${crashes} crashes after the commit, ${Math.ceil(crashes / 2)} in a dead relay's hands`,
      failures: [
        ...(await effects(site, crashes)),
        ...failing(
          !rolled && `${seen} jobs of transactions that were rolled back`,
          written !== crashes && `${crashes - written} writers failed`
        )
      ]
    }
  } finally {
    await site.close()
  }
}

const HAND_OVER_SECONDS = 5

/** Three schedulers, the oldest killed every 1.5 s, a fourth frozen for a while (6), a fifth whose clock is set ahead by two minutes and back (7). */
export const schedulers: Test = async (backend, { ticks, freezeSeconds }) => {
  const site = await openSite(backend, { ticking: true })
  try {
    await site.spawn('worker')
    let kills = 0
    const crew = keepUp(site, 'scheduler', 3)
    await until(async () => crew.up().length === 3, 60)
    const frozen = await site.spawn('scheduler')
    const astray = await site.spawn('scheduler')
    const [{ since } = { since: '' }] = await site.sql<{ since: string }>('select now()::text as since')
    frozen.kill('SIGSTOP')
    const thaw = setTimeout(() => frozen.kill('SIGCONT'), freezeSeconds * 1000)
    const end = performance.now() + ticks * 1000 + 500
    while (performance.now() < end) {
      await wait(1500)
      const up = crew.up()
      if (up.length > 1 && up[0]?.kill('SIGKILL')) kills++
      if (kills % 3 === 1) astray.kill('SIGUSR2')
    }
    clearTimeout(thaw)
    frozen.kill('SIGCONT')
    await wait(1500)
    await crew.end()
    for (const one of [frozen, astray]) one.kill('SIGKILL')
    await allDone(site, 30)
    // By the clock of the server: that of the one astray says nothing.
    const [window] = await site.sql<{ found: number; latest: number }>(
      `select count(*)::int as found, max(extract(epoch from e.at - r.due_at))::float8 as latest
       from kernel_schedule_run r join fault_effect e on e.n::timestamptz = r.due_at
       where r.due_at > $1::timestamptz and r.due_at <= $1::timestamptz + $2 * interval '1 second'`,
      [since, ticks]
    )
    const { found = 0, latest = 0 } = window ?? {}
    const repeated = await single(site, REPEATED)
    const runs = await single(site, `select count(*) from kernel_schedule_run where due_at > '-infinity'`)
    return {
      facts: `${found} of ${ticks} ticks, the latest done after ${latest.toFixed(1)} s, ${kills} kills, one frozen for ${freezeSeconds} s, one with its clock two minutes ahead and back`,
      failures: failing(
        found !== ticks && `${ticks - found} ticks missing`,
        latest > HAND_OVER_SECONDS && `handed over after ${latest.toFixed(1)} s`,
        repeated !== 0 && `${repeated} ticks run twice`,
        (await single(site, EFFECTS)) !== runs && 'a tick without its effect',
        (await single(site, LEFT)) > 0 && 'not done in time'
      )
    }
  } finally {
    await site.close()
  }
}

/** SIGTERM under load, behind a proxy that takes the server out first, as orchestrators do, and has another one (8). */
export const stopUnderLoad: Test = async (backend, { loadSeconds, writesPerSecond }) => {
  const site = await openSite(backend)
  const servers = [await start(site.config, [], site.env), await start(site.config, [], site.env)]
  try {
    const routed = [...servers]
    const open = new Map<Running, number>()
    const writing = write({ servers: () => [...routed], from: 0, perSecond: writesPerSecond, seconds: loadSeconds, open })
    await wait(loadSeconds * 400)
    const [leaving] = routed.splice(0, 1)
    await until(async () => leaving !== undefined && open.get(leaving) === 0, 20)
    const from = performance.now()
    const code = await leaving?.stop()
    const took = (performance.now() - from) / 1000
    const { numbers, refused } = await writing
    await allDone(site, 30)
    return {
      facts: `${numbers.length} writes, ${refused.length} failed, stopped in ${took.toFixed(1)} s`,
      failures: [
        ...(await effects(site, numbers.length)),
        ...failing(
          code !== 0 && `ended with ${code}`,
          took > 30 && 'took longer than 30 s',
          refused.length > 0 && `${refused.length} requests failed: ${refused[0]}`
        )
      ]
    }
  } finally {
    await servers[1]?.stop()
    await site.close()
  }
}
