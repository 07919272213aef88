import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openKernel, planKernel, systemClock } from '../kernel/index.ts'
import { readConfig } from '../kernel/config/read.ts'
import { makeLogger } from '../kernel/ports/logger.ts'
import { run } from '../test/system/deployment.ts'
import { SECONDS, written, type Case } from './measure.ts'

interface Statement {
  readonly text: string
  readonly values?: readonly unknown[]
}

/** Runs each case in this process to learn its SQL, then measures that SQL alone with pgbench; transactions per second by case. */
export async function statementsAlone(config: string, cases: readonly Case[]): Promise<Map<string, number>> {
  const kernel = await openKernel(await planKernel({ raw: readConfig(config, process.env, []) }), {
    logger: makeLogger('silent', {}),
    clock: systemClock()
  })
  const rates = new Map<string, number>()
  try {
    await kernel.start('web')
    const { pool, url } = kernel.ports.database ?? {}
    if (!pool || !url) return rates
    for (const { name, path, token } of cases) {
      const ask = (index: number) =>
        kernel.app.inject({ url: written(path, index), headers: { authorization: `Bearer ${token}` } })
      await ask(1)
      const original = pool.query.bind(pool)
      const seen: Statement[] = []
      Object.assign(pool, {
        query: (given: Statement) => {
          seen.push(given)
          return original(given as never)
        }
      })
      await ask(2)
      Object.assign(pool, { query: original })
      rates.set(name, await pgbench(url, seen.map(({ text, values = [] }) => `${inline(text, values)};`).join('\n')))
    }
    return rates
  } finally {
    await kernel.stop()
  }
}

async function pgbench(url: string, script: string): Promise<number> {
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
    { env: { PGOPTIONS: '-c plan_cache_mode=force_generic_plan -c jit=off -c TimeZone=Asia/Kolkata' } }
  )
  const tps = /tps = ([\d.]+)/.exec(output)?.[1]
  if (tps === undefined) throw new Error(`pgbench: ${output.slice(0, 2000)}`)
  return Number(tps)
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
