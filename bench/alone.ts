import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { HEAP } from '../platform/cli/processes.ts'
import { run } from '../test/system/deployment.ts'
import { measure, SECONDS, type Case } from './measure.ts'
import type { Connections, Statement } from './statements.ts'

/** Transactions per second of statements alone, by pgbench. */
export async function pgbench(url: string, statements: readonly Statement[], { options, max }: Connections): Promise<number> {
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
    [url, '-n', '-M', 'prepared', '-c', String(max), '-j', '1', '-T', String(SECONDS), '-f', file],
    { env: { PGOPTIONS: options } }
  )
  const tps = /tps = ([\d.]+)/.exec(output)?.[1]
  if (tps === undefined) throw new Error(`pgbench: ${output.slice(0, 2000)}`)
  return Number(tps)
}

/** The same statement answered by Fastify and pg alone: CPU µs of Node per request. */
export async function bare(url: string, entry: Case, statement: Statement, connections: Connections): Promise<number> {
  const file = fileURLToPath(new URL('./bare.js', import.meta.url))
  const child = spawn(process.execPath, [...HEAP, file, JSON.stringify({ url, ...connections, ...statement })])
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
