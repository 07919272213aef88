// A start that fails ends with exit code 1, in every role and with any number of processes: a supervisor acts on nothing else.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { absent, ownPort, REDIS } from '../services.ts'
import { care, configFile, emptyDatabase, launcher, root } from './deployment.ts'

/** A start that hangs fails the test. On an idle machine, FAILED_START_MS=5000 checks that it ends within 5 s of the failure. */
const LIMIT_MS = Number(process.env.FAILED_START_MS ?? 60_000)
const KILL_MS = 120_000
const TIMEOUT_MS = 600_000
/** Deadline of a start hook, and how long the database gateway asks again. */
const HOOK_MS = 30_000
const DATABASE_MS = 10_000

type Role = 'all' | 'web' | 'worker' | 'scheduler'
type Processes = 1 | 2 | 'auto'

interface Attempt {
  readonly child: ChildProcess
  output(): string
  /** Resolves once the output matches; throws where the process ends first. */
  printed(pattern: RegExp): Promise<void>
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; ms: number }>
}

function attempt(config: string, role: Role, waits = 0): Attempt {
  const from = performance.now()
  const child = spawn(process.execPath, [launcher, 'start', '--config', config, '--role', role], {
    // Without what the test runner adds to its processes.
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => void (output += chunk.toString()))
  const killer = setTimeout(() => child.kill('SIGKILL'), KILL_MS + waits)
  const ended = new Promise<Awaited<Attempt['ended']>>(resolve =>
    child.once('exit', (code, signal) => {
      clearTimeout(killer)
      resolve({ code, signal, ms: Math.round(performance.now() - from) })
    })
  )
  return {
    child,
    output: () => output,
    async printed(pattern) {
      while (!pattern.test(output)) {
        if (child.exitCode !== null || child.signalCode) throw new Error(`ended with ${child.exitCode}:\n${output}`)
        await wait(20)
      }
    },
    ended
  }
}

/** The processes whose command line names the config file: a primary and its web processes. */
function processesOf(config: string): number[] {
  return execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter(line => line.includes(config))
    .map(line => Number(line.trim().split(' ')[0]))
}

async function noneLeft(t: Test, config: string): Promise<void> {
  for (let round = 0; round < 300 && processesOf(config).length > 0; round++) await wait(50)
  t.strictSame(processesOf(config), [], 'no process is left')
}

/** Starts, and expects exit code 1, each problem printed once, and no process left. */
async function fails(t: Test, config: string, role: Role, codes: readonly string[], waits = 0): Promise<void> {
  const { output, ended } = attempt(config, role, waits)
  const { code, signal, ms } = await ended
  const found = output().match(/\b(?:GATEWAY|PLUGIN|MIGRATIONS|CONFIG|LISTEN)_[A-Z_]+\b/g) ?? []
  const details = { output: output() }
  t.equal(code, 1, `${role}: exit code ${code ?? signal}`, details)
  t.strictSame(found.sort(), [...codes].sort(), `${role}: each problem once`, details)
  t.ok(ms - waits < LIMIT_MS, `${role}: ended after ${ms} ms`, details)
  await noneLeft(t, config)
}

/** A plugin of its own file whose `start` has this body. */
function pluginFile(body: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'care-plugin-')), 'plugin.js')
  const kernel = pathToFileURL(join(root, 'dist/kernel/index.js')).href
  writeFileSync(
    file,
    `import { defineContract, definePlugin, type } from ${JSON.stringify(kernel)}
    import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
    const contract = defineContract({ name: 'starter', version: '1.0.0', service: type() })
    export default definePlugin({
      contract, version: '1.0.0', kernel: '^1', summary: 'fails to start', uses: {},
      service: () => ({}),
      start: async () => { ${body} }
    })`
  )
  return file
}

async function listening(): Promise<{ server: Server; port: number }> {
  const server = createServer(() => undefined)
  const port = await ownPort()
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  return { server, port }
}

