import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openKernel, planKernel, systemClock } from '../kernel/index.ts'
import { HEAP } from '../kernel/cli/processes.ts'
import { readConfig } from '../kernel/config/read.ts'
import { makeLogger } from '../kernel/ports/logger.ts'
import { run } from '../test/system/deployment.ts'
import { measure, SECONDS, written, type Case } from './measure.ts'

/** A statement as a case runs it. */
export interface Statement {
  readonly text: string
  readonly values?: readonly unknown[]
}

/** As the product's own connections. */
const OPTIONS = '-c plan_cache_mode=force_generic_plan -c jit=off -c TimeZone=Asia/Kolkata'

/** Runs each case in this process to learn its SQL. */
export async function statementsOf(config: string, cases: readonly Case[]): Promise<Map<string, readonly Statement[]>> {
  const kernel = await openKernel(await planKernel({ raw: readConfig(config, process.env, []) }), {
    logger: makeLogger('silent', {}),
    clock: systemClock()
  })
  const statements = new Map<string, readonly Statement[]>()
  try {
    await kernel.start('web')
    const { pool } = kernel.ports.database ?? {}
    if (!pool) return statements
    for (const { name, path, token } of cases) {
      const ask = (index: number) =>
        kernel.app.inject({ url: written(path, index), headers: { authorization: `Bearer ${token}` } })
      await ask(1)
      const original = pool.query.bind(pool) as (...given: unknown[]) => unknown
      const seen: Statement[] = []
      Object.assign(pool, {
        query: (...given: unknown[]) => {
          seen.push(given[0] as Statement)
          return original(...given)
        }
      })
      await ask(2)
      Object.assign(pool, { query: original })
      statements.set(name, seen)
    }
    return statements
  } finally {
    await kernel.stop()
  }
}

/** Transactions per second of statements alone, by pgbench. */
export async function pgbench(url: string, statements: readonly Statement[]): Promise<number> {
  const script = statements.map(({ text, values = [] }) => `${inline(text, values)};`).join('\n')
  const file = join(mkdtempSync(join(tmpdir(), 'care-bench-')), 'script.sql')
  // A colon before a letter is a variable to pgbench: texts that hold one are written in two parts, which the planner joins.
  writeFileSync(
    file,
    script
      .replace(/(?<!:):(?=[A-Za-z])/g, ":'||'")
      .replace(/\n\s*/g, ' ')
      .replaceAll(';', ';\n')
  )
  const { output } = await run(
    'pgbench',
    [url, '-n', '-M', 'prepared', '-c', '8', '-j', '1', '-T', String(SECONDS), '-f', file],
    { env: { PGOPTIONS: OPTIONS } }
  )
  const tps = /tps = ([\d.]+)/.exec(output)?.[1]
  if (tps === undefined) throw new Error(`pgbench: ${output.slice(0, 2000)}`)
  return Number(tps)
}

/** The same statement answered by Fastify and pg alone: CPU µs of Node per request. */
export async function bare(url: string, entry: Case, { text, values = [] }: Statement): Promise<number> {
  const file = fileURLToPath(new URL('./bare.js', import.meta.url))
  const child = spawn(process.execPath, [...HEAP, file, JSON.stringify({ url, options: OPTIONS, text, values })])
  try {
    const [address] = (await once(child.stdout, 'data')) as [Buffer]
    return (await measure(address.toString().trim(), entry, child.pid ?? 0, url)).node
  } finally {
    child.kill()
  }
}

function inline(text: string, values: readonly unknown[]): string {
  return text.replace(/\$(\d+)/g, (_, index: string) => literal(values[Number(index) - 1]))
}

function literal(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  const text = Array.isArray(value) ? `{${value.join(',')}}` : typeof value === 'string' ? value : JSON.stringify(value)
  return `'${text.replaceAll("'", "''")}'`
}
