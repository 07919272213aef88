import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { stringify } from 'yaml'
import { run as runCommand } from '../../platform/cli/main.ts'
import { builtInPlugins } from 'care-kernel'
import { databaseUrl, testServer } from '../../platform/testing/index.ts'

export const root = fileURLToPath(new URL('../../../', import.meta.url))
export const launcher = join(root, 'bin/care-kernel.js')

/** Names of every feature plugin that ships with the kernel. */
export const FEATURES: readonly string[] = (await builtInPlugins()).map(({ contract }) => contract.name)

/** A config file for a production deployment on this database, with limits off and no mail server. */
export function configFile(url: string, plugins: readonly string[], over: Readonly<Record<string, unknown>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'care-deployment-'))
  const path = join(folder, 'care.yaml')
  writeFileSync(
    path,
    stringify({
      environment: 'production',
      plugins: Object.fromEntries(plugins.map(name => [name, {}])),
      gateways: {
        database: { use: 'database-postgres', url },
        cache: { use: 'cache-memory' },
        queue: { use: 'queue-bullmq' },
        email: { use: 'email-log', directory: join(folder, 'email') },
        sms: { use: 'sms-log', directory: join(folder, 'sms') },
        storage: { use: 'files-local', directory: join(folder, 'files') }
      },
      server: { port: 0 },
      security: { secretKey: randomBytes(32).toString('hex'), rateLimit: false },
      log: { level: 'error' },
      ...over
    })
  )
  return path
}

/** Runs a command in this process to its end, whatever that is; `input` is what a person types where a secret is asked for. */
export async function command(args: readonly string[], input = ''): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', '']
  const code = await runCommand(args, process.env, {
    print: line => void (out += `${line}\n`),
    warn: line => void (err += `${line}\n`),
    progress: (title, total, work) => work(() => undefined),
    secret: async () => input.trim()
  })
  return { code, out, err }
}

/** Runs a command that has to succeed; what it printed. */
export async function care(args: readonly string[]): Promise<string> {
  const { code, out, err } = await command(args)
  if (code !== 0) throw new Error(`care-kernel ${args.join(' ')} ended with ${code}:\n${out}${err}`)
  return out + err
}

/** The same in a process of its own, with an environment of its own. */
export async function careApart(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const { code, output } = await run(process.execPath, [launcher, ...args], { env })
  if (code !== 0) throw new Error(`care-kernel ${args.join(' ')} ended with ${code}:\n${output}`)
  return output
}

interface RunOptions {
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
  /** Its output is shown as it comes. */
  readonly show?: boolean
}

/** Runs a program to its end. */
export function run(
  command: string,
  args: readonly string[],
  { env, cwd, show = false }: RunOptions = {}
): Promise<{ code: number; output: string }> {
  return new Promise(resolve => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const keep = (chunk: Buffer) => {
      output += chunk.toString()
      if (show) process.stdout.write(chunk)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.once('exit', code => resolve({ code: code ?? 1, output }))
  })
}

export interface Running {
  readonly url: string
  readonly child: ChildProcess
  /** SIGTERM, then the exit code. */
  stop(): Promise<number | null>
}

/** Starts a server and waits until it says where it serves. */
export function start(config: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Running> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [launcher, 'start', '--config', config, ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe']
    })
    let output = ''
    const exited = new Promise<number | null>(done => child.once('exit', code => done(code)))
    const see = (chunk: Buffer) => {
      output += chunk.toString()
      const url = /serving\s+(http:\S+)\//.exec(output)?.[1]
      if (url) resolve({ url, child, stop: () => (child.kill('SIGTERM'), exited) })
    }
    child.stdout.on('data', see)
    child.stderr.on('data', see)
    void exited.then(code => reject(new Error(`the server ended with ${code}:\n${output}`)))
  })
}

/** Makes an empty database on the test server; `drop` removes it. */
export async function emptyDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const server = await testServer()
  const name = `care_system_${randomBytes(5).toString('hex')}`
  await sql(server.url, `create database ${name}`)
  return {
    url: databaseUrl(server.url, name),
    drop: async () => {
      await sql(server.url, `drop database if exists ${name} with (force)`)
      await server.close()
    }
  }
}

/** Runs a text of statements; the rows of the last of them. */
export async function sql<Row = object>(url: string, text: string, values: readonly unknown[] = []): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return ([await client.query(text, [...values])].flat().at(-1)?.rows ?? []) as Row[]
  } finally {
    await client.end()
  }
}