t.test('a deployment that cannot start', { timeout: TIMEOUT_MS, skip: await absent(REDIS), jobs: 2 }, async t => {
  const [ready, pending, busy] = await Promise.all([emptyDatabase(), emptyDatabase(), listening()])
  t.teardown(async () => {
    busy.server.close()
    await Promise.all([ready.drop(), pending.drop()])
  })
  const config = (processes: Processes, over: { url?: string; port?: number; plugin?: string; gateways?: object } = {}) =>
    configFile(over.url ?? ready.url, ['places', 'auth-permissions', ...(over.plugin ? [over.plugin] : [])], {
      server: { port: over.port ?? 0, processes },
      gateways: {
        database: { use: 'database-postgres', url: over.url ?? ready.url, poolSize: 2 },
        cache: { use: 'cache-redis', url: REDIS, prefix: `f${process.pid}:` },
        queue: { use: 'queue-bullmq' },
        email: { use: 'email-log' },
        sms: { use: 'sms-log' },
        ...over.gateways
      }
    })
  await care(['migrate', '--config', config(1)])

  // One of them waits for deadlines meanwhile.
  const beside = { timeout: TIMEOUT_MS, buffered: true }

  t.test('fails in the end where it is waited for something', beside, async t => {
    const hangs = pluginFile('await new Promise(resolve => setInterval(resolve, 1e9))')
    const away = `postgres://care@127.0.0.1:${await ownPort()}/care`
    await Promise.all([
      fails(t, config(2, { plugin: hangs }), 'web', ['PLUGIN_START_OVERDUE'], HOOK_MS),
      fails(t, config(2, { url: away }), 'web', ['GATEWAY_UNREACHABLE'], DATABASE_MS)
    ])
  })

  t.test('fails at once otherwise', beside, async t => {
    await fails(t, config('auto', { port: -1 }), 'all', ['CONFIG_INVALID'])
    await fails(t, config(1, { port: -1 }), 'scheduler', ['CONFIG_INVALID'])
    await fails(t, config(2, { gateways: { cache: { use: 'cache-memory' } } }), 'web', ['GATEWAY_UNSUITABLE'])

    const wrong = { url: `${ready.url}_without` }
    await fails(t, config(2, wrong), 'all', ['GATEWAY_UNREACHABLE'])
    await fails(t, config('auto', wrong), 'web', ['GATEWAY_UNREACHABLE'])
    await fails(t, config(2, wrong), 'worker', ['GATEWAY_UNREACHABLE'])

    await fails(t, config('auto', pending), 'all', ['MIGRATIONS_PENDING'])
    await fails(t, config(2, pending), 'web', ['MIGRATIONS_PENDING'])
    await fails(t, config(1, pending), 'scheduler', ['MIGRATIONS_PENDING'])

    // A handle that such a plugin leaves open keeps no process alive.
    const throws = { plugin: pluginFile('setInterval(() => undefined, 1000); throw new Error("cannot")') }
    await fails(t, config(2, throws), 'all', ['PLUGIN_START_FAILED'])
    await fails(t, config(2, throws), 'web', ['PLUGIN_START_FAILED'])
    await fails(t, config('auto', throws), 'worker', ['PLUGIN_START_FAILED'])

    const { port } = busy
    await fails(t, config(1, { port }), 'all', ['LISTEN_FAILED'])
    await fails(t, config('auto', { port }), 'web', ['LISTEN_FAILED'])
  })

  t.test('is stopped in the middle of its start', beside, async t => {
    const marks = mkdtempSync(join(tmpdir(), 'care-starts-'))
    const slow = pluginFile(
      `writeFileSync(${JSON.stringify(marks)} + '/' + process.pid, ''); await new Promise(done => setTimeout(done, 1500))`
    )
    const stopped = async (processes: Processes, role: Role, starting: number) => {
      const path = config(processes, { plugin: slow })
      const { child, ended, output } = attempt(path, role)
      const before = readdirSync(marks).length
      while (readdirSync(marks).length < before + starting && child.exitCode === null) await wait(20)
      child.kill('SIGTERM')
      const { code } = await ended
      t.equal(code, 0, `${role}: exit code`, { output: output() })
      t.notMatch(output(), /Cannot|serving/)
      await noneLeft(t, path)
    }
    await stopped(1, 'all', 1)
    await stopped(2, 'web', 2)
    await stopped(2, 'all', 1)
  })

  t.test('has started once one process serves: later failures are retried', beside, async t => {
    const folder = mkdtempSync(join(tmpdir(), 'care-starts-'))
    const broken = join(folder, 'broken')
    const fragile = pluginFile(`
      let isFirst = true
      try { mkdirSync(${JSON.stringify(join(folder, 'first'))}) } catch { isFirst = false }
      if (isFirst || existsSync(${JSON.stringify(broken)})) throw new Error("cannot")`)
    const port = await ownPort()
    const path = config(2, { plugin: fragile, port })
    const { child, ended, output, printed } = attempt(path, 'web')
    const webs = () => processesOf(path).filter(pid => pid !== child.pid)
    const isServed = () =>
      fetch(`http://127.0.0.1:${port}/ping/`).then(
        ({ ok }) => ok,
        () => false
      )

    await printed(/serving .*2 processes/)
    t.match(output(), /PLUGIN_START_FAILED starter: cannot.*starting another/, 'the first one failed')

    writeFileSync(broken, '')
    for (const pid of webs()) process.kill(pid, 'SIGKILL')
    const failures = () => output().match(/PLUGIN_START_FAILED/g)?.length ?? 0
    while (failures() < 5 && child.exitCode === null) await wait(50)
    t.equal(child.exitCode, null, 'none serves, and the primary goes on')
    rmSync(broken)
    while (!(await isServed()) && child.exitCode === null) await wait(50)
    t.ok(await isServed(), 'it serves again')

    child.kill('SIGKILL')
    await ended
    await noneLeft(t, path)
  })
})
