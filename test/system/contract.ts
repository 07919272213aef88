// Plays the contract's recordings and its authorisation matrix against servers on both kinds of database: one made by our
// migrations, one made by the original's schema and adopted. Exit code 1 when anything differs. Needs ../shared.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FEATURES, care, configFile, emptyDatabase, root, run, sql, start } from './deployment.ts'

const shared = process.env.CARE_CONTRACT ?? join(root, '../shared')
const contract = join(shared, 'contract')
const AREAS = [
  'openid-health',
  'errors',
  'auth',
  'users',
  'places',
  'facilities',
  'patients',
  'consultations',
  'daily-rounds',
  'events',
  'shifting',
  'resources',
  'samples',
  'files',
  'notifications',
  'summaries',
  'otp'
]
/** The recordings were made with a fixed code, and before any summary was written. */
const SETTINGS = {
  otp: { fixedCode: '45612' },
  summaries: { facilityCapacity: false, patients: false, tests: false, triage: false, districtPatients: false }
}
const FIXTURES = ['states', 'reference', 'users', 'facility'].map(name => join(shared, `data/original/${name}.json`))

if (!existsSync(contract)) {
  console.log(`skipped: there is no contract at ${contract}`)
  process.exit(0)
}
let failed = 0
for (const kind of ['own', 'adopted'] as const) {
  console.log(`\n== recordings, ${kind} database`)
  failed += await onServer(kind, [], url =>
    run(
      process.execPath,
      [join(contract, 'replay.mjs'), '--url', url, '--area', AREAS.join(','), '--plugins', FEATURES.join(',')],
      { show: true }
    )
  )
}
console.log('\n== authorisation matrix')
failed += await onServer('own', [join(contract, 'matrix-fixture.json')], url =>
  run(
    process.execPath,
    [
      join(contract, 'matrix.mjs'),
      '--url',
      url,
      '--plugins',
      FEATURES.join(','),
      '--fix',
      join(root, 'test/system/matrix-fix.json')
    ],
    { show: true }
  )
)
process.exit(failed > 0 ? 1 : 0)

async function onServer(
  kind: 'own' | 'adopted',
  fixtures: readonly string[],
  play: (url: string) => Promise<{ code: number }>
): Promise<number> {
  const database = await emptyDatabase()
  try {
    const plugins = { ...Object.fromEntries(FEATURES.map(name => [name, {}])), ...SETTINGS }
    const config = configFile(database.url, FEATURES, { environment: 'development', plugins })
    if (kind === 'adopted') await sql(database.url, readFileSync(join(contract, 'schema.sql'), 'utf8'))
    console.log(
      (await care(['migrate', '--config', config, ...(kind === 'adopted' ? ['--adopt'] : [])])).trim().split('\n').at(-1)
    )
    console.log((await care(['load', '--config', config, ...FIXTURES, ...fixtures])).trim().split('\n').at(-1))
    const server = await start(config)
    try {
      return (await play(server.url)).code === 0 ? 0 : 1
    } finally {
      await server.stop()
    }
  } finally {
    await database.drop()
  }
}
