// `npm test`: says which servers it found, starts an embedded PostgreSQL for all files where there is none, and runs tap.
import { spawn } from 'node:child_process'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { testServer } from '../kernel/testing/index.ts'

const given = process.argv.slice(2)
const files = given.length > 0 ? given : ['dist/test/**/*.test.js']
const SERVICES = { REDIS_URL: 'redis://127.0.0.1:6379', AMQP_URL: 'amqp://127.0.0.1:5672' } as const

for (const [name, local] of Object.entries(SERVICES)) {
  const { hostname, port } = new URL(process.env[name] ?? local)
  if (!(await answers(hostname, Number(port))))
    console.log(`# nothing answers at ${hostname}:${port} (${name}): tests that need it are skipped`)
}
const server = await testServer()
if (server.url !== process.env.DATABASE_URL) console.log(`# PostgreSQL at ${new URL(server.url).host}`)
const tap = spawn(
  process.execPath,
  [fileURLToPath(new URL('../../node_modules/tap/dist/esm/run.mjs', import.meta.url)), 'run', '--disable-coverage', ...files],
  { stdio: 'inherit', env: { ...process.env, DATABASE_URL: server.url } }
)
process.exitCode = await new Promise<number>(resolve => tap.once('exit', code => resolve(code ?? 1)))
await server.close()

function answers(host: string, port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host, port, timeout: 1000 }, () => end(true))
    const end = (result: boolean) => {
      socket.destroy()
      resolve(result)
    }
    socket.once('error', () => end(false))
    socket.once('timeout', () => end(false))
  })
}
