import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'

const LINK = `insert into facility_facilityuser (facility_id, user_id, created_by_id)
  select d.home_facility_id, u.id, d.id from users_user d, users_user u
  where d.username = 'devdoctor' and u.id <> d.id and u.is_active and not u.deleted order by u.id limit 50 on conflict do nothing`
const TOLD = 'select count(*)::int as count from facility_notification'
const QUIET_MS = 1000

/** Milliseconds from a request that fifty people hear of until the last of them has been told. Waits first for what is under way. */
export async function fiftyTold(databaseUrl: string, request: () => Promise<Response>): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  const told = async () => (await client.query<{ count: number }>(TOLD)).rows[0]?.count ?? 0
  try {
    let [before, seen] = [-1, await told()]
    while (before !== seen) {
      await wait(QUIET_MS)
      ;[before, seen] = [seen, await told()]
    }
    await client.query(LINK)
    const from = performance.now()
    const { status } = await request()
    if (status !== 201) throw new Error(`the request was answered ${status}`)
    while ((await told()) < before + 50) await wait(5)
    return performance.now() - from
  } finally {
    await client.end()
  }
}
