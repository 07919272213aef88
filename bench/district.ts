import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { care, emptyDatabase, FEATURES, configFile, root, run, sql } from '../test/system/deployment.ts'

const shared = process.env.CARE_CONTRACT ?? join(root, '../shared')
const FIXTURES = ['states', 'reference', 'users', 'facility']

/** A district of 200 facilities and 2,000 users, on the original's schema, adopted; with patients and shifts as asked. */
export async function makeDistrict(size: Readonly<Record<'patients' | 'shifts', number>>, plugins = FEATURES) {
  if (!existsSync(shared)) throw new Error(`the data is not at ${shared}`)
  const database = await emptyDatabase()
  const config = configFile(database.url, plugins)
  await sql(database.url, readFileSync(join(shared, 'contract/schema.sql'), 'utf8'))
  await care(['migrate', '--config', config, '--adopt'])
  await care(['load', '--config', config, ...FIXTURES.map(name => join(shared, `data/original/${name}.json`))])
  const sizes = Object.entries(size).flatMap(([name, count]) => ['-v', `${name}=${count}`])
  const grown = await run('psql', [database.url, '-q', ...sizes, '-f', join(shared, 'bench/scale.sql')])
  if (grown.code !== 0) throw new Error(grown.output)
  // All in one week, so that one table can be asked for all.
  await sql(
    database.url,
    `update facility_patientregistration set date_of_result = timestamptz '2023-06-01' + id % 6 * interval '1 day'`
  )
  await sql(database.url, 'vacuum full analyze facility_patientregistration')
  await sql(database.url, 'vacuum analyze')
  return { ...database, config }
}
