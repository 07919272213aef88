// `npm test`: says which servers it found, starts an embedded PostgreSQL for all files where there is none, and runs tap.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { testServer } from '../platform/testing/index.ts'
import { AMQP, answers, REDIS } from './services.ts'

const given = process.argv.slice(2)
const files = given.length > 0 ? given : ['dist/test/**/*.test.js']
for (const [name, url] of Object.entries({ REDIS_URL: REDIS, AMQP_URL: AMQP }))
  if (!(await answers(url))) console.log(`# nothing answers at ${new URL(url).host} (${name}): tests that need it are skipped`)
const server = await testServer()
if (server.url !== process.env.DATABASE_URL) console.log(`# PostgreSQL at ${new URL(server.url).host}`)
const tap = spawn(
  process.execPath,
  [fileURLToPath(new URL('../../node_modules/tap/dist/esm/run.mjs', import.meta.url)), 'run', '--disable-coverage', ...files],
  { stdio: 'inherit', env: { ...process.env, DATABASE_URL: server.url } }
)
process.exitCode = await new Promise<number>(resolve => tap.once('exit', code => resolve(code ?? 1)))
await server.close()
