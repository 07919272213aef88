// Migrators that start together, one of which is killed (12).
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import pg from 'pg'
import { care, configFile, emptyDatabase, FEATURES, root } from '../deployment.ts'
import { failing, type Test } from './site.ts'

const MIGRATORS = 5
const LEDGER = 'select count(*)::int as count, count(distinct owner || name)::int as kept from kernel_migration'
const LOCKS = `select count(*)::int as count from pg_locks where locktype = 'advisory'
  and database = (select oid from pg_database where datname = current_database())`

/** Five nodes migrate one empty database together, and the one that is at it is killed: the others complete, and no lock stays. */
export const killedMigrators: Test = async (_, { rounds }) => {
  const failures: string[] = []
  for (let round = 0; round < rounds; round++) {
    const database = await emptyDatabase()
    try {
      for (const failure of await migrateTogether(database.url, 1 + (round % 10))) failures.push(`round ${round}: ${failure}`)
    } finally {
      await database.drop()
    }
  }
  return { facts: `${rounds} times ${MIGRATORS} migrators at once, the one at work killed half-way`, failures }
}

/** Kills the one that works when it begins its `victim`th migration. What is wrong afterwards. */
async function migrateTogether(url: string, last: number): Promise<string[]> {
  const config = configFile(url, FEATURES)
  let killed = 0
  const codes = await Promise.all(
    Array.from({ length: MIGRATORS }, () => {
      const child = spawn(process.execPath, [join(root, 'bin/care-kernel.js'), 'migrate', '--config', config])
      let output = ''
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString()
        if (killed === 0 && (output.match(/^applied/gm) ?? []).length >= last && child.kill('SIGKILL')) killed++
      })
      return new Promise<number | null>(resolve => child.once('exit', resolve))
    })
  )
  const left = await care(['migrate', '--dry-run', '--config', config])
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const [{ count = 0, kept = 0 } = {}] = (await client.query<{ count: number; kept: number }>(LEDGER)).rows
    const [locks] = (await client.query<{ count: number }>(LOCKS)).rows
    return failing(
      killed !== 1 && 'none was killed',
      codes.filter(code => code === 0).length !== MIGRATORS - 1 && `the migrators ended with ${codes.join(', ')}`,
      count !== kept && `${count - kept} migrations ran twice`,
      !/^0 to apply/m.test(left) && 'not complete',
      locks?.count !== 0 && `${locks?.count} locks stayed`
    )
  } finally {
    await client.end()
  }
}
