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
  if (size.patients > 0) await sql(database.url, PAPERS)
  await sql(database.url, 'vacuum full analyze facility_patientregistration')
  await sql(database.url, 'vacuum analyze')
  return { ...database, config }
}

/** Fifteen files of the newest patient, three hundred notifications of the administrator. */
const PAPERS = `
  insert into facility_fileupload (external_id, created_date, modified_date, deleted, name, internal_name, associating_id, upload_completed,
      is_archived, archive_reason, file_type, file_category, uploaded_by_id)
    select gen_random_uuid(), now(), now(), false, 'X-ray ' || n, n || '.pdf', p.external_id, true, false, '', 1, 'XRAY', u.id
    from generate_series(1, 15) n, users_user u,
      (select external_id from facility_patientregistration where is_active and not deleted order by id desc limit 1) p
    where u.username = 'devdoctor';
  insert into facility_notification (external_id, created_date, modified_date, deleted, medium_sent, event_type, event, message, caused_objects,
      caused_by_id, intended_for_id)
    select gen_random_uuid(), now() - n * interval '1 minute', now(), false, 0, 0, 30, 'A patient was updated', '{}', d.id, u.id
    from generate_series(1, 300) n, users_user u, users_user d where u.username = 'devdistrictadmin' and d.username = 'devdoctor'`
