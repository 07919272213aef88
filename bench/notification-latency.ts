import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'

const ADD_RECIPIENTS = `insert into facility_facilityuser (facility_id, user_id, created_by_id)
  select d.home_facility_id, u.id, d.id from users_user d, users_user u
  where d.username = 'devdoctor' and u.id <> d.id and u.is_active and not u.deleted order by u.id limit 50 on conflict do nothing`
const COUNT = 'select count(*)::int as count from facility_notification'
const QUIET_MS = 1000

/** Milliseconds from a request that notifies fifty users until the last notification is written. Waits first until no other is. */
export async function notificationLatency(databaseUrl: string, request: () => Promise<Response>): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  const count = async () => (await client.query<{ count: number }>(COUNT)).rows[0]?.count ?? 0
  try {
    let [before, seen] = [-1, await count()]
    while (before !== seen) {
      await wait(QUIET_MS)
      ;[before, seen] = [seen, await count()]
    }
    await client.query(ADD_RECIPIENTS)
    const from = performance.now()
    const { status } = await request()
    if (status !== 201) throw new Error(`the request was answered ${status}`)
    while ((await count()) < before + 50) await wait(5)
    return performance.now() - from
  } finally {
    await client.end()
  }
}
